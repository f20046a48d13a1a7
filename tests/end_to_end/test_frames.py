# What a frame shows beside its IP headers: who sent it, whether it is a loopback's, which version of
# IP comes next, and how long the packet really is.
# SPDX-License-Identifier: GPL-2.0-or-later
import json
import struct

import pytest
from scapy.contrib.geneve import GENEVE
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.layers.vxlan import VXLAN
from scapy.packet import Raw

from capture_files import ETHERNET, RAW, write_pcap, write_pcapng
from dissecting import QUOTE, V4, V6, ethernet, expert_summary, partial_sum

# LINKTYPE_ values, https://www.tcpdump.org/linktypes.html
NULL, PPP, LOOP, COOKED, PFLOG, COOKED2, IPNET, NFLOG, PKTAP = 0, 9, 108, 113, 117, 276, 226, 239, 258
C_HDLC, JUNIPER_ETHER, JUNIPER_PPP, JUNIPER_C_HDLC, PPP_WITH_DIRECTION = 104, 178, 179, 181, 204

IN, OUT, NO_FLAGS = 1, 2, 0  # epb_flags
# What an unreachable host without a header checksum raises, by its direction.
UNREACHABLE = IP(**V4, chksum=0) / ICMP(type=3, code=1) / QUOTE
BAD, GOOD, UNVERIFIED, OFFLOADED = '0', '1', '2', '3'
RAISED = {
    'received': (BAD, ['ipintr-badsum', 'icmp_error-start']),
    'sent': (OFFLOADED, ['icmp_error-start', 'ether_output-noroute']),
    'unknown': (OFFLOADED, ['icmp_error-start']),
}


def cooked(packet_type, hardware=1, protocol=0x0800, address=b'\2\0\0\0\0\1'):
    return struct.pack('>HHH', packet_type, hardware, 6) + address + struct.pack('>HH', 0, protocol)


def cooked2(packet_type, hardware=1, protocol=0x0800):
    return struct.pack('>HHIHBB', protocol, 0, 7, hardware, packet_type, 6) + b'\2\0\0\0\0\1\0\0'


def pflog(direction):
    """Of OpenBSD since 3.8: user and process numbers before the direction."""
    return bytes([61, 2, 0, 0]) + b'em0'.ljust(16, b'\0') + bytes(16 + 24) + bytes([direction, 0, 0, 0])


def old_pflog(direction):
    return bytes([45, 2, 0, 0]) + b'em0'.ljust(16, b'\0') + bytes(16 + 8) + bytes([direction, 0, 0, 0])


def attribute(kind, value):
    return struct.pack('<HH', 4 + len(value), kind) + value + bytes(-len(value) % 4)


def nflog(*attributes):
    """A packet of IPv4 follows."""
    return b'\2\0\0\0' + b''.join(attributes) + struct.pack('<HH', 4 + len(UNREACHABLE), 9)


def hook(number):
    return attribute(1, bytes([8, 0, number, 0]))


def pktap(flags, link_type=12):
    """In front of raw IP, which is 12 on BSD."""
    return struct.pack('<III24sII', 108, 1, link_type, b'en0', flags, 2) + bytes(108 - 44)


def ipnet(hook_number):
    return bytes([1, 2]) + struct.pack('>HIIIII', hook_number, len(UNREACHABLE), 1, 1, 0, 0)


FRAME = b'\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\x00'
# Link headers as (link type, header, epb_flags, the direction they have).
DIRECTIONS = {
    'Ethernet': (ETHERNET, FRAME, NO_FLAGS, 'unknown'),
    'flags, received': (ETHERNET, FRAME, IN, 'received'),
    'flags, sent': (ETHERNET, FRAME, OUT, 'sent'),
    'flags, both': (ETHERNET, FRAME, IN | OUT, 'unknown'),
    'cooked, to others': (COOKED, cooked(3), NO_FLAGS, 'received'),
    'cooked, sent': (COOKED, cooked(4), NO_FLAGS, 'sent'),
    'cooked, unknown': (COOKED, cooked(5), NO_FLAGS, 'unknown'),
    'cooked, sent twice over': (COOKED, cooked(4), OUT, 'sent'),
    'cooked, sent against flags': (COOKED, cooked(4), IN, 'unknown'),
    'cooked, received against flags': (COOKED, cooked(3), OUT, 'unknown'),
    'cooked 2, to others': (COOKED2, cooked2(3), NO_FLAGS, 'received'),
    'cooked 2, sent': (COOKED2, cooked2(4), NO_FLAGS, 'sent'),
    'cooked 2, unknown': (COOKED2, cooked2(5), NO_FLAGS, 'unknown'),
    'cooked 2, sent against flags': (COOKED2, cooked2(4), IN, 'unknown'),
    'cooked 2, received against flags': (COOKED2, cooked2(3), OUT, 'unknown'),
    'PFLOG, in': (PFLOG, pflog(1), NO_FLAGS, 'received'),
    'PFLOG, out': (PFLOG, pflog(2), NO_FLAGS, 'sent'),
    'PFLOG, both': (PFLOG, pflog(0), NO_FLAGS, 'unknown'),
    'PFLOG before 3.8, in': (PFLOG, old_pflog(1), NO_FLAGS, 'received'),
    'PFLOG before 3.8, out': (PFLOG, old_pflog(2), NO_FLAGS, 'sent'),
    'NFLOG, prerouting': (NFLOG, nflog(hook(0)), NO_FLAGS, 'received'),
    'NFLOG, input': (NFLOG, nflog(attribute(10, b'name\0'), hook(1)), NO_FLAGS, 'received'),
    'NFLOG, forward': (NFLOG, nflog(hook(2)), NO_FLAGS, 'received'),
    'NFLOG, output': (NFLOG, nflog(hook(3)), NO_FLAGS, 'sent'),
    'NFLOG, postrouting': (NFLOG, nflog(hook(4)), NO_FLAGS, 'unknown'),
    'NFLOG without a hook': (NFLOG, nflog(attribute(10, b'name\0')), NO_FLAGS, 'unknown'),
    'NFLOG with half a hook': (NFLOG, nflog(attribute(1, b'\x08\0')), NO_FLAGS, 'unknown'),
    'pktap, in': (PKTAP, pktap(1), NO_FLAGS, 'received'),
    'pktap, out': (PKTAP, pktap(2), NO_FLAGS, 'sent'),
    'pktap, Ethernet, in': (PKTAP, pktap(1, 1) + FRAME, NO_FLAGS, 'received'),
    'pktap, neither': (PKTAP, pktap(0), NO_FLAGS, 'unknown'),
    'pktap, both': (PKTAP, pktap(3), NO_FLAGS, 'unknown'),
    'Juniper, in': (JUNIPER_ETHER, b'MGC\1' + FRAME, NO_FLAGS, 'received'),
    'Juniper, out': (JUNIPER_ETHER, b'MGC\0' + FRAME, NO_FLAGS, 'sent'),
    'Juniper PPP, in': (JUNIPER_PPP, b'MGC\1\xff\3\0\x21', NO_FLAGS, 'received'),
    'Juniper HDLC, out': (JUNIPER_C_HDLC, b'MGC\0\x0f\0\x08\0', NO_FLAGS, 'sent'),
    'ipnet, in': (IPNET, ipnet(0), NO_FLAGS, 'received'),
    'ipnet, out': (IPNET, ipnet(1), NO_FLAGS, 'sent'),
    'ipnet, unknown': (IPNET, ipnet(2), NO_FLAGS, 'unknown'),
    'PPP, in': (PPP_WITH_DIRECTION, b'\0\xff\3\0\x21', NO_FLAGS, 'received'),
    'PPP, out': (PPP_WITH_DIRECTION, b'\1\xff\3\0\x21', NO_FLAGS, 'sent'),
    'PPP without': (PPP, b'\xff\3\0\x21', NO_FLAGS, 'unknown'),
}


def write_links(path, frames):
    """Frames as (link type, flags, frame), each of an interface of its own. None is lo."""
    link_types = [link_type for link_type, *_ in frames]
    return write_pcapng(path, [(number + (number > 0), *frame) for number, (_, *frame) in enumerate(frames)],
                        [link_types[0], RAW, *link_types[1:]])


@pytest.mark.parametrize('arguments', [[], ['-2']], ids=['one pass', 'two passes'])
def test_direction(programs, arguments):
    frames = [(link_type, flags, header + bytes(UNREACHABLE)) for link_type, header, flags, _ in DIRECTIONS.values()]
    file = write_links(programs.readable('directions.pcapng'), frames)
    rows = programs.fields(file, ['ipmon.checksum.status', 'ipmon.event'], *arguments)
    found = {name: (*status, events) for name, (status, events) in zip(DIRECTIONS, rows, strict=True)}
    assert found == {name: RAISED[direction] for name, (*_, direction) in DIRECTIONS.items()}


def test_a_link_header_cut_short(programs):
    frames = [(link_type, flags, (header + bytes(UNREACHABLE))[:length])
              for link_type, header, flags, _ in DIRECTIONS.values() for length in range(1, len(header) + 20)]
    file = write_links(programs.readable('short.pcapng'), frames)
    rows = programs.fields(file, ['ipmon.checksum.status', 'ipmon.event'])
    assert len(rows) == len(frames)
    assert {status for row, _ in rows for status in row} <= {UNVERIFIED}
    events = {(link_type, event) for (link_type, *_), (_, row) in zip(frames, rows) for event in row}
    # Wireshark reads the header of ipnet itself as IP when the packet is shorter than its length field.
    assert {event for link_type, event in events if link_type != IPNET} == {'ipintr-shortmsg'}
    text = programs.tshark('-n', '-r', file, '-V')
    assert text.returncode == 0 and b'Dissector bug' not in text.stdout


@pytest.mark.parametrize('make,link_type', [(cooked, COOKED), (cooked2, COOKED2)])
def test_cooked_captures_have_the_reception_type(annotate, make, link_type):
    packets = [make(kind) + bytes(IP(**V4) / ICMP(type=3, code=1) / QUOTE) for kind in range(5)]
    assert [row for [row] in annotate(packets, ['event'], link_type)] == [
        ['icmp_error-start', 'ip_output-badaddr'],
        ['ip_forward-badaddr', 'icmp_error-start'], ['ip_forward-badaddr', 'icmp_error-start'],
        ['icmp_error-start'], ['icmp_error-start', 'ether_output-noroute']]


@pytest.mark.parametrize('link_type,header', [
    (NULL, b'\2\0\0\0'), (LOOP, b'\0\0\0\2'), (PKTAP, pktap(1, NULL) + b'\2\0\0\0'), (PKTAP, pktap(1, LOOP) + b'\0\0\0\2')])
@pytest.mark.parametrize('flags', [IN, OUT, NO_FLAGS])
def test_loopbacks_that_never_fill_in_header_checksums(programs, link_type, header, flags):
    packets = [header + bytes(IP(**V4, chksum=sum_) / UDP() / b'x') for sum_ in (0, 1)]
    file = write_pcapng(programs.readable('null.pcapng'), [(0, flags, packet) for packet in packets], [link_type])
    assert programs.fields(file, ['ipmon.checksum.status', 'ipmon.event']) == [
        [[OFFLOADED], []], [[BAD], ['ipintr-badsum']]]


def test_a_header_checksum_is_only_due_of_the_outermost_header(programs):
    inner = IP(src='10.8.0.1', dst='10.8.0.2', chksum=0) / UDP() / b'x'
    file = write_pcapng(programs.readable('inner.pcapng'), [(0, IN, ethernet(IP(**V4, chksum=0) / inner))], [ETHERNET])
    assert programs.fields(file, ['ipmon.checksum.status', 'ipmon.event']) == [
        [[BAD, OFFLOADED], ['ipintr-badsum']]]


def test_a_header_checksum_of_zero_that_is_right(programs):
    packet = IP(**V4, id=0) / UDP() / b'x'
    packet.id = IP(bytes(packet)).chksum  # which makes the sum that of all ones
    assert IP(bytes(packet)).chksum == 0
    file = write_pcapng(programs.readable('zero.pcapng'), [(0, flags, ethernet(packet)) for flags in range(3)],
                        [ETHERNET])
    assert programs.fields(file, ['ipmon.checksum.status', 'ipmon.event']) == [[[GOOD], []]] * 3


IN4, IN6 = IP(src='10.8.0.1', dst='10.8.0.2') / UDP() / b'x', IPv6(src='2001:db8:8::1', dst='2001:db8:8::2') / UDP() / b'x'
OUTER4, OUTER6 = IP(src='10.9.0.9', dst='10.9.0.8'), IPv6(src='2001:db8::9', dst='2001:db8::8')
MACS = bytes(12)
# What announces a version, as (link type, the packet without what it carries, the version, its layer).
ANNOUNCING = {
    'Ethertype 4': (ETHERNET, MACS + b'\x08\x00', 4, 0),
    'Ethertype 6': (ETHERNET, MACS + b'\x86\xdd', 6, 0),
    'VLAN 4': (ETHERNET, MACS + b'\x81\x00\0\7\x08\x00', 4, 0),
    'VLAN 6': (ETHERNET, MACS + b'\x81\x00\0\7\x86\xdd', 6, 0),
    'SNAP 4': (ETHERNET, lambda raw: MACS + struct.pack('>H', 8 + len(raw)) + b'\xaa\xaa\3\0\0\0\x08\0', 4, 0),
    'PPP 4': (PPP, b'\xff\3\0\x21', 4, 0),
    'PPP 6': (PPP, b'\xff\3\0\x57', 6, 0),
    'HDLC 4': (C_HDLC, b'\x0f\0\x08\0', 4, 0),
    'HDLC 6': (C_HDLC, b'\x0f\0\x86\xdd', 6, 0),
    'NULL 4': (NULL, b'\2\0\0\0', 4, 0),
    'NULL 6 of FreeBSD': (NULL, b'\x1c\0\0\0', 6, 0),
    'NULL 6 of macOS': (NULL, b'\x1e\0\0\0', 6, 0),
    'LOOP 4': (LOOP, b'\0\0\0\2', 4, 0),
    'cooked 4': (COOKED, cooked(3), 4, 0),
    'cooked 6': (COOKED, cooked(3, protocol=0x86DD), 6, 0),
    'cooked 2 4': (COOKED2, cooked2(3), 4, 0),
}


def around(outer, protocol, header=b''):
    """The headers of a tunnel around so many bytes."""
    def make(raw):
        packet = outer.copy()
        setattr(packet, 'proto' if packet.version == 4 else 'nh', protocol)
        return ethernet(packet / Raw(header + raw))[:-len(raw)]
    return make


def geneve(protocol):
    def make(raw):
        datagram = UDP(sport=50000, dport=6081, chksum=0) / Raw(struct.pack('>BBHI', 0, 0, protocol, 0) + raw)
        return ethernet(OUTER4 / datagram)[:-len(raw)]
    return make


ANNOUNCING |= {
    'IPv4 in IPv4': (ETHERNET, around(OUTER4, 4), 4, 1), 'IPv6 in IPv4': (ETHERNET, around(OUTER4, 41), 6, 1),
    'IPv4 in IPv6': (ETHERNET, around(OUTER6, 4), 4, 1), 'IPv6 in IPv6': (ETHERNET, around(OUTER6, 41), 6, 1),
    'GRE 4': (ETHERNET, around(OUTER4, 47, b'\0\0\x08\0'), 4, 1),
    'GRE 6': (ETHERNET, around(OUTER4, 47, b'\0\0\x86\xdd'), 6, 1),
    'GRE over IPv6 4': (ETHERNET, around(OUTER6, 47, b'\0\0\x08\0'), 4, 1),
    'Geneve 4': (ETHERNET, geneve(0x0800), 4, 1), 'Geneve 6': (ETHERNET, geneve(0x86dd), 6, 1),
}
# The protocol in an IPv6 extension header announces as that of the fixed header does.
BEHIND_EXTENSIONS = {
    f'{name} of IPv6, IPv{version}': (ETHERNET, around(OUTER6, next_header, bytes([protocol]) + rest), version, 1)
    for name, next_header, rest in (('hop-by-hop options', 0, b'\0\x05\x02\0\0\x01\0'),
                                    ('destination options', 60, b'\0\x04\x01\x04\x01\x01\0'),
                                    ('routing header', 43, b'\0\xfd\0\0\0\0\0'))
    for version, protocol in ((4, 4), (6, 41))}
ANNOUNCING |= BEHIND_EXTENSIONS


OVER_IPV6 = {'IPv4 in IPv6', 'IPv6 in IPv6', 'GRE over IPv6 4', *BEHIND_EXTENSIONS}


def announced(name, carried):
    """A frame of write_links."""
    link_type, header, *_ = ANNOUNCING[name]
    raw = bytes(carried)
    return link_type, NO_FLAGS, (header(raw) if callable(header) else header) + raw


RECORD = ['ipmon.layer', 'ipmon.version', 'ipmon.src.text', 'ipmon.dst.text', 'ipmon.ttl', 'ipmon.header_length', 'ipmon.event']


def records(programs, file, *arguments):
    """By what announces them: a list of values for each column of RECORD."""
    return dict(zip(ANNOUNCING, programs.fields(file, RECORD, *arguments), strict=True))


def length_of(name, header):
    return '48' if name in BEHIND_EXTENSIONS and header is OUTER6 else {4: '20', 6: '40'}[header.version]


def outer_of(name):
    """The header of the tunnel, or none."""
    return [] if ANNOUNCING[name][3] == 0 else [OUTER6] if name in OVER_IPV6 else [OUTER4]


def test_headers_of_another_version_than_announced(programs):
    """One record reports it, at its layer, and nothing of what follows is read as a header."""
    file = write_links(programs.readable('versions.pcapng'),
                       [announced(name, IN6 if ANNOUNCING[name][2] == 4 else IN4) for name in ANNOUNCING])
    expected = {}
    for name, (_, _, version, layer) in ANNOUNCING.items():
        outer = outer_of(name)
        expected[name] = [[str(n) for n in range(layer + 1)], [str(each.version) for each in outer] + [str(10 - version)],
                          [each.src for each in outer], [each.dst for each in outer], ['64'] * layer,
                          [length_of(name, each) for each in outer], ['ipintr-badvers']]
    assert records(programs, file) == records(programs, file, '-2') == expected
    rows = dict(zip(ANNOUNCING, programs.fields(file, ['ipmon.missing']), strict=True))
    assert {name for name, [missing] in rows.items() if len(missing) != 1} == set()
    found = expert_summary(programs, file)
    assert found == {'ipintr-badvers': len(ANNOUNCING)} == expert_summary(programs, file, '-2') == \
        expert_summary(programs, file, '-Y', 'frame')


def test_headers_of_the_version_announced(programs):
    file = write_links(programs.readable('versions.pcapng'),
                       [announced(name, IN4 if ANNOUNCING[name][2] == 4 else IN6) for name in ANNOUNCING])
    expected = {}
    for name, (_, _, version, layer) in ANNOUNCING.items():
        headers = outer_of(name) + [IN4 if version == 4 else IN6]
        expected[name] = [[str(n) for n in range(layer + 1)], [str(each.version) for each in headers],
                          [each.src for each in headers], [each.dst for each in headers], ['64'] * (layer + 1),
                          [length_of(name, each) for each in headers], []]
    assert records(programs, file) == expected


@pytest.mark.parametrize('packet', [IN4, IN6], ids=['4', '6'])
def test_a_raw_link_announces_no_version(annotate, packet):
    assert annotate([packet], ['layer', 'version', 'event']) == [[['0'], [str(packet.version)], []]]


def test_a_refused_header_in_json(programs):
    *_, raw = announced('IPv4 in IPv4', IN6)
    file = write_pcap(programs.readable('version.pcap'), [raw], ETHERNET)
    text = programs.tshark('-n', '-r', file, '-T', 'json', '-J', 'ipmon', '--no-duplicate-keys').stdout
    outer, inner = json.loads(text)[0]['_source']['layers']['ipmon']
    assert outer['ipmon.header']['ipmon.src'] == OUTER4.src and 'ipmon.event' not in str(outer)
    assert 'ipintr-badvers' in str(inner) and 'ipmon.src' not in str(inner) and 'ipmon.ttl' not in str(inner)


REAL = {'src': '02:00:00:00:00:01', 'dst': '02:00:00:00:00:02'}
ZERO = {'src': '00:00:00:00:00:00', 'dst': '00:00:00:00:00:00'}
TO_ITSELF = IP(src='127.0.0.1', dst='127.0.0.1') / UDP() / b'x'


def in_geneve(outer, inner):
    return Ether(**outer, type=0x0800) / IP(src='10.9.0.1', dst='10.9.0.2') / UDP(sport=49152, dport=6081) / \
        GENEVE(proto=0x6558) / Ether(**inner, type=0x0800) / TO_ITSELF


def in_vxlan(outer, inner):
    return Ether(**outer, type=0x0800) / IP(src='10.9.0.1', dst='10.9.0.2') / UDP(sport=49152, dport=4789) / \
        VXLAN(vni=7) / Ether(**inner, type=0x0800) / TO_ITSELF


@pytest.mark.parametrize('tunnel', [in_geneve, in_vxlan])
def test_a_loopback_is_that_of_the_outermost_frame(annotate, tunnel):
    on_wire = ['ip_forward-badaddr', 'ipintr-land']
    packets = [tunnel(outer, inner) for outer in (ZERO, REAL) for inner in (ZERO, REAL)]
    assert annotate(packets, ['event'], ETHERNET) == [[[]], [[]], [on_wire], [on_wire]]


@pytest.mark.parametrize('make,link_type', [(cooked, COOKED), (cooked2, COOKED2)])
def test_a_loopback_in_a_cooked_capture(annotate, make, link_type):
    """By its hardware type; addresses of zeros are those of tunnels, too."""
    packets = [make(3, hardware) + bytes(TO_ITSELF) for hardware in (772, 1, 65534)]
    on_wire = [['ip_forward-badaddr', 'ipintr-land']]
    assert annotate(packets, ['event'], link_type) == [[[]], on_wire, on_wire]


def test_a_cooked_capture_with_an_address_of_zeros(annotate):
    packet = cooked(3, address=bytes(6)) + bytes(TO_ITSELF)
    assert annotate([packet], ['event'], COOKED) == [[['ip_forward-badaddr', 'ipintr-land']]]


FABRIC_PATH = b'\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x89\x03\0\x01' + b'\x02\0\0\0\0\x04\x02\0\0\0\0\x03\x81\0\0\7\x08\x00'


def test_what_a_dissector_takes_for_a_check_sequence(annotate):
    """FabricPath: Wireshark cuts four bytes off that are the packet's."""
    packet = FABRIC_PATH + bytes(IP(**V4) / UDP() / Raw(b'the whole of a packet, to its very last byte'))
    assert annotate([packet, packet[:-1], packet[:-4], packet[:-8]], ['event'], ETHERNET) == [
        [[]], [['ipintr-badmblk']], [['ipintr-badmblk']], [['ipintr-badmblk']]]


TRAILED = {
    'Ethernet': (ETHERNET, FRAME, FRAME[:12] + b'\x86\xdd'),
    'VLAN': (ETHERNET, FRAME[:12] + b'\x81\0\0\x07\x08\0', FRAME[:12] + b'\x81\0\0\x07\x86\xdd'),
    'raw': (RAW, b'', b''),
    'cooked': (COOKED, cooked(3), cooked(3, protocol=0x86DD)),
}


@pytest.mark.parametrize('link', TRAILED)
@pytest.mark.parametrize('more,events', [(60, []), (61, ['ipintr-trailer']), (1000, ['ipintr-trailer'])])
def test_what_follows_a_datagram(annotate, link, more, events):
    link_type, ipv4, ipv6 = TRAILED[link]
    packets = [ipv4 + bytes(IP(**V4) / UDP()) + bytes(more), ipv6 + bytes(IPv6(**V6) / UDP()) + bytes(more)]
    assert annotate(packets, ['event'], link_type) == [[events]] * 2


def partly_segmented(more, claimed):
    """A VXLAN whose outer headers are those of one segment, and the inner ones those of all."""
    ends = {'src': '10.8.0.1', 'dst': '10.8.0.2'}
    sum_ = partial_sum(6, 120 + claimed, **ends)
    inner = IP(**ends, len=140 + claimed) / TCP(chksum=sum_, flags='A') / Raw(bytes(100 + more))
    length = 8 + 8 + 14 + 140
    return bytes(IP(**V4, len=20 + length) / UDP(sport=49152, dport=4789, len=length, chksum=0) / VXLAN(vni=7) /
                 Ether(**REAL, type=0x0800) / inner)


@pytest.mark.parametrize('link_type,header', [(ETHERNET, FRAME), (COOKED, cooked(3))], ids=['Ethernet', 'cooked'])
def test_a_card_that_was_to_segment_a_tunnel(annotate, link_type, header):
    """What the inner header claims is there, behind the end of the outer datagram."""
    packets = [header + partly_segmented(*lengths) for lengths in ((1000, 1000), (1000, 1001), (0, 0), (0, 1))]
    rows = annotate(packets, ['payload_length', 'event'], link_type)
    assert [payload for payload, _ in rows] == [['170', '1120']] + [['170', '120']] * 3
    assert [events for _, events in rows] == [
        ['ipintr-trailer'], ['ipintr-trailer', 'ipintr-badmblk'], [], ['ipintr-badmblk']]
