# Socket errors against the kernel, on a path through a router: closed ports, routes that lead nowhere,
# firewalls, hop limits, small links. No packet is forged: a router or server sends the ICMP error or
# reset, the client's socket gets an error, and ipmon must report the same of the packet it captured.
# SPDX-License-Identifier: GPL-2.0-or-later
import socket

import pytest
from scapy.layers.inet import IP
from scapy.layers.inet6 import IPv6

from network import Path, wait_until
from truth import (NOT_SEEN, Annotation, await_error, failure, named, pending, ports, queued,
                   rules, state)

SMALL = 1300  # bytes that the link behind the router takes
DATAGRAM = b'x' * 1400
IP_MTU_DISCOVER, IP_PMTUDISC_DONT, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT = 10, 0, 23, 0  # linux/in.h, in6.h
HOPS = {4: (socket.IPPROTO_IP, socket.IP_TTL), 6: (socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS)}
FILTER = {4: 'ip', 6: 'ip6'}

# What a firewall can answer with, and the ICMP type and code of it.
REJECTS = {
    4: {'net-unreachable': (3, 0), 'host-unreachable': (3, 1), 'prot-unreachable': (3, 2), 'port-unreachable': (3, 3),
        'net-prohibited': (3, 9), 'host-prohibited': (3, 10), 'admin-prohibited': (3, 13)},
    6: {'no-route': (1, 0), 'admin-prohibited': (1, 1), 'addr-unreachable': (1, 3), 'port-unreachable': (1, 4),
        'policy-fail': (1, 5), 'reject-route': (1, 6)},
}
# Kinds of routes on the router, their destinations, and what it answers with.
ROUTES = {
    4: {'unreachable': ('198.51.100.1', (3, 1)), 'prohibit': ('198.51.100.2', (3, 13)),
        'throw': ('198.51.100.3', (3, 0)), None: ('198.51.100.4', (3, 0))},
    6: {'unreachable': ('2001:db8:bad::1', (1, 0)), 'prohibit': ('2001:db8:bad::2', (1, 1)),
        'throw': ('2001:db8:bad::3', (1, 0)), None: ('2001:db8:bad::4', (1, 0))},
}
ABSENT = {4: '10.9.2.99', 6: '2001:db8:2::99'}

both_versions = pytest.mark.parametrize('version', [4, 6])


def check(watch, expected):
    """`expected`: annotations for each client's port."""
    assert {port: watch.reported(port) for port in expected} == expected


def udp_truth(watch, version, remote, kind, prepare=lambda sock: None, source=None):
    """Two connected sockets send; the annotations expected of each one's port."""
    sockets = [watch.udp(version, recverr, source) for recverr in (False, True)]
    for sock in sockets:
        prepare(sock)
        sock.connect(remote)
        sock.send(b'question')
    plain, queueing = sockets
    await_error(queueing)
    error = failure(queueing.recv, 16)
    received = failure(plain.recv, 16)
    [(*first, _)] = queued(queueing)
    assert first == [error, *kind] and received in (None, error)
    return {sock.getsockname()[1]: {Annotation(error, received is not None, named('UDP', sock.getsockname(), remote), None,
                                               'connected' if received else 'queue')} for sock in sockets}


def tcp_truth(watch, version, ends, prepare=lambda sock: None, source=lambda end: None):
    """Two sockets connect to each end; the annotations expected of each one's port.

    `ends`: type and code of the ICMP error that comes from each, None for a reset. `source` tells the
    client's address to use for an end, None for its own. On this short way
    the error is back while connect() still holds its socket, which then only takes note of it; it is
    the one of the SYN that is sent again that ends the attempt.
    """
    sockets = {(end, recverr): watch.tcp(version, recverr, source(end))
               for end in ends for recverr in (False, True)}
    for (end, _), sock in sockets.items():
        prepare(sock)
        sock.connect_ex(end)
    expected = {}
    for (end, recverr), sock in sockets.items():
        wait_until(lambda: state(sock) == 'CLOSE', f'still connecting to {end}')
        error = pending(sock)
        assert error
        if recverr:
            assert {tuple(first) for *first, _ in queued(sock)} == ({(error, *ends[end])} if ends[end] else set())
        local = sock.getsockname()
        expected[local[1]] = {Annotation(error, True, named('TCP', local, end), None, 'connect')}
    return expected


def truth(watch, version, ends, prepare=lambda sock: None):
    expected = tcp_truth(watch, version, ends, prepare)
    for end, kind in ends.items():
        expected |= udp_truth(watch, version, end, kind, prepare)
    return expected


@both_versions
def test_closed_ports(watch, version):
    remote = Path.SERVER[version], next(ports)
    expected = udp_truth(watch, version, remote, {4: (3, 3), 6: (1, 4)}[version])
    expected |= tcp_truth(watch, version, {remote: None})
    assert {each.name for reports in expected.values() for each in reports} == {'ECONNREFUSED'}
    check(watch, expected)


@both_versions
def test_an_unconnected_socket(watch, version):
    """It gets no error unless it has an error queue, and then from the next call of any kind."""
    remote = Path.SERVER[version], next(ports)
    plain, queueing = watch.udp(version), watch.udp(version, recverr=True)
    for sock in (plain, queueing):
        sock.sendto(b'question', remote)
    await_error(queueing)
    assert pending(plain) is None and failure(plain.sendto, b'more', remote) is None
    assert failure(queueing.sendto, b'more', remote) == 'ECONNREFUSED'
    check(watch, {sock.getsockname()[1]: {Annotation('ECONNREFUSED', True, named('UDP', sock.getsockname(), remote),
                                                     None, 'connected')} for sock in (plain, queueing)})


@both_versions
def test_a_firewall_that_rejects(watch, path, version):
    ends = {name: (Path.SERVER[version], next(ports)) for name in [*REJECTS[version], 'reset']}
    family = {4: 'icmp', 6: 'icmpv6'}[version]
    lines = [f'meta l4proto {{ tcp, udp }} th dport {ends[name][1]} reject with {family} type {name}'
             for name in REJECTS[version]]
    lines.append(f'tcp dport {ends["reset"][1]} reject with tcp reset')
    with rules(path.router, *lines):
        expected = truth(watch, version, {ends[name]: kind for name, kind in REJECTS[version].items()})
        expected |= tcp_truth(watch, version, {ends['reset']: None})
    check(watch, expected)


@both_versions
def test_a_firewall_that_resets_a_connection(watch, path, version):
    near, far = watch.connection(version)
    with rules(path.router, f'tcp sport {near.getsockname()[1]} reject with tcp reset'):
        near.send(b'data')
        await_error(near)
    assert failure(near.recv, 16) == 'ECONNRESET'
    check(watch, {near.getsockname()[1]: {
        Annotation('ECONNRESET', True, named('TCP', near.getsockname(), far.getsockname()), None, 'next call')}})


@both_versions
def test_routes_that_lead_nowhere(watch, path, version):
    expected, ends, sources = {}, {}, {}
    for number, (kind_of_route, (destination, kind)) in enumerate(ROUTES[version].items()):
        end = destination, 9
        ends[end] = kind
        if kind_of_route:
            path.router.run('ip', f'-{version}', 'route', 'add', kind_of_route, destination)
        if version == 4:  # such answers are limited to five for one address, and then one a second
            sources[end] = another_address(path, 11 + number)
        expected |= udp_truth(watch, version, end, kind, source=sources.get(end))
        if version == 4:
            sources[end] = another_address(path, 21 + number)
    check(watch, expected | tcp_truth(watch, version, ends, source=sources.get))


def another_address(path, number):
    """Gives the client one more."""
    address = f'10.9.1.{number}'
    path.client.run('ip', 'address', 'add', f'{address}/24', 'dev', 'client0')
    return address


@both_versions
def test_a_route_that_swallows(watch, version):
    udp, tcp = watch.udp(version, recverr=True), watch.tcp(version, recverr=True)
    udp.connect((Path.NOWHERE[version], 9))
    udp.send(b'question')
    tcp.connect_ex((Path.NOWHERE[version], 9))
    # The router was through with both before this one's error came.
    last = udp_truth(watch, version, (Path.SERVER[version], next(ports)), {4: (3, 3), 6: (1, 4)}[version])
    assert pending(udp) is None and state(tcp) == 'SYN_SENT'
    check(watch, last | {sock.getsockname()[1]: set() for sock in (udp, tcp)})


@both_versions
def test_a_host_that_is_absent(watch, path, version):
    """The router solicits the host once, for a tenth of a second."""
    for name, value in (('mcast_solicit', 1), ('retrans_time_ms', 100)):
        path.router.write(f'/proc/sys/net/ipv{version}/neigh/router1/{name}', value)
    check(watch, truth(watch, version, {(ABSENT[version], 9): {4: (3, 1), 6: (1, 3)}[version]}))


@both_versions
def test_hop_limit(watch, version):
    check(watch, truth(watch, version, {(Path.SERVER[version], next(ports)): {4: (11, 0), 6: (3, 0)}[version]},
                       prepare=lambda sock: sock.setsockopt(*HOPS[version], 1)))


@pytest.fixture
def small_link(path):
    path.router.run('ip', 'link', 'set', 'router1', 'mtu', str(SMALL))
    yield
    path.router.run('ip', 'link', 'set', 'router1', 'mtu', '1500')
    forget_path_mtu(path)


def forget_path_mtu(path):
    for version in (4, 6):
        path.client.run('ip', f'-{version}', 'route', 'flush', 'cache')


@both_versions
def test_a_small_link_and_datagrams(watch, path, small_link, version):
    remote = Path.SERVER[version], next(ports)
    kind = {4: (3, 4), 6: (2, 0)}[version]
    expected = {}
    for recverr in (False, True):
        forget_path_mtu(path)
        sock = watch.udp(version, recverr)
        sock.connect(remote)
        sock.send(DATAGRAM)
        await_error(sock)
        assert failure(sock.recv, 16) == 'EMSGSIZE' and pending(sock) is None
        if recverr:
            assert queued(sock) == [('EMSGSIZE', *kind, SMALL)]
        expected[sock.getsockname()[1]] = {
            Annotation('EMSGSIZE', False, named('UDP', sock.getsockname(), remote), SMALL, 'connected')}
    check(watch, expected)


@both_versions
def test_a_small_link_and_a_connection(watch, small_link, version):
    near, far = watch.connection(version, recverr=True)
    data = b'y' * 6000
    assert near.send(data) == len(data)
    far.settimeout(20)
    arrived = b''
    while len(arrived) < len(data):
        arrived += far.recv(65536)
    assert arrived == data and pending(near) is None and queued(near) == []
    check(watch, {near.getsockname()[1]: {NOT_SEEN}})


@both_versions
def test_fragments_that_never_come_together(watch, path, version):
    """The server gives up after a second; IPv6 has an error for it, IPv4's is discarded."""
    path.server.write({4: '/proc/sys/net/ipv4/ipfrag_time', 6: '/proc/sys/net/ipv6/ip6frag_time'}[version], 1)
    remote = Path.SERVER[version], next(ports)
    sock = watch.udp(version, recverr=True)
    if version == 4:
        sock.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT)
    sock.connect(remote)
    later = {4: 'ip frag-off & 0x1fff != 0', 6: 'frag frag-off != 0'}[version]
    with rules(path.router, f'{later} drop'):
        sock.send(b'z' * 2000)
        seen = []
        wait_until(lambda: any(is_error(raw) for raw in seen + watch.seen()), 'no word of the missing fragment')
    if version == 4:
        assert failure(sock.recv, 16) is None and queued(sock) == []
        assert watch.annotations() == [NOT_SEEN]
        return
    await_error(sock)
    assert failure(sock.recv, 16) == 'EHOSTUNREACH' and queued(sock) == [('EHOSTUNREACH', 3, 1, 0)]
    assert watch.annotations() == [
        Annotation('EHOSTUNREACH', False, named('UDP', sock.getsockname(), remote), None, 'queue')]


def is_error(raw):
    """Whether it is an ICMP error to the client."""
    if raw[0] >> 4 == 4:
        return raw[9] == 1 and raw[20] in (3, 11) and IP(raw).dst == Path.CLIENT[4]
    return raw[6] == 58 and raw[40] < 128 and IPv6(raw).dst == Path.CLIENT[6]


@both_versions
def test_a_protocol_that_the_server_lacks(watch, version):
    """Protocol 253 is for experiments (RFC 3692)."""
    sock = watch.socket(version, socket.SOCK_RAW, 253)
    sock.connect((Path.SERVER[version], 0))
    sock.send(b'question')
    await_error(sock)
    error = failure(sock.recv, 16)
    assert error == {4: 'ENOPROTOOPT', 6: 'EPROTO'}[version]
    [found] = watch.annotations()
    assert (found.name, found.fatal, found.delivery) == (error, True, 'connected')
    assert found.socket.endswith(f' {Path.CLIENT[version]} → {Path.SERVER[version]}')


def test_an_option_that_the_server_lacks(watch):
    """Type 0xBE: who does not know it discards the packet and reports that (RFC 8200 section 4.2)."""
    option = bytes([0, 0, 0xBE, 4, 0, 0, 0, 0])
    check(watch, udp_truth(watch, 6, (Path.SERVER[6], next(ports)), (4, 2), prepare=lambda sock: sock.setsockopt(
        socket.IPPROTO_IPV6, socket.IPV6_DSTOPTS, option)))


def test_an_address_of_small_scope(watch, path):
    """No router passes on what comes from a link-local address."""
    listing = path.client.run('ip', '-6', '-o', 'address', 'show', 'dev', 'client0', 'scope', 'link').stdout.decode()
    address = listing.split()[3].split('/')[0]
    remote = Path.SERVER[6], next(ports)
    plain, queueing = (watch.udp(6, recverr, f'{address}%{index_of(path)}') for recverr in (False, True))
    for sock in (plain, queueing):
        sock.connect(remote)
        sock.send(b'question')
    await_error(queueing)
    assert failure(queueing.recv, 16) == 'EHOSTUNREACH' and queued(queueing) == [('EHOSTUNREACH', 1, 2, 0)]
    assert failure(plain.recv, 16) is None
    check(watch, {sock.getsockname()[1]: {
        Annotation('EHOSTUNREACH', False, named('UDP', (address, sock.getsockname()[1]), remote), None, 'queue')}
        for sock in (plain, queueing)})


def index_of(path):
    """Of the client's interface."""
    return int(path.client.run('ip', '-o', 'link', 'show', 'client0').stdout.split(b':')[0])
