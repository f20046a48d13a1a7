# Hosts for the tests: network namespaces that live as long as a process of ours does, so that
# nothing is left behind however a test ends.
# SPDX-License-Identifier: GPL-2.0-or-later
import ctypes
import os
import socket
import subprocess
import time

ETH_P_ALL = 0x0003
CLONE_NEWNET = 0x40000000
LIFETIME = 600  # seconds after which a namespace goes away in any case


class Host:
    """A network namespace with its loopback up, and, on request, mounts of its own."""

    def __init__(self, name, mounts=False):
        self.name = name
        self.holder = subprocess.Popen(['unshare', '--net', *['--mount'] * mounts, 'sleep', str(LIFETIME)])
        self.path = f'/proc/{self.holder.pid}/ns/net'
        self.enter = ['nsenter', f'--net={self.path}',
                      *[f'--mount=/proc/{self.holder.pid}/ns/mnt'] * mounts]
        self._await_namespace()
        self.run('ip', 'link', 'set', 'lo', 'up')

    def _await_namespace(self):
        own = os.readlink('/proc/self/ns/net')
        for _ in range(500):
            if os.readlink(self.path) != own:
                return
            time.sleep(0.01)
        raise RuntimeError('unshare made no network namespace')

    def run(self, *command, **options):
        return subprocess.run([*self.enter, *command], check=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=30, **options)

    def await_line(self, interface):
        """A line carries a moment after both ends are up; frames sent before are lost silently."""
        wait_until(lambda: b' state UP ' in self.run('ip', 'link', 'show', interface).stdout,
                   f'{interface} never carried')

    def write(self, path, text):
        # /proc/sys/net follows the namespace of the process that opens it.
        self.run('sh', '-c', f'echo {text} > {path}')

    def socket(self, *arguments):
        """A socket of this test process that lives in the host's namespace."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open('/proc/thread-self/ns/net') as before, open(self.path) as inside:
            if libc.setns(inside.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), 'setns')
            try:
                return socket.socket(*arguments)
            finally:
                libc.setns(before.fileno(), CLONE_NEWNET)

    def wire(self, interface):
        """A socket that sends whole Ethernet frames."""
        wire = self.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        wire.bind((interface, 0))
        return wire

    def is_capturing(self):
        """Whether a packet socket for IP headers (SOCK_DGRAM, every protocol) is bound."""
        # /proc/PID/net would need the process to live in the namespace: the holder does.
        with open(f'/proc/{self.holder.pid}/net/packet') as table:
            rows = [line.split() for line in table][1:]
        return any(row[2] == '2' and row[3] == '0003' for row in rows)

    def received(self, interface):
        """Packets that came in on the interface so far."""
        text = self.run('cat', '/proc/net/dev').stdout.decode()
        line = next(line for line in text.splitlines() if line.strip().startswith(interface + ':'))
        return int(line.split(':')[1].split()[1])

    def close(self):
        self.holder.kill()
        self.holder.wait()


class Pair:
    """Hosts `near` (sends) and `far` (captures) with interfaces near0 and far0.

    Their kernels know only IPv4: with IPv6 they would send neighbour discovery and multicast
    listener reports of their own between the packets of a test. IPv6 packets pass all the same.
    """

    NEAR_MAC, FAR_MAC, OTHER_MAC = '02:00:00:00:00:01', '02:00:00:00:00:02', '02:00:00:00:00:03'
    NEAR, FAR = '10.9.0.1', '10.9.0.2'

    def __init__(self):
        self.near, self.far = Host('near'), Host('far')
        self.near.run('ip', 'link', 'add', 'near0', 'address', self.NEAR_MAC, 'type', 'veth',
                      'peer', 'name', 'far0', 'address', self.FAR_MAC, 'netns',
                      str(self.far.holder.pid))
        for host, interface, address in ((self.near, 'near0', self.NEAR),
                                         (self.far, 'far0', self.FAR)):
            host.write(f'/proc/sys/net/ipv6/conf/{interface}/disable_ipv6', '1')
            host.run('ip', 'address', 'add', f'{address}/24', 'brd', '+', 'dev', interface)
            host.run('ip', 'link', 'set', interface, 'up')
        self.near.await_line('near0')
        self.far.await_line('far0')
        self.near.run('ip', 'neigh', 'add', self.FAR, 'lladdr', self.FAR_MAC, 'dev', 'near0')
        self.far.run('ip', 'neigh', 'add', self.NEAR, 'lladdr', self.NEAR_MAC, 'dev', 'far0')

    def close(self):
        self.near.close()
        self.far.close()


class Path:
    """Hosts `client`, `router` and `server`, each on both sides' links with IPv4 and IPv6.

    What is sent to `NOWHERE` the router swallows without a word. No host limits the rate of its
    ICMP errors.
    """

    CLIENT_MAC, ROUTER_MAC, FAR_ROUTER_MAC, SERVER_MAC = (f'02:00:00:00:01:0{n}' for n in range(1, 5))
    CLIENT = {4: '10.9.1.1', 6: '2001:db8:1::1'}
    ROUTER = {4: '10.9.1.254', 6: '2001:db8:1::fe'}
    FAR_ROUTER = {4: '10.9.2.254', 6: '2001:db8:2::fe'}
    SERVER = {4: '10.9.2.1', 6: '2001:db8:2::1'}
    NOWHERE = {4: '192.0.2.1', 6: '2001:db8:dead::1'}
    PREFIX = {4: '24', 6: '64'}

    def __init__(self):
        self.client, self.router, self.server = Host('client'), Host('router'), Host('server')
        for host in (self.client, self.router, self.server):
            self._prepare(host)
        self._link(self.client, 'client0', self.CLIENT, self.CLIENT_MAC,
                   self.router, 'router0', self.ROUTER, self.ROUTER_MAC)
        self._link(self.server, 'server0', self.SERVER, self.SERVER_MAC,
                   self.router, 'router1', self.FAR_ROUTER, self.FAR_ROUTER_MAC)
        for version in (4, 6):
            for host, gateway in ((self.client, self.ROUTER), (self.server, self.FAR_ROUTER)):
                host.run('ip', f'-{version}', 'route', 'add', 'default', 'via', gateway[version])
            self.router.run('ip', f'-{version}', 'route', 'add', 'blackhole', self.NOWHERE[version])

    @staticmethod
    def _prepare(host):
        for name, value in (('ipv4/icmp_ratelimit', 0), ('ipv6/icmp/ratelimit', 0),
                            ('ipv6/conf/default/accept_dad', 0), ('ipv6/conf/default/accept_ra', 0),
                            ('ipv4/ip_forward', 1), ('ipv6/conf/all/forwarding', 1)):
            if host.name == 'router' or 'forward' not in name:
                host.write(f'/proc/sys/net/{name}', value)

    @staticmethod
    def _link(host, interface, addresses, mac, router, far_interface, far_addresses, far_mac):
        host.run('ip', 'link', 'add', interface, 'address', mac, 'type', 'veth', 'peer', 'name',
                 far_interface, 'address', far_mac, 'netns', str(router.holder.pid))
        ends = ((host, interface, addresses, far_addresses, far_mac),
                (router, far_interface, far_addresses, addresses, mac))
        for end, name, *_ in ends:
            end.run('ip', 'link', 'set', name, 'up')
        for end, name, own, other, other_mac in ends:
            end.await_line(name)
            for version in (4, 6):
                end.run('ip', f'-{version}', 'address', 'add',
                        f'{own[version]}/{Path.PREFIX[version]}', 'dev', name)
                end.run('ip', f'-{version}', 'neigh', 'add', other[version], 'lladdr', other_mac,
                        'dev', name)

    def close(self):
        for host in (self.client, self.router, self.server):
            host.close()


def wait_until(condition, what, seconds=20):
    """Polls the condition; a condition that never comes true is an error."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.01)
