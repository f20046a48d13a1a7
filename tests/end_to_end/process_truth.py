# Compares what a capture says of the processes of its packets with what a workload knows
# (process_workload.py).
# SPDX-License-Identifier: GPL-2.0-or-later
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


class Truth:
    """The log of a workload."""

    def __init__(self, path):
        self.received, self.ends = defaultdict(set), defaultdict(set)
        self.listeners, self.receivers = defaultdict(set), defaultdict(set)
        for line in path.read_text().splitlines():
            kind, *words = line.split()
            if kind == 'received':
                number, *who = map(int, words)
                self.received[number].add(tuple(who))
            elif kind == 'end':
                local, remote, process = map(int, words[1:])
                self.ends[words[0], local, remote].add(process)
            else:
                local, process = map(int, words)
                (self.listeners if kind == 'listener' else self.receivers)[local].add(process)


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
    link = link_length(blocks)
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
        yield Seen(protocol, source, destination, kind, payload, sender, receiver,
                   struct.unpack('<II', raw[0]) if raw else None)


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
    stamp = STAMP.unpack_from(packet.payload) if packet.payload.startswith(MAGIC) else None
    if packet.protocol in ECHO_REQUESTS and packet.kind != ECHO_REQUESTS[packet.protocol]:
        stamp = None
    processes = truth.ends['tcp', packet.source_port, packet.destination_port]
    expected = {(stamp[1], stamp[2])} if stamp else None
    return judge(packet.sender, expected, processes, truth.listeners[packet.source_port])


def judge_receiver(packet, truth):
    stamp = STAMP.unpack_from(packet.payload) if packet.payload.startswith(MAGIC) else None
    if packet.protocol in ECHO_REQUESTS and packet.kind != ECHO_REPLIES[packet.protocol]:
        return judge(packet.receiver, set(), set(), set())
    processes = truth.ends['tcp', packet.destination_port, packet.source_port]
    if stamp and not truth.received[stamp[3]]:  # nobody has read it, but somebody may have the socket
        stamp, processes = None, truth.receivers[packet.destination_port]
    expected = truth.received[stamp[3]] if stamp else None
    return judge(packet.receiver, expected, processes, truth.listeners[packet.destination_port])


def compare(blocks, truth):
    """Counts of (end, worth), and the packets with a wrong answer."""
    counts, wrong = Counter(), []
    for packet in seen(blocks, truth):
        worths = {'sender': judge_sender(packet, truth), 'receiver': judge_receiver(packet, truth)}
        is_control = not packet.payload.startswith(MAGIC)
        for end, worth in worths.items():
            counts[end + (' of control' if is_control else ''), worth] += 1
        certain = packet.sender and packet.sender['Certainty'] in ('exact', 'listener') and 'PID' in packet.sender
        if 'WRONG' in worths.values() or packet.numbers != (who(packet.sender) if certain else None):
            wrong.append(packet)
    return counts, wrong
