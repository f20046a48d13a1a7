# Compares what a capture says of the processes of its packets with what a workload knows
# (process_workload.py).
# SPDX-License-Identifier: GPL-2.0-or-later
import re
import struct
from collections import Counter, defaultdict
from dataclasses import dataclass

import pcapng
from process_workload import MAGIC, STAMP

COMMENT, PROCESS_THREAD = 1, 8
ICMP, TCP, UDP, ICMP6 = 1, 6, 17, 58
ECHO_REQUESTS = {ICMP: 8, ICMP6: 128}
ECHO_REPLIES = {ICMP: 0, ICMP6: 129}
ETHERNET, RAW = 1, 101  # LINKTYPE_*
SYN, SYN_ACK = 2, 18


class Truth:
    """The log of a workload."""

    def __init__(self, path):
        self.received, self.ends = defaultdict(set), defaultdict(set)
        self.listeners, self.receivers = defaultdict(set), defaultdict(set)
        self.acceptors, self.unread = {}, {}
        self.connections = Counter()  # so far, by the ports that several connections have had
        for line in path.read_text().splitlines():
            kind, *words = line.split()
            getattr(self, f'take_{kind}')(*words[:kind == 'end'], *map(int, words[kind == 'end':]))

    def take_received(self, number, *reader):
        self.received[number].add(reader)

    def take_end(self, protocol, local, remote, process):
        self.ends[(protocol, *self.latest(local, remote))].add(process)

    def take_listener(self, local, process):
        self.listeners[local].add(process)

    def take_receiver(self, local, process):
        self.receivers[local].add(process)

    def take_connection(self, local, remote):
        self.connections[frozenset((local, remote))] += 1

    def take_acceptor(self, local, remote, process):
        self.acceptors.setdefault(self.latest(local, remote), set()).add(process)

    def take_unread(self, number, *processes):
        self.unread[number] = set(processes)

    def latest(self, local, remote):
        return local, remote, self.connections[frozenset((local, remote))]

    def listeners_of(self, local, remote, connection):
        return self.acceptors.get((local, remote, connection), self.listeners[local])


@dataclass
class Seen:
    """A packet, and what is said of its processes: None, or the lines of a comment."""

    protocol: int
    source_port: int
    destination_port: int
    kind: int  # of ICMP the type, of TCP the flags
    payload: bytes
    sender: dict
    receiver: dict
    numbers: tuple  # the option for process and thread; None: there is none
    connection: int  # of those with the same ports, from 1; 0: there is only one

    def stamps(self):
        """Process, thread and number of all data that begins here. An error quotes that of another packet."""
        if self.protocol in ECHO_REQUESTS and self.kind not in (ECHO_REQUESTS[self.protocol],
                                                                ECHO_REPLIES[self.protocol]):
            return []
        end = len(self.payload) - STAMP.size
        return [STAMP.unpack_from(self.payload, found.start())[1:] for found in re.finditer(MAGIC, self.payload)
                if found.start() <= end]


def lines_of(comment):
    lines = [line.split(': ', 1) for line in comment.decode().split('\n')]
    assert len({key for key, _ in lines}) == len(lines), f'a line twice: {comment}'
    return dict(lines)


def link_length(blocks):
    """Bytes in front of the IP header."""
    link_type, = struct.unpack_from('<H', pcapng.of_type(blocks, pcapng.INTERFACE)[0].body)
    return {ETHERNET: 14, RAW: 0}[link_type]


def decode(packet):
    if packet[0] >> 4 == 4:
        return packet[9], packet[(packet[0] & 15) * 4:]
    return packet[6], packet[40:]


def place(comments, is_from_listener):
    """The comments of sender and receiver: that of the sender is the last one."""
    found = [lines_of(comment) for comment in comments]
    if len(found) == 2:
        return found[1], found[0]
    if not found:
        return None, None
    role = found[0]['Role']
    if role == 'sender' or (role == 'listener' and is_from_listener):
        return found[0], None
    return None, found[0]


def seen(blocks, truth):
    link, begun = link_length(blocks), Counter()
    for block in blocks:
        if block.type != pcapng.PACKET:
            continue
        length = struct.unpack_from('<I', block.body, 12)[0]
        protocol, transport = decode(block.body[20 + link:20 + length])
        if protocol in ECHO_REQUESTS:
            source = destination = struct.unpack_from('>H', transport, 4)[0]
            kind, payload = transport[0], transport[8:]
        elif protocol == TCP:
            source, destination = struct.unpack_from('>HH', transport)
            kind, payload = transport[13], transport[(transport[12] >> 4) * 4:]
        else:
            source, destination = struct.unpack_from('>HH', transport)
            kind, payload = 0, transport[8:]
        sender, receiver = place(block.options.get(COMMENT, []), source in truth.listeners)
        raw = block.options.get(PROCESS_THREAD)
        ports = frozenset((source, destination))
        begun[ports] += protocol == TCP and kind & SYN_ACK == SYN and ports in truth.connections
        yield Seen(protocol, source, destination, kind, payload, sender, receiver,
                   struct.unpack('<II', raw[0]) if raw else None, begun[ports])


def who(lines):
    return int(lines['PID']), int(lines['ThreadId'])


def judge(lines, expected, processes, listeners):
    """
    What an answer is worth. expected: those with process and thread, or None when only the processes
    are known that may be it.
    """
    if lines is None:
        return 'unknown'
    if lines['How'] == 'kernel':
        return 'kernel' if not expected and 'PID' not in lines else 'WRONG'
    certainty = lines['Certainty']
    if certainty == 'uncertain':
        return certainty
    process, thread = who(lines)
    if certainty == 'listener':
        return certainty if process in listeners else 'WRONG'
    if expected is not None:
        return certainty if (process, thread) in expected and len(expected) == 1 else 'WRONG'
    return certainty if process in processes else 'WRONG'


def judge_sender(packet, truth):
    stamps = packet.stamps()
    if packet.protocol in ECHO_REQUESTS and packet.kind != ECHO_REQUESTS[packet.protocol]:
        stamps = []
    end = packet.source_port, packet.destination_port, packet.connection
    expected = {(process, thread) for process, thread, _ in stamps} or None
    return judge(packet.sender, expected, truth.ends['tcp', *end], truth.listeners_of(*end))


def judge_receiver(packet, truth):
    numbers = {number for _, _, number in packet.stamps()}
    if packet.protocol in ECHO_REQUESTS and packet.kind != ECHO_REPLIES[packet.protocol]:
        return judge(packet.receiver, set(), set(), set())
    end = packet.destination_port, packet.source_port, packet.connection
    processes, expected = truth.ends['tcp', *end], None
    readers = set().union(*(truth.received[number] for number in numbers))
    if readers:
        expected = readers
    elif numbers:  # nobody has read it, but somebody may have the socket
        owners = processes if packet.protocol == TCP else truth.receivers[packet.destination_port]
        processes = truth.unread.get(min(numbers), owners)
    return judge(packet.receiver, expected, processes, truth.listeners_of(*end))


def compare(blocks, truth):
    """Counts of (end, worth), and the packets with a wrong answer."""
    counts, wrong = Counter(), []
    for packet in seen(blocks, truth):
        worths = {'sender': judge_sender(packet, truth), 'receiver': judge_receiver(packet, truth)}
        is_control = not packet.stamps()
        for end, worth in worths.items():
            counts[end + (' of control' if is_control else ''), worth] += 1
        certain = packet.sender and packet.sender['Certainty'] in ('exact', 'listener') and 'PID' in packet.sender
        if 'WRONG' in worths.values() or packet.numbers != (who(packet.sender) if certain else None):
            wrong.append(packet)
    return counts, wrong
