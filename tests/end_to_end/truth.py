# What the tests of socket errors against real kernels share: a client whose sockets get errors, the
# packets that its interface saw, and the socket errors that tshark shows of them with the plugin.
# SPDX-License-Identifier: GPL-2.0-or-later
import contextlib
import errno
import itertools
import os
import select
import signal
import socket
import struct
from dataclasses import dataclass

from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6, in6_chksum
from scapy.layers.l2 import Ether
from scapy.packet import Raw
from scapy.utils import checksum

from capturing import Capture
from network import ETH_P_ALL, Path

SECONDS = 20  # that an error which must come may take, on a busy machine too
FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}
RECVERR = {4: (socket.IPPROTO_IP, 11), 6: (socket.IPPROTO_IPV6, 25)}  # linux/in.h, linux/in6.h
TCP_STATE = {1: 'ESTABLISHED', 2: 'SYN_SENT', 3: 'SYN_RECV', 4: 'FIN_WAIT1', 5: 'FIN_WAIT2', 7: 'CLOSE', 8: 'CLOSE_WAIT',
             9: 'LAST_ACK', 11: 'CLOSING'}
NETWORK_HEADER = {4: IP, 6: IPv6}

# How an error is delivered, by the start of the text about it. Kernels here show what is true of Linux.
DELIVERY = {
    'connect': ('Linux: connect() fails with it', 'Linux and Windows: connect() fails with it'),
    'established': 'Linux: the connection lives on',
    'connected': 'Linux: a connected socket',
    'queue': 'Linux: only a socket that asked for the error queue',
    'next call': ('Linux: the next call on the socket', 'Linux and Windows: the next call on the socket'),
    'send': 'Linux: the next send()',
    'closed': 'Linux and Windows: both sides had closed',
    'end': 'Linux and Windows: recv() returns 0',
}

ports = itertools.count(20000)  # of the client and its servers, so that each names one case


def name_of(number):
    """'ECONNREFUSED'; None for no error and for a call that would have had to wait."""
    return None if number in (0, errno.EAGAIN) else errno.errorcode[number].replace('ENOTSUP', 'EOPNOTSUPP')


def failure(call, *arguments):
    """The name of the error that the call fails with, or None."""
    try:
        call(*arguments)
    except OSError as error:
        return name_of(error.errno)
    return None


def patient_failure(sock, call, *arguments):
    """The same for a call that waits."""
    sock.settimeout(SECONDS)
    try:
        return failure(call, *arguments)
    finally:
        sock.setblocking(False)


def pending(sock):
    return name_of(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))


def state(sock):
    return TCP_STATE[sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]]


def queued(sock):
    """The error queue: name, ICMP type, code and the information that goes with it (the MTU)."""
    found = []
    while True:
        try:
            _, ancillary, _, _ = sock.recvmsg(65536, 512, socket.MSG_ERRQUEUE | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return found
        for level, kind, raw in ancillary:
            if (level, kind) in RECVERR.values():
                number, _, type_, code, _, information = struct.unpack_from('=IBBBBI', raw)
                found.append((name_of(number), type_, code, information))


def await_error(*sockets):
    """Waits until every socket has an error."""
    for sock in sockets:
        poll = select.poll()
        poll.register(sock, 0)  # errors are reported in any case
        assert poll.poll(SECONDS * 1000), f'no error came to {sock.getsockname()}'


def endpoint(address):
    return f'[{address[0]}]:{address[1]}' if ':' in address[0] else f'{address[0]}:{address[1]}'


def named(protocol, local, remote):
    """A socket as ipmon names it."""
    return f'{protocol} {endpoint(local)} → {endpoint(remote)}'


def error_message(version, type_, code, quoted, rest=0, wrong_checksum=False):
    """An ICMP or ICMPv6 error from the router to the client; `rest`: the second word, with the MTU."""
    body = struct.pack('>BBHI', type_, code, 0, rest) + quoted
    if version == 4:
        outer = IP(src=Path.ROUTER[4], dst=Path.CLIENT[4], proto=1)
        sum_ = checksum(body)
    else:
        outer = IPv6(src=Path.ROUTER[6], dst=Path.CLIENT[6], nh=58)
        sum_ = in6_chksum(58, outer, body)
    return outer / Raw(body[:2] + struct.pack('>H', sum_ ^ wrong_checksum) + body[4:])


@dataclass(frozen=True)
class Annotation:
    """The socket error that ipmon reports of one packet."""

    name: str = None
    fatal: bool = None
    socket: str = None
    mtu: int = None
    delivery: str = None  # of DELIVERY
    likely: bool = False


NOT_SEEN = Annotation(delivery='not seen')  # with a reason why no application sees it


FIELDS = ['ipmon.error.name', 'ipmon.error.errno', 'ipmon.error.fatal', 'ipmon.error.socket', 'ipmon.error.mtu',
          'ipmon.error.reported_to', 'ipmon.error.none', 'ipmon.error', 'ip.dst', 'ipv6.dst', 'udp.port', 'tcp.port']


def annotation(row):
    """The annotation of a row of FIELDS, or None."""
    name, number, fatal, sock, mtu, text, none, error, *_ = row
    assert not (error and none), row
    if not error:
        return NOT_SEEN if none else None
    [kind] = [kind for kind, start in DELIVERY.items() if text[0].startswith(start)]
    assert bool(name) == (kind != 'end') and [getattr(errno, each) for each in name] == [int(each) for each in number]
    return Annotation(name[0] if name else None, fatal[0] == '1', sock[0], int(mtu[0]) if mtu else None, kind,
                      ', likely: ' in error[0])


class Watch:
    """The client of a path while ipmon captures there.

    Everything that a send() of this thread sets off without a timer, on all three hosts, is done on
    one processor in the order of sending: who has received a later packet has received all before.
    """

    def __init__(self, programs, path):
        self.programs, self.path = programs, path
        self.capture = Capture(programs, path.client, 'ipmon:all')
        self.processors = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {min(self.processors)})
        self.open = contextlib.ExitStack()
        self.tap = self.keep(path.client.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)))
        self.tap.bind(('client0', ETH_P_ALL))
        self.tap.setblocking(False)
        self.wire = self.keep(path.router.wire('router0'))
        self.fence = self.keep(path.client.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.fence.bind((Path.CLIENT[4], 0))
        self.fence.settimeout(SECONDS)
        self.rows = None

    def keep(self, sock):
        """Closes the socket at the end."""
        return self.open.enter_context(contextlib.closing(sock))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.sched_setaffinity(0, self.processors)
        self.open.close()
        if self.rows is None:
            self.capture.signal(signal.SIGTERM)
            self.capture.finish()

    def socket(self, version, kind, protocol=0, recverr=False, host=None):
        """A socket of the client, or another host, that never waits."""
        sock = self.keep((host or self.path.client).socket(FAMILY[version], kind, protocol))
        sock.setblocking(False)
        if recverr:
            sock.setsockopt(*RECVERR[version], 1)
        return sock

    def udp(self, version, recverr=False, address=None):
        return self._bound(version, socket.SOCK_DGRAM, recverr, address)

    def tcp(self, version, recverr=False, address=None):
        return self._bound(version, socket.SOCK_STREAM, recverr, address)

    def _bound(self, version, kind, recverr, address):
        sock = self.socket(version, kind, 0, recverr)
        host, port, *scope = socket.getaddrinfo(address or Path.CLIENT[version], next(ports))[0][4]
        sock.bind((host, port, *scope))
        return sock

    def listener(self, version, host, addresses):
        sock = self.socket(version, socket.SOCK_STREAM, 0, False, host)
        sock.bind((addresses[version], next(ports)))
        sock.listen(8)
        return sock

    def connection(self, version, recverr=False):
        """A connection of the client to the server: both ends."""
        listener = self.listener(version, self.path.server, Path.SERVER)
        near = self.tcp(version, recverr)
        near.connect_ex(listener.getsockname())
        self.await_ready(near, select.POLLOUT)
        self.await_ready(listener, select.POLLIN)
        far = self.keep(listener.accept()[0])
        far.setblocking(False)
        return near, far

    @staticmethod
    def await_ready(sock, event):
        poll = select.poll()
        poll.register(sock, event)
        assert poll.poll(SECONDS * 1000), f'{sock.getsockname()} waited in vain'

    def sent(self, sock):
        """The last packet that the socket's port sent, from its IP header on."""
        return self.sent_from(sock.getsockname()[1])

    def sent_from(self, port):
        packed = struct.pack('>H', port)
        return [raw for raw in self.seen() if raw[self.transport(raw):][:2] == packed][-1]

    def sent_to(self, version, address):
        """The last packet to the address."""
        packed = socket.inet_pton(FAMILY[version], address)
        end = {4: 20, 6: 40}[version]
        return [raw for raw in self.seen() if raw[:1] and raw[0] >> 4 == version and
                raw[end - len(packed):end] == packed][-1]

    @staticmethod
    def transport(raw):
        return 40 if raw[0] >> 4 == 6 else (raw[0] & 15) * 4

    def seen(self):
        """The IP packets that passed the client's interface since the last call."""
        found = []
        while True:
            try:
                found.append(self.tap.recv(65536)[14:])
            except BlockingIOError:
                return found

    def put(self, packet):
        """Puts a packet on the client's wire and waits until its kernel is through with it."""
        fence = IP(src=Path.ROUTER[4], dst=Path.CLIENT[4]) / UDP(sport=1, dport=self.fence.getsockname()[1]) / b'.'
        for one in (packet, fence):
            self.wire.send(bytes(Ether(src=Path.ROUTER_MAC, dst=Path.CLIENT_MAC,
                                       type=0x0800 if one.version == 4 else 0x86DD) / one))
        self.fence.recv(16)

    def put_segment(self, version, source, destination, **fields):
        self.put(NETWORK_HEADER[version](src=source[0], dst=destination[0]) /
                 TCP(sport=source[1], dport=destination[1], **fields))

    def read(self, *arguments):
        """Has tshark read what was captured, again if other arguments are to be tried."""
        file = self.programs.readable('truth.pcapng')
        if self.rows is None:
            self.capture.signal(signal.SIGTERM)
            found, status, error = self.capture.finish()
            assert (status, error) == (0, '')
            file.write_bytes(b''.join(block.raw for block in found))
        self.rows = self.programs.fields(file, FIELDS, *arguments)

    def annotations(self):
        """All there are, in the order of the packets."""
        if self.rows is None:
            self.read()
        return [found for found in map(annotation, self.rows) if found]

    def reported(self, port):
        """All different annotations of packets that have the port, also in a quoted header."""
        return set(self.reported_in_turn(port))

    def reported_in_turn(self, port, destination=None):
        """The same in the order of the packets, of those to a destination or all."""
        if self.rows is None:
            self.read()
        chosen = [row for row in self.rows
                  if str(port) in row[-1] + row[-2] or any(f':{port} → ' in name for name in row[3])]
        assert chosen, f'nothing was captured about port {port}'
        if destination:
            chosen = [row for row in chosen if destination in (row[-4] + row[-3])[:1]]
        return [found for found in map(annotation, chosen) if found]


@contextlib.contextmanager
def rules(host, *lines):
    """nftables rules of the host for what it forwards."""
    chain = '; '.join(['type filter hook forward priority 0', *lines])
    host.run('nft', f'table inet truth {{ chain forward {{ {chain}; }}; }}')
    try:
        yield
    finally:
        host.run('nft', 'delete', 'table', 'inet', 'truth')
