# Capture files that tests make, and the corpus of others.
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import runpy
import struct
from pathlib import Path

from scapy.utils import wrpcap

import pcapng

ETHERNET, RAW, COOKED = 1, 101, 113  # LINKTYPE_ values, https://www.tcpdump.org/linktypes.html
BASE = 1_700_000_000
TIME = (1_700_000_000, 123_456_789)  # seconds, nanoseconds
# Packet flags of pcap-ng (epb_flags): who sent the frame, and to what kind of address.
TO_US, FROM_US, TO_GROUP = 1 | 1 << 2, 2 | 1 << 2, 1 | 2 << 2
CORPUS = Path(os.environ.get('IPMON_CORPUS', 'no corpus'))  # a folder of captures, which may be missing
COUNT = int(os.environ.get('IPMON_DAMAGED_FILES', 20))  # of generated files


def pcap(records, link_type=RAW):
    """A nanosecond pcap file of (nanoseconds since BASE, bytes)."""
    data = [struct.pack('<IHHiIII', 0xA1B23C4D, 2, 4, 0, 0, 262144, link_type)]
    for time_, bytes_ in records:
        seconds, rest = divmod(time_, 1_000_000_000)
        data += [struct.pack('<IIII', BASE + seconds, rest, len(bytes_), len(bytes_)), bytes_]
    return b''.join(data)


def write_pcap(path, packets, link_type=RAW, snapshot=262144, gap=0):
    """A nanosecond pcap file; bytes beyond `snapshot` are cut off as a capture would.

    `snapshot` is one number, or one for each packet; so is `gap`, the seconds before it.
    """
    snapshots = snapshot if isinstance(snapshot, list) else [snapshot] * len(packets)
    gaps = gap if isinstance(gap, list) else [gap] * len(packets)
    seconds = TIME[0]
    with open(path, 'wb') as file:
        file.write(struct.pack('<IHHiIII', 0xA1B23C4D, 2, 4, 0, 0, 262144, link_type))
        for packet, length, before in zip(packets, snapshots, gaps, strict=True):
            raw = bytes(packet)
            kept = raw[:length]
            seconds += before
            file.write(struct.pack('<IIII', seconds, TIME[1], len(kept), len(raw)) + kept)
    return path


def block(type_, body):
    body += bytes(-len(body) % 4)
    length = struct.pack('<I', len(body) + 12)
    return struct.pack('<I', type_) + length + body + length


def pcapng_file(interfaces, packets):
    """Interfaces are (link type, name); packets (number of the interface, bytes)."""
    data = [block(pcapng.SECTION, struct.pack('<IHHq', 0x1A2B3C4D, 1, 0, -1))]
    for link_type, name in interfaces:
        option = struct.pack('<HH', 2, len(name)) + name + bytes(-len(name) % 4) + bytes(4)
        data.append(block(pcapng.INTERFACE, struct.pack('<HHI', link_type, 0, 0) + option))
    for number, bytes_ in packets:
        head = struct.pack('<IIIII', number, 0, 5, len(bytes_), len(bytes_))
        data.append(block(pcapng.PACKET, head + bytes_))
    return b''.join(data)


def write_pcapng(path, packets, link_types=(RAW, RAW)):
    """Packets, each as (interface, flags, packet) and, if it matters, its second.

    All interfaces are eth0 but the second one, which is lo.
    """
    def option(code, value):
        return struct.pack('<HH', code, len(value)) + value + bytes(-len(value) % 4)

    data = block(pcapng.SECTION, struct.pack('<IHHq', 0x1A2B3C4D, 1, 0, -1))
    for number, link_type in enumerate(link_types):
        data += block(pcapng.INTERFACE, struct.pack('<HHI', link_type, 0, 0) +
                      option(2, b'lo' if number == 1 else b'eth0') + bytes(4))
    for interface, flags, packet, *seconds in packets:
        raw = bytes(packet)
        time = int(sum(seconds) * 1_000_000)
        head = struct.pack('<IIIII', interface, time >> 32, time & 0xFFFFFFFF, len(raw), len(raw))
        data += block(pcapng.PACKET, head + raw + bytes(-len(raw) % 4) +
                      option(2, struct.pack('<I', flags)) + bytes(4))
    path.write_bytes(data)
    return path


def generated(folder):
    """Captures of every packet that fuzzing begins with."""
    seeds = runpy.run_path(str(Path(__file__).parents[1] / 'fuzz' / 'seeds'))
    packets = list(seeds['packets']())
    for number in range(COUNT):
        file = folder / f'generated-{number}.pcap'
        wrpcap(str(file), [bytes(packet) for packet in packets[number % 7::7]] * 3, linktype=101)
        yield file
