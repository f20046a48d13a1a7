# A host that only a test plays: its segments, and ICMP errors about the client's, are put on the
# client's wire one by one. After each one the error of the client's socket shows how its kernel took
# it, and ipmon must report the same error of the packet.
# SPDX-License-Identifier: GPL-2.0-or-later
import select
import socket
import struct

from scapy.layers.inet import TCP

from network import Path
from truth import NETWORK_HEADER, NOT_SEEN, Annotation, error_message, named, pending, state

TCP_FASTOPEN_NO_COOKIE = 34  # linux/tcp.h
INITIAL = 0xFFFFF000  # sequence number of the host's SYN: what follows it wraps
WINDOW = 4000
DELIVERY_OF_RESET = {'ECONNREFUSED': 'connect', 'EPIPE': 'send', 'ECONNRESET': 'next call'}
DELIVERY_OF_ICMP = {'SYN_SENT': 'connect', 'SYN_RECV': 'next call'}
UNREACHABLE = {4: (3, 1), 6: (1, 3)}  # host, address
NO_PORT = {4: (3, 3), 6: (1, 4)}


class Scripted:
    """One connection of the client with the host. Numbers are relative to those of the SYNs."""

    def __init__(self, watch, version):
        self.watch, self.version = watch, version
        self.remote = Path.NOWHERE[version], 9
        self.sock = self.local = self.own = self.stamp = None
        self.listener = None
        self.expected = []  # of the packets that could be an error, in turn

    def _sent(self):
        return NETWORK_HEADER[self.version](self.watch.sent_from(self.local[1]))[TCP]

    def connect(self, **options):
        """The client sends a SYN."""
        self.sock = self.watch.tcp(self.version)
        for option, value in options.items():
            self.sock.setsockopt(*{'recverr': {4: (0, 11), 6: (41, 25)}[self.version]}[option], value)
        self.sock.connect_ex(self.remote)
        self.local = self.sock.getsockname()
        syn = self._sent()
        self.own = syn.seq
        [(self.stamp, _)] = [value for name, value in syn.options if name == 'Timestamp']
        return self

    def dial(self, data):
        """The client sends a SYN with data (TCP Fast Open); it wants no cookie for that."""
        self.sock = self.watch.tcp(self.version)
        self.sock.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE, 1)
        try:
            self.sock.sendto(data, socket.MSG_FASTOPEN, self.remote)
        except BlockingIOError:
            pass
        self.local = self.sock.getsockname()
        syn = self._sent()
        assert (str(syn.flags), bytes(syn.payload)) == ('S', data)
        self.own = syn.seq
        return self

    def open(self, **fields):
        """And its connection is established."""
        self.connect()
        self.answer(**fields)
        assert state(self.sock) == 'ESTABLISHED'
        return self

    def answer(self, ack=1, options=(('SAckOK', b''), ('MSS', 1000)), **fields):
        """The host's SYN-ACK."""
        self.put('SA', 0, ack, options=list(options), **fields)

    def listen(self, **options):
        """The client waits for connections."""
        self.listener = self.watch.listener(self.version, self.watch.path.client, Path.CLIENT)
        for (level, option), value in options.get('options', {}).items():
            self.listener.setsockopt(level, option, value)
        self.local = self.listener.getsockname()
        return self

    def call(self, data=b'', options=(('MSS', 1000),)):
        """The host sends a SYN; the client answers."""
        self.put('S', 0, None, data, options=list(options))
        answer = self._sent()
        assert str(answer.flags) == 'SA'
        self.own = answer.seq
        return answer

    def accept(self):
        self.watch.await_ready(self.listener, select.POLLIN)
        return self.accept_now()

    def accept_now(self):
        self.sock = self.watch.keep(self.listener.accept()[0])
        self.sock.setblocking(False)
        return self.sock

    def put(self, flags, seq, ack=None, data=b'', window=WINDOW, wrong_checksum=False, **fields):
        if ack is not None:
            fields['ack'] = (self.own + ack) % 2**32
        segment = TCP(sport=self.remote[1], dport=self.local[1], flags=flags, seq=(INITIAL + seq) % 2**32,
                      window=window, **fields)
        packet = NETWORK_HEADER[self.version](src=self.remote[0], dst=self.local[0]) / segment / data
        if wrong_checksum:
            packet[TCP].chksum = NETWORK_HEADER[self.version](bytes(packet))[TCP].chksum ^ 1
        self.watch.put(packet)

    def send(self, data):
        assert self.sock.send(data) == len(data)

    def _judge(self, put, delivery):
        """Puts a packet; what the kernel does with it is expected of ipmon."""
        before = state(self.sock) if self.sock else None
        put()
        error = pending(self.sock) if self.sock else None
        if self.listener:
            assert pending(self.listener) is None
        if not error:
            if self.sock:
                assert state(self.sock) == before
            self.expected.append(NOT_SEEN)
            return None
        fatal = state(self.sock) == 'CLOSE'
        kind = delivery(error, before)
        self.expected.append(Annotation(error, fatal, named('TCP', self.local, self.remote), None, kind))
        return error

    def reset(self, seq, ack=None, flags=None, **fields):
        """A reset; the name of the error that the client's socket has then."""
        def delivery(error, before):
            return 'closed' if before in ('CLOSING', 'LAST_ACK') else DELIVERY_OF_RESET[error]
        flags = flags or ('R' if ack is None else 'RA')
        return self._judge(lambda: self.put(flags, seq, ack, **fields), delivery)

    def error(self, seq, kind=None, length=None, wrong_checksum=False, quoted=None):
        """An ICMP error about a segment of the client with the sequence number."""
        header = {4: 20, 6: 40}[self.version]
        if quoted is None:
            flags = {'SYN_SENT': 'S', 'SYN_RECV': 'SA'}.get(state(self.sock) if self.sock else 'SYN_RECV', 'A')
            segment = TCP(sport=self.local[1], dport=self.remote[1], flags=flags, seq=(self.own + seq) % 2**32)
            quoted = bytes(NETWORK_HEADER[self.version](src=self.local[0], dst=self.remote[0]) / segment)
        message = error_message(self.version, *(kind or UNREACHABLE[self.version]),
                                quoted[:header + length] if length else quoted, 0, wrong_checksum)
        return self._judge(lambda: self.watch.put(message),
                           lambda error, before: DELIVERY_OF_ICMP.get(before, 'established'))

    def abort(self):
        """The client's own end of it, so that no timer goes on."""
        self.sock.setsockopt(1, 13, struct.pack('ii', 1, 0))
        self.sock.close()

    def reported(self):
        """The errors that ipmon reports of the packets to the client, in turn."""
        return self.watch.reported_in_turn(self.local[1], self.local[0])


def brief(annotations):
    """In words that fit into a line."""
    return [each.delivery if each == NOT_SEEN else
            f'{"likely " if each.likely else ""}{each.name}{"" if each.fatal else ", not fatal"}: {each.delivery}'
            for each in annotations]
