# What ipmon prints of a file is what the dissector shows, value for value: over the corpus, and over
# link headers and damaged headers of every kind.
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import shutil
import struct
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop

from capture_files import CORPUS, FROM_US, TO_GROUP, TO_US, generated, write_pcap, write_pcapng
from compare_records import Shown, compare_file, print_arguments
from dissecting import QUOTE, QUOTE6, V4, V6
from programs import TIMEOUT

STEP = 12  # of the corpus, every which file: the others by hand (compare_records.py)
NULL, ETHERNET, PPP, RAW, LOOP, SLL, IPV4, IPV6, SLL2 = 0, 1, 9, 101, 108, 113, 228, 229, 276

DATAGRAM = bytes(IP(**V4, tos=0xB8, id=7, flags='DF') / UDP(sport=4000, dport=9) / b'payload')
DATAGRAM6 = bytes(IPv6(**V6, tc=0x11, hlim=3) / UDP(sport=4000, dport=9) / b'payload')
PACKETS = [bytes(packet) for packet in (
    IP(**V4) / TCP(flags='S'),
    IP(**V4, options=[IPOption(b'\x07\x03\x04'), IPOption(b'\x01')]) / TCP(flags='PA') / b'x',
    IP(**V4) / ICMP(type=3, code=3) / QUOTE,
    IP(**V4) / ICMP(type=3, code=4, nexthopmtu=1400) / QUOTE,
    IP(**V4) / ICMP(type=11) / QUOTE,
    IP(**V4, flags='MF', frag=0) / UDP() / bytes(24),
    IP(**V4, frag=10, proto=17) / bytes(24),
    IP(src='0.0.0.0', dst='255.255.255.255', ttl=0) / UDP(dport=67),
    IPv6(**V6) / ICMPv6EchoRequest(),
    IPv6(**V6) / IPv6ExtHdrHopByHop() / IPv6ExtHdrFragment(id=9, m=1, offset=0) / UDP() / bytes(16),
    IPv6(src='::ffff:10.9.0.1', dst='::10.9.0.2', nh=59),
    IPv6(src='::', dst='ff02::1:0:0:1', nh=59, tc=0xFF),
    IPv6(src='1:0:0:2::3', dst='1::') / TCP(flags='R'),
)] + [DATAGRAM, DATAGRAM6]


def damaged(packet):
    """The packet with a header field of each kind wrong, cut short, and with bytes behind it."""
    yield packet
    yield packet + bytes(4)
    yield packet + bytes(80)
    for version in (0, 4, 6, 15):
        yield bytes([version << 4 | packet[0] & 15]) + packet[1:]
    for length in (0, 1, 19, 20, 41, 9999):
        at = 2 if packet[0] >> 4 == 4 else 4
        yield packet[:at] + struct.pack('>H', length) + packet[at + 2:]
        yield packet[:at] + struct.pack('>H', length) + packet[at + 2:] + bytes(30)
    for header in (0, 4, 15):
        yield bytes([packet[0] & 0xF0 | header]) + packet[1:]
    yield packet[:10] + b'\0\0' + packet[12:]
    yield packet[:-1] + bytes([packet[-1] ^ 0x55])


def families():
    """Headers of NULL and LOOP, in both byte orders."""
    for family in [*range(40), 0x0800, 0x86DD, 0x0200, 0x1C00]:
        for packet in (DATAGRAM, DATAGRAM6):
            yield struct.pack('>I', family) + packet
            yield struct.pack('<I', family) + packet
            yield struct.pack('>HH', family, 0) + packet
            yield struct.pack('<HH', 0, family) + packet


def point_to_point():
    """PPP with and without address, control and the first byte of the protocol."""
    for protocol, packet in ((0x21, DATAGRAM), (0x57, DATAGRAM6), (0x57, DATAGRAM), (0xC021, b'\1\1\0\4')):
        for start in (b'', b'\xff\x03'):
            yield start + struct.pack('>H', protocol) + packet
            yield start + struct.pack('>H', protocol) + packet + b'\x12\x34'
            yield start + bytes([protocol & 0xFF]) + packet


def frames():
    """Ethernet with tags, of packets and of what only looks like them."""
    one, other, zero = b'\x02\0\0\0\0\1', b'\x02\0\0\0\0\2', bytes(6)
    for addresses in (one + other, zero + zero, one + zero, zero + one):
        for tags in (b'', b'\x81\0\0\5', b'\x88\xa8\0\5\x81\0\0\6', b'\x91\0\0\5\x81\0\0\6',
                     b'\x81\0\0\5' * 3, b'\x92\0\0\5', b'\x93\0\0\5'):
            for ethertype, packet in ((0x0800, DATAGRAM), (0x86DD, DATAGRAM6), (0x0800, DATAGRAM6),
                                      (0x86DD, DATAGRAM), (0x0806, bytes(28)), (46, DATAGRAM)):
                yield addresses + tags + struct.pack('>H', ethertype) + packet
    for cut in range(12, 60):
        yield (one + other + b'\x81\0\0\5\x08\0' + DATAGRAM)[:cut]


def cooked():
    for kind in (0, 1, 2, 3, 4, 7):
        for hardware in (1, 772, 512):
            for protocol, packet in ((0x0800, DATAGRAM), (0x86DD, DATAGRAM6), (0x8100, b'\0\5\x08\0' + DATAGRAM),
                                     (0x0004, bytes(20)), (0x0800, DATAGRAM[:10] + b'\0\0' + DATAGRAM[12:])):
                yield kind, hardware, protocol, packet


def sll():
    for kind, hardware, protocol, packet in cooked():
        yield struct.pack('>HHH8sH', kind, hardware, 6, bytes(8), protocol) + packet


def sll2():
    for kind, hardware, protocol, packet in cooked():
        yield struct.pack('>HHIHBB8s', protocol, 0, 3, hardware, kind, 6, bytes(8)) + packet


def ethernet(packet):
    return bytes(11) + b'\1' + (b'\x86\xdd' if packet[0] >> 4 == 6 else b'\x08\0') + packet


DAMAGED = [damage for packet in PACKETS for damage in damaged(packet)]
# With link type 101 Wireshark needs 8 bytes.
CUT = [packet[:length] for packet in (DATAGRAM, DATAGRAM6, PACKETS[9]) for length in range(8, len(packet))]
# IPv6 with a payload length of 0, which without a link header Wireshark cuts to its header.
WITHOUT_LINK = [packet for packet in DAMAGED if packet[0] >> 4 != 6 or packet[4:6] != bytes(2) or packet[6] == 59]
MADE = {
    'ethernet': (ETHERNET, list(frames())),
    'ethernet-damaged': (ETHERNET, [ethernet(packet) for packet in DAMAGED]),
    'null': (NULL, list(families())),
    'loop': (LOOP, list(families())),
    'loop-damaged': (LOOP, [struct.pack('>I', 30 if packet[0] >> 4 == 6 else 2) + packet for packet in DAMAGED]),
    'ppp': (PPP, list(point_to_point())),
    'ppp-damaged': (PPP, [b'\xff\x03\x00' + (b'\x57' if packet[0] >> 4 == 6 else b'\x21') + packet
                          for packet in DAMAGED]),
    'raw': (RAW, WITHOUT_LINK + CUT),
    'raw-ipv4': (IPV4, WITHOUT_LINK + CUT),
    'raw-ipv6': (IPV6, WITHOUT_LINK + CUT),
    'sll': (SLL, list(sll())),
    'sll2': (SLL2, list(sll2())),
}


@pytest.fixture(scope='module')
def shown(programs):
    def tshark(*words):
        return programs.run(['tshark', *words]).stdout
    return Shown(tshark)


def differences(programs, shown, file):
    def ipmon(path):
        result = subprocess.run([programs.ipmon_path, *print_arguments(path)], stdin=subprocess.DEVNULL,
                                capture_output=True, timeout=TIMEOUT)
        return result.stdout
    return compare_file(shown, ipmon, file)


@pytest.mark.parametrize('name', MADE)
def test_link_headers_and_damage(programs, shown, name):
    link_type, packets = MADE[name]
    file = write_pcap(programs.readable(f'{name}.pcap'), packets, link_type)
    found, compared = differences(programs, shown, file)
    assert not found, '\n'.join(found[:20])
    assert compared >= 12


def test_snapshot_lengths(programs, shown):
    packets = [packet for packet in PACKETS for _ in range(48)]
    file = write_pcap(programs.readable('cut.pcap'), packets, RAW, [8 + i % 48 for i in range(len(packets))])
    found, compared = differences(programs, shown, file)
    assert not found, '\n'.join(found[:20])
    assert compared == len(packets)


def test_packet_flags_and_interface_names(programs, shown):
    wrong = DATAGRAM[:10] + b'\0\0' + DATAGRAM[12:]
    loopback = bytes(IP(src='127.0.0.1', dst='127.0.0.1') / UDP(dport=9))
    rows = [(interface, flags, packet) for interface in (0, 1, 2) for flags in (0, TO_US, FROM_US, TO_GROUP, 3 << 2, 4 << 2)
            for packet in (DATAGRAM, wrong, loopback, DATAGRAM6)]
    rows = [(interface, flags, struct.pack('>HHH8sH', 4, 1, 6, bytes(8), 0x0800) + packet if interface == 2 else packet)
            for interface, flags, packet in rows]
    file = write_pcapng(programs.readable('flags.pcapng'), rows, (RAW, RAW, SLL))
    found, compared = differences(programs, shown, file)
    assert not found, '\n'.join(found[:20])
    assert compared == len(rows)


def test_a_sample_of_the_corpus(programs, shown, tmp_path):
    files = [path for path in sorted(CORPUS.rglob('*')) if path.is_file()][::STEP] if CORPUS.is_dir() else \
        list(generated(tmp_path))
    files = [shutil.copyfile(path, programs.readable(f'{number}-{path.name}')) for number, path in enumerate(files)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda path: differences(programs, shown, path), files))
    found = [line for lines, _ in results for line in lines]
    assert not found, '\n'.join(found[:20])
    assert sum(compared for _, compared in results) >= 500
