# The packet that failed: each socket error links to it (ipmon.error.packet), and it links back
# (ipmon.error.answered_in). Every way of reading a file gives the same numbers.
# SPDX-License-Identifier: GPL-2.0-or-later
import struct

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPerror
from scapy.layers.inet6 import (ICMPv6DestUnreach, ICMPv6EchoRequest, IPerror6, IPv6,
                                IPv6ExtHdrHopByHop)
from scapy.layers.l2 import Dot1Q, Ether
from scapy.layers.sctp import SCTP, SCTPChunkAbort, SCTPChunkInit
from scapy.layers.vxlan import VXLAN
from scapy.packet import Raw

from capture_files import ETHERNET, write_pcap
from dissecting import ether
from socket_errors import HERE, HERE6, ROUTER6, THERE, THERE6, icmp

MACS = {'src': '02:00:00:00:00:01', 'dst': '02:00:00:00:00:02'}
OUTER = {'src': '192.0.2.1', 'dst': '192.0.2.2'}
OUTER_BACK = {'src': '192.0.2.2', 'dst': '192.0.2.1'}


def udp(identification, payload=b'question', port=4000, **fields):
    return IP(src=HERE, dst=THERE, id=identification, **fields) / UDP(sport=port, dport=9) / payload


def udp6(payload=b'question', port=4000):
    return IPv6(src=HERE6, dst=THERE6) / UDP(sport=port, dport=9) / payload


def ping(number):
    return IP(src=HERE, dst=THERE, id=0) / ICMP(id=7, seq=number) / b'data'


def ping6(number):
    return IPv6(src=HERE6, dst=THERE6) / ICMPv6EchoRequest(id=7, seq=number, data=b'data')


def icmp6(quoted, length=None):
    return IPv6(src=ROUTER6, dst=HERE6) / ICMPv6DestUnreach(code=4) / IPerror6(bytes(quoted)[:length])


def tcp(way, flags, sequence, acknowledgment=0, payload=b'', port=3000, **fields):
    ends, ports = ({'src': HERE, 'dst': THERE}, (port, 80)) if way == '>' else ({'src': THERE, 'dst': HERE}, (80, port))
    return IP(**ends, **fields) / TCP(sport=ports[0], dport=ports[1], flags=flags, seq=sequence, ack=acknowledgment) / payload


def quoting(packet, length=None):
    return icmp(3, 1, packet, length)


def filled_in(packet):
    """As a router quotes it: the checksum is there that the capture lacks, and the TTL is less."""
    quoted = IP(bytes(packet))
    quoted.ttl = 3
    del quoted.chksum, quoted[UDP].chksum
    return IP(bytes(quoted))


def vxlan(packet, ends=OUTER):
    return ether(IP(**ends) / UDP(sport=50000, dport=4789) / VXLAN(vni=1, flags=8) / ether(packet))


OFFLOADED = udp(2)
OFFLOADED[UDP].chksum = 0x1234
OPEN = [tcp('>', 'S', 100), tcp('<', 'SA', 500, 101), tcp('>', 'A', 101, 501)]
DATA = [tcp('>', 'PA', 101 + 4 * place, 501, b'data', id=10 + place) for place in range(4)]
IDENTICAL = [udp(0, b'same', flags='DF') for _ in range(3)]
LONG = udp(7, bytes(range(200)) * 10)
FRAGMENTS = [IP(bytes(part)) for part in LONG.fragment(800)]

# Packets, and numbers of frames with an error to those of the packets that failed.
LINKS = {
    'IP identification': ([*map(udp, range(1, 6)), quoting(udp(3)), quoting(udp(5), 28)], {6: 3, 7: 5}),
    'checksum left to the card': ([udp(1), OFFLOADED, udp(3), quoting(filled_in(OFFLOADED), 28)], {4: 2}),
    'no identification': ([*IDENTICAL, quoting(IDENTICAL[0])], {4: 3}),
    'no identification, data': ([udp(0, b'one'), udp(0, b'two'), udp(0, b'six'), quoting(udp(0, b'two'))], {4: 2}),
    'another packet': ([udp(1, b'one'), quoting(udp(9, b'two')), quoting(udp(9, b'one')), quoting(udp(9), 28)],
                       {2: None, 3: None, 4: None}),
    'other ports': ([udp(1, port=4000), udp(1, port=4001), quoting(udp(1, port=4000))], {3: 1}),
    'the last eight': ([*map(udp, range(1, 10)), quoting(udp(1)), quoting(udp(2))], {10: None, 11: 2}),
    'used again': ([udp(1), quoting(udp(1)), udp(1), quoting(udp(1))], {2: 1, 4: 3}),
    'the other direction': ([udp(1), IP(src=THERE, dst=HERE, id=1) / UDP(sport=9, dport=4000) / b'question',
                             quoting(udp(1))], {3: 1}),
    'IPv6': ([udp6(b'one'), udp6(b'two'), udp6(b'six'), icmp6(udp6(b'two')), icmp6(udp6(b'two'), 48)], {4: 2, 5: 3}),
    'IPv6, extension header': ([IPv6(src=HERE6, dst=THERE6) / IPv6ExtHdrHopByHop() / UDP(sport=1, dport=2) / text
                                for text in (b'one', b'two')] +
                               [icmp6(IPv6(src=HERE6, dst=THERE6) / IPv6ExtHdrHopByHop() / UDP(sport=1, dport=2) / b'one')],
                               {3: 1}),
    'ping': ([ping(1), ping(2), ping(3), quoting(ping(2)), quoting(ping(3), 28)], {4: 2, 5: 3}),
    'ping6': ([ping6(1), ping6(2), ping6(3), icmp6(ping6(2))], {4: 2}),
    'fragments': ([*FRAGMENTS, quoting(FRAGMENTS[0])], {len(FRAGMENTS) + 1: 1}),
    'a later fragment': ([*FRAGMENTS, quoting(FRAGMENTS[1])], {}),
    'SYN refused': ([tcp('>', 'S', 100), tcp('<', 'RA', 0, 101)], {2: 1}),
    'SYN refused the second time': ([tcp('>', 'S', 100), tcp('>', 'S', 100), tcp('<', 'RA', 0, 101)], {3: 2}),
    'refused twice': ([tcp('>', 'S', 100), tcp('<', 'RA', 0, 101), tcp('>', 'S', 200), tcp('<', 'RA', 0, 201)],
                      {2: 1, 4: 3}),
    'a port used again': ([tcp('>', 'S', 100), quoting(tcp('>', 'S', 100)), tcp('>', 'S', 9000), quoting(tcp('>', 'S', 9000))],
                          {2: 1, 4: 3}),
    'SYN, by identification': ([tcp('>', 'S', 100, id=1), tcp('>', 'S', 100, id=2), quoting(tcp('>', 'S', 100, id=1))], {3: 1}),
    'SYN, by sequence number': ([tcp('>', 'S', 100, id=1), tcp('>', 'S', 100, id=2), quoting(tcp('>', 'S', 100, id=8), 28)],
                                {3: 2}),
    'reset': (OPEN + DATA[:2] + [tcp('<', 'A', 501, 109), tcp('<', 'R', 501)], {7: 5}),
    'reset by the client': (OPEN + [tcp('<', 'PA', 501, 101, b'x'), tcp('>', 'R', 101)], {5: 4}),
    'reset of an acknowledgment': (OPEN + [tcp('<', 'R', 501)], {4: 3}),
    'reset of a retransmission': (OPEN + [DATA[0], DATA[0], tcp('<', 'R', 501)], {6: 5}),
    'reset alone': ([tcp('<', 'R', 501)], {1: None}),
    'ICMP about data': (OPEN + DATA + [quoting(DATA[1]), quoting(DATA[3], 28)], {8: 5, 9: 7}),
    'ICMP about a part of a segment': (OPEN + [tcp('>', 'PA', 101, 501, bytes(3000), id=1),
                                               quoting(tcp('>', 'PA', 1561, 501, bytes(1460), id=2), 28)], {5: 4}),
    'ICMP about what was not captured': ([tcp('>', 'PA', 101, 501, b'data'), quoting(tcp('>', 'PA', 50101, 501, b'data'), 28)],
                                         {2: None}),
    'connecting, SYN too long ago': ([tcp('>', 'S', 100)] + [tcp('>', 'S', 100)] * 9 + [quoting(tcp('>', 'S', 100, id=77), 28)],
                                     {11: 10}),
    'SCTP': ([IP(src=HERE, dst=THERE) / SCTP(sport=1, dport=2, tag=0) / SCTPChunkInit(init_tag=5),
              IP(src=THERE, dst=HERE) / SCTP(sport=2, dport=1, tag=5) / SCTPChunkAbort()], {2: 1}),
    'cut quote': ([udp(1), quoting(udp(1), 27)], {}),
    'an error about an error': ([udp(1), quoting(quoting(udp(1)))], {2: None}),
    'a packet of an IP tunnel': ([IP(**OUTER, id=3) / udp(1), IP(**OUTER, id=4) / udp(2),
                                  IP(src='192.0.2.9', dst='192.0.2.1') / ICMP(type=3, code=1) /
                                  IPerror(bytes(IP(**OUTER, id=3) / udp(1)))], {3: 1}),
}


def numbers(rows):
    return {int(number[0]): int(value[0]) for number, value in rows if value}


def check(programs, packets, links, gap=0, in_one_pass=None):
    """links: as in LINKS."""
    file = write_pcap(programs.readable('links.pcap'), packets, ETHERNET, gap=gap)
    linked = {error: packet for error, packet in links.items() if packet}
    names = ['frame.number', 'ipmon.error.packet']
    back = {}
    for error, packet in sorted(linked.items()):
        back.setdefault(packet, error)
    rows = programs.fields(file, ['frame.number', 'ipmon.error'], '-2')
    assert {int(number[0]) for number, error in rows if error} == set(links)
    assert numbers(programs.fields(file, names, '-2')) == linked
    assert numbers(programs.fields(file, names)) == (linked if in_one_pass is None else in_one_pass)
    assert numbers(programs.fields(file, ['frame.number', 'ipmon.error.answered_in'], '-2')) == back
    assert numbers(programs.fields(file, ['frame.number', 'ipmon.error.answered_in'])) == {}
    # The packet that failed is hidden.
    assert numbers(programs.fields(file, names, '-2', '-Y', 'ipmon.error')) == linked


@pytest.mark.parametrize('name', LINKS)
def test_the_packet_that_failed(programs, name):
    packets, links = LINKS[name]
    check(programs, [ether(packet) for packet in packets], links, 1)


def on_vlan(number):
    return lambda packet: Ether(**MACS) / Dot1Q(vlan=number) / packet


def test_vlans_beside_each_other(programs):
    packets = [on_vlan(7)(udp(1)), on_vlan(8)(udp(1)), on_vlan(7)(quoting(udp(1))), on_vlan(8)(quoting(udp(1))),
               on_vlan(7)(tcp('>', 'S', 1)), on_vlan(8)(tcp('>', 'S', 1)), on_vlan(7)(quoting(tcp('>', 'S', 1))),
               ether(quoting(udp(1)))]
    check(programs, packets, {3: 1, 4: 2, 7: 5, 8: None})


def test_a_tunnel(programs):
    """An error inside is about a packet inside; one outside about the tunnel's own packet."""
    inner = udp(1)
    carrier = IP(**OUTER, id=77) / UDP(sport=50000, dport=4789) / VXLAN(vni=1, flags=8) / ether(udp(2))
    packets = [ether(inner), vxlan(inner), vxlan(quoting(inner), OUTER_BACK), ether(carrier),
               ether(IP(**OUTER_BACK) / ICMP(type=3, code=3) / IPerror(bytes(carrier))), vxlan(tcp('>', 'S', 5)),
               vxlan(tcp('<', 'RA', 0, 6), OUTER_BACK)]
    check(programs, packets, {3: 2, 5: 4, 7: 6})


def test_the_link_back_is_in_the_header_that_failed(programs):
    carrier = IP(**OUTER, id=77) / UDP(sport=50000, dport=4789) / VXLAN(vni=1, flags=8) / ether(udp(2))
    packets = [ether(carrier), vxlan(quoting(udp(2)), OUTER_BACK)]
    file = write_pcap(programs.readable('layers.pcap'), packets, ETHERNET)
    text = programs.tshark('-n', '-2', '-r', file, '-O', 'ipmon', '-Y', 'frame.number == 1').stdout.decode()
    outer, inner = text.split('IP Monitor: ')[1:]
    assert '[Error in: 2]' in inner and '[Error in' not in outer


# Unanswered segments: the error is on the last one, and the packet that failed is the first one.
TIMEOUTS = {
    'SYN': ([tcp('>', 'S', 100)] * 4, {4: 1}),
    'SYN, twice': ([tcp('>', 'S', 100)] * 3 + [tcp('>', 'S', 700)] * 3, {3: 1, 6: 4}),
    'data': (OPEN + DATA[:3] + [DATA[0]] * 3, {9: 4}),
    'data, answered before': (OPEN + DATA[:2] + [tcp('<', 'A', 501, 105)] + [DATA[1]] * 3, {9: 5}),
}


@pytest.mark.parametrize('name', TIMEOUTS)
def test_timeouts(programs, name):
    packets, links = TIMEOUTS[name]
    check(programs, [ether(packet) for packet in packets], links, 1, {})


def test_a_read_filter_numbers_the_frames_anew(programs):
    """With -R frames that it drops have no number, so that nothing links to them."""
    packets = [ether(packet) for packet in
               [udp(1), udp(2), quoting(udp(2)), tcp('>', 'S', 100), tcp('<', 'RA', 0, 101), udp(3), quoting(udp(3))]]
    file = write_pcap(programs.readable('dropped.pcap'), packets, ETHERNET)
    names = ['frame.number', 'ipmon.error.packet']
    assert programs.fields(file, names, '-2', '-R', 'ipmon.error') == [[['1'], []], [['2'], []], [['3'], []]]
    kept = 'ipmon.error || udp.srcport == 4000 && ip.id == 3 || tcp'
    assert programs.fields(file, names, '-2', '-R', kept) == [
        [['1'], []], [['2'], []], [['3'], ['2']], [['4'], []], [['5'], ['4']]]


def test_numbers_stay_right_among_many_packets(programs):
    """More packets than are kept: the older ones are forgotten, the newer ones found."""
    kept = 1 << 19
    sent = udp(0, b'x' * 4)
    sent[UDP].chksum = 0  # none, so that it stays right
    frame = bytes(ether(sent))
    ports = len(frame) - 12

    def numbered(number):
        return frame[:ports] + struct.pack('>HH', 1024 + number % 60000, 9 + number // 60000) + frame[ports + 4:]

    def about(number):
        return bytes(ether(quoting(IP(numbered(number)[14:]))))

    last = kept + 2000
    records = [numbered(number) for number in range(last)] + [about(0), about(1900), about(2100), about(last - 1)]
    file = write_pcap(programs.readable('many.pcap'), [Raw(record) for record in records], ETHERNET)
    rows = programs.fields(file, ['frame.number', 'ipmon.error.packet'], '-Y', 'ipmon.error')
    assert [row[1] for row in rows] == [[], [], ['2101'], [str(last)]]
