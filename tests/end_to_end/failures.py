# The failures of the laboratory: what the program does, and what there is on its way that makes it
# fail. Which error that gives is said nowhere here: the kernel says it.
# SPDX-License-Identifier: GPL-2.0-or-later
from dataclasses import dataclass, field

from network import Path

LOCAL_PORTS = range(20000, 20300)  # of the program: a failure is found by its local port
ONLY_PORT = 60000  # one of those from which the kernel chooses
FIRST_REMOTE_PORT = 7000
SECOND_SERVER = {4: '10.9.2.3', 6: '2001:db8:2::3'}  # the same host, on a path that takes less
SMALL_MTU = 1300
ABSENT_BEHIND_ROUTER = {4: '10.9.2.99', 6: '2001:db8:2::99'}
ABSENT_NEIGHBOUR = {4: '10.9.1.99', 6: '2001:db8:1::99'}
UNROUTED = {4: '198.51.100.1', 6: '2001:db8:bad::1'}  # by the router
UNREACHABLE = {4: '198.51.100.2', 6: '2001:db8:bad::2'}
PROHIBITED = {4: '198.51.100.3', 6: '2001:db8:bad::3'}
# Kinds of routes of the client itself.
ROUTES_HERE = {'throw': {4: '203.0.113.1', 6: '2001:db8:cafe::1'},
               'unreachable': {4: '203.0.113.2', 6: '2001:db8:cafe::2'},
               'prohibit': {4: '203.0.113.3', 6: '2001:db8:cafe::3'}}
# A router has five IPv4 errors of routes for an address, then one each second.
OTHER_SOURCES = {'no route on the router': '10.9.1.11', 'unreachable by a route': '10.9.1.12'}
FOREIGN = {4: '192.0.2.77', 6: '2001:db8:77::1'}  # an address of nobody
FULL_LINK = '10.9.7.2'  # behind a queue that takes nothing
BROADCAST = '10.9.1.255'
DNS = 53
ANY = {4: '0.0.0.0', 6: '::'}

ASK = [['connect'], ['ask']]
TIMEOUT_OF_DATA = {'user_timeout': 5000}
KEEPALIVE = {'keepalive': 1, 'keepidle': 1, 'keepintvl': 1, 'keepcnt': 4}

REJECTS = {4: ('net-unreachable', 'host-unreachable', 'prot-unreachable', 'port-unreachable', 'net-prohibited',
               'host-prohibited', 'admin-prohibited'),
           6: ('no-route', 'admin-prohibited', 'addr-unreachable', 'port-unreachable', 'policy-fail', 'reject-route')}
# Linux hands the errors of these to datagram sockets with an error queue only.
SOFT = {'net-unreachable', 'host-unreachable', 'no-route', 'addr-unreachable'}
REJECTS_OF_BOTH = ('no-route', 'port-unreachable', 'host-unreachable', 'admin-prohibited')


@dataclass
class Failure:
    """A job of the program. Its remote port is its own unless it has one of these given."""

    name: str
    protocol: str
    version: int
    steps: list
    remote: str  # address
    reporter: str = None  # address; nobody's when only time told the error
    rule: str = None  # of the router, for packets to the remote port
    own_rule: str = None  # the same of the client's own firewall
    serve: bool = False  # whether a server listens there
    happens: str = None  # what the laboratory does when the program holds
    options: dict = field(default_factory=dict)
    port: int = None  # where it is not to have one of its own
    source: str = None  # address, where the kernel is not to choose it
    bound: bool = True  # to the port
    visible: bool = True  # whether a packet carries the error
    local: list = None

    def number(self, place):
        """Gives it its ports, by its place among all."""
        if self.port is None:
            self.port = 0 if self.protocol == 'raw' else FIRST_REMOTE_PORT + place
        if self.bound and self.protocol != 'raw':
            self.local = [self.source or ANY[self.version], LOCAL_PORTS[place]]
            self.steps = [['bind'], *self.steps]

    @property
    def takes_time(self):
        """Whether only the end of the capture tells the error."""
        return self.visible and not self.reporter

    def job(self):
        return {'name': self.name, 'protocol': self.protocol, 'version': self.version, 'steps': self.steps,
                'remote': [self.remote, self.port], 'local': self.local, 'options': self.options}


def rejected(version):
    """By a firewall on the router, in each way that it has."""
    family, router = {4: 'icmp', 6: 'icmpv6'}[version], Path.ROUTER[version]
    for kind in REJECTS[version]:
        rule = f'reject with {family} type {kind}'
        yield Failure(f'tcp{version} {kind}', 'tcp', version, [['connect']], Path.SERVER[version], router, rule)
        yield Failure(f'udp{version} {kind}', 'udp', version, ASK, Path.SERVER[version], router, rule,
                      options={'recverr': 1} if kind in SOFT else {})
    for kind in REJECTS_OF_BOTH:
        yield Failure(f'tcp{version} icmpx {kind}', 'tcp', version, [['connect']], Path.SERVER[version], router,
                      f'reject with icmpx type {kind}')
    yield Failure(f'tcp{version} tcp reset', 'tcp', version, [['connect']], Path.SERVER[version],
                  Path.SERVER[version], 'reject with tcp reset')


def on_the_way(version):
    """By routes, and by hosts that are not there."""
    router, server = Path.ROUTER[version], Path.SERVER[version]
    soft, hops = {'recverr': 1}, {'hops': 1}
    for name, address, answer in (('no route on the router', UNROUTED, router),
                                  ('unreachable by a route', UNREACHABLE, router),
                                  ('absent host', ABSENT_BEHIND_ROUTER, router),
                                  ('dead neighbour', ABSENT_NEIGHBOUR, Path.CLIENT[version])):
        yield Failure(f'tcp{version} {name}', 'tcp', version, [['connect']], address[version], answer,
                      source=OTHER_SOURCES.get(name) if version == 4 else None)
        yield Failure(f'udp{version} {name}', 'udp', version, ASK, address[version], answer, options=soft)
    yield Failure(f'udp{version} prohibited by a route', 'udp', version, ASK, PROHIBITED[version], router)
    yield Failure(f'tcp{version} hop limit', 'tcp', version, [['connect']], server, router, options=hops)
    yield Failure(f'udp{version} hop limit', 'udp', version, ASK, server, router, options=soft | hops)
    yield Failure(f'udp{version} path MTU', 'udp', version, [['connect'], ['ask', 1400]],
                  SECOND_SERVER[version], router)
    yield Failure(f'tcp{version} dropped', 'tcp', version, [['connect']], server, None, 'drop')
    yield Failure(f'raw{version} no such protocol', 'raw', version, ASK, server, server)


def at_the_server(version):
    """By the server, and by what happens to an established connection."""
    server, data = Path.SERVER[version], [['connect'], ['hold'], ['send'], ['receive']]
    yield Failure(f'tcp{version} closed port', 'tcp', version, [['connect']], server, server)
    yield Failure(f'udp{version} closed port', 'udp', version, ASK, server, server)
    yield Failure(f'udp{version} DNS', 'udp', version, ASK, server, server, port=DNS)
    yield Failure(f'tcp{version} server aborts', 'tcp', version, data, server, server, serve=True, happens='abort')
    yield Failure(f'tcp{version} server restarted', 'tcp', version, data, server, server, serve=True, happens='forget')
    yield Failure(f'tcp{version} server closed', 'tcp', version,
                  [['connect'], ['hold'], ['receive'], ['send'], ['await_error'], ['send']], server, server, serve=True,
                  happens='finish')
    yield Failure(f'tcp{version} user timeout', 'tcp', version, data, server, None, serve=True, happens='silence',
                  options=TIMEOUT_OF_DATA)
    yield Failure(f'tcp{version} retransmissions', 'tcp', version, data, server, None, serve=True, happens='silence')
    yield Failure(f'tcp{version} keep-alive', 'tcp', version, [['connect'], ['hold'], ['receive']], server, None,
                  serve=True, happens='silence', options=KEEPALIVE)
    yield Failure(f'tcp{version} cut off', 'tcp', version, data, server, Path.ROUTER[version],
                  serve=True, happens='cut', options=TIMEOUT_OF_DATA)
    yield Failure(f'tcp{version} MTU black hole', 'tcp', version, [['connect'], ['send', 4000], ['receive']], server,
                  None, f'meta length > {SMALL_MTU} drop', serve=True, options=TIMEOUT_OF_DATA)


def at_home(version):
    """By the client's own firewall: its answers run over the loopback."""
    server, client = Path.SERVER[version], Path.CLIENT[version]
    yield Failure(f'tcp{version} own firewall', 'tcp', version, [['connect']], server, client,
                  own_rule='reject with icmpx type admin-prohibited')
    yield Failure(f'tcp{version} own firewall, reset', 'tcp', version, [['connect']], server, server,
                  own_rule='reject with tcp reset')
    # The send that the firewall refuses fails by itself, with EPERM; this is about the next call.
    yield Failure(f'udp{version} own firewall', 'udp', version, [['connect'], ['send_in_vain'], ['receive']], server,
                  client, own_rule='reject with icmpx type admin-prohibited')


def of_one_version():
    server = Path.SERVER[4]
    data = [['connect'], ['hold'], ['send'], ['receive']]
    yield Failure('killed server', 'tcp', 4, [['connect'], ['send'], ['hold'], ['receive']], server, server,
                  happens='kill')
    yield Failure('full backlog, reset', 'tcp', 4, data, server, server, 'tcp flags == ack tcp sport @held drop',
                  serve=True, happens='fill')
    yield Failure('full backlog, dropped', 'tcp', 4, [['hold'], ['connect']], server, None, serve=True, happens='crowd',
                  options={'syncnt': 1})
    yield Failure('NAT expired, reset', 'tcp', 4, data, server, server, 'ct state invalid reject with tcp reset',
                  serve=True, happens='expire')
    yield Failure('NAT expired, dropped', 'tcp', 4, data, server, None, 'ct state invalid drop', serve=True,
                  happens='expire', options=TIMEOUT_OF_DATA)


def without_a_packet():
    """The kernel of the program's own host refuses at once; on the way there is nothing to see."""
    server = Path.SERVER
    for version in (4, 6):
        yield Failure(f'tcp{version} address of nobody', 'tcp', version, [['connect']], server[version], visible=False,
                      source=FOREIGN[version])
        for kind, address in ROUTES_HERE.items():
            yield Failure(f'tcp{version} {kind} here', 'tcp', version, [['connect']], address[version], visible=False)
        yield Failure(f'udp{version} own firewall drops', 'udp', version, ASK, server[version], visible=False,
                      own_rule='drop')
        yield Failure(f'tcp{version} own firewall drops', 'tcp', version, [['connect']], server[version], visible=False,
                      own_rule='drop', options={'syncnt': 1})
        yield Failure(f'udp{version} too long', 'udp', version, [['connect'], ['send', 70000]], server[version],
                      visible=False)
        yield Failure(f'udp{version} no answer', 'udp', version, [['connect'], ['send'], ['receive']], server[version],
                      rule='drop', visible=False, options={'receive_timeout': 1})
    yield Failure('broadcast', 'udp', 4, [['connect']], BROADCAST, visible=False)
    yield Failure('unknown option', 'tcp', 4, [['set_unknown_option']], server[4], visible=False)
    yield Failure('full queue', 'udp', 4, ASK, FULL_LINK, visible=False, options={'recverr': 1})
    yield Failure('own shutdown', 'tcp', 4, [['connect'], ['shutdown'], ['send']], server[4], serve=True, visible=False)
    yield Failure('ports used up', 'tcp', 4, [['connect'], ['open'], ['connect']], server[4], serve=True, visible=False,
                  options={'port_range': ONLY_PORT}, bound=False)


def successes():
    for version in (4, 6):
        yield Failure(f'tcp{version} success', 'tcp', version, [['connect'], ['hold'], ['receive'], ['close']],
                      Path.SERVER[version], serve=True, happens='answer', visible=False)


def all_failures():
    """Those that packets carry, then the others, then jobs that succeed."""
    visible = [failure for version in (4, 6) for kind in (rejected, on_the_way, at_the_server, at_home)
               for failure in kind(version)]
    found = [*visible, *of_one_version(), *without_a_packet(), *successes()]
    for place, failure in enumerate(found):
        failure.number(place)
    return found
