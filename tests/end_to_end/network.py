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
    """A network namespace with its loopback up."""

    def __init__(self, name):
        self.name = name
        self.holder = subprocess.Popen(['unshare', '--net', 'sleep', str(LIFETIME)])
        self.path = f'/proc/{self.holder.pid}/ns/net'
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
        return subprocess.run(['nsenter', f'--net={self.path}', *command], check=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=30, **options)

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
        self.near.run('ip', 'neigh', 'add', self.FAR, 'lladdr', self.FAR_MAC, 'dev', 'near0')
        self.far.run('ip', 'neigh', 'add', self.NEAR, 'lladdr', self.NEAR_MAC, 'dev', 'far0')

    def close(self):
        self.near.close()
        self.far.close()


def wait_until(condition, what, seconds=20):
    """Polls the condition; a condition that never comes true is an error."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.01)
