# Socket errors of connections that lie beside each other: in tunnels and on several VLANs with the
# same addresses and ports, in copies of packets that were captured twice, and in captures that lack
# packets. Every way of reading the file gives the same answer.
# SPDX-License-Identifier: GPL-2.0-or-later
import pytest
from scapy.layers.inet import GRE, IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Dot1Q, Ether
from scapy.layers.vxlan import VXLAN

from capture_files import ETHERNET, write_pcap
from dissecting import ether
from socket_errors import HERE, THERE, errors_in, errors_in_any_order, icmp

MACS = {'src': '02:00:00:00:00:01', 'dst': '02:00:00:00:00:02'}
OUTER = {'>': {'src': '192.0.2.1', 'dst': '192.0.2.2'}, '<': {'src': '192.0.2.2', 'dst': '192.0.2.1'}}


def vxlan(vni):
    return lambda way, packet: ether(IP(**OUTER[way]) / UDP(sport=50000, dport=4789) / VXLAN(vni=vni, flags=8) /
                                     ether(packet))


def outer(*headers):
    return lambda way, packet: ether(IP(**OUTER[way]) / packet) if not headers else \
        ether(IP(**OUTER[way]) / headers[0] / packet)


# What is around the packets of a conversation.
AROUND = {
    'nothing': lambda way, packet: ether(packet),
    'VLAN 7': lambda way, packet: Ether(**MACS) / Dot1Q(vlan=7) / packet,
    'VLAN 8': lambda way, packet: Ether(**MACS) / Dot1Q(vlan=8) / packet,
    'VXLAN 1': vxlan(1),
    'VXLAN 2': vxlan(2),
    'GRE': outer(GRE()),
    'GRE, key 1': outer(GRE(key_present=1, key=1)),
    'GRE, key 2': outer(GRE(key_present=1, key=2)),
    'IP in IP': outer(),
    'IP in IPv6': lambda way, packet: ether(IPv6(src='2001:db8::1', dst='2001:db8::2') / packet),
}


def segment(way, flags, sequence, acknowledgment=0, payload=b'', **fields):
    ends, ports = ({'src': HERE, 'dst': THERE}, (3000, 80)) if way == '>' else ({'src': THERE, 'dst': HERE}, (80, 3000))
    return IP(**ends) / TCP(sport=ports[0], dport=ports[1], flags=flags, seq=sequence, ack=acknowledgment,
                            **fields) / payload


def check(programs, packets, expected, gap=0, only_in_the_end=()):
    """`only_in_the_end`: numbers of packets whose error one pass cannot find."""
    file = write_pcap(programs.readable('beside.pcap'), packets, ETHERNET, gap=gap)
    at_once = {number: name for number, name in expected.items() if number not in only_in_the_end}
    either = 'ipmon.error || ipmon.error.none'
    assert errors_in(programs, file) == errors_in(programs, file, '-Y', either) == at_once
    assert errors_in(programs, file, '-2') == errors_in(programs, file, '-2', '-Y', either) == \
        errors_in_any_order(programs, file, len(packets)) == expected


def test_the_same_ends_beside_each_other(programs):
    """Each conversation has its own numbers; a reset with another one's numbers is not believed."""
    numbers = {name: 1_000_000_000 + 400_000_000 * place for place, name in enumerate(AROUND)}
    packets, expected = [], {}
    for way, flags, sequence, acknowledgment in (('>', 'S', 0, None), ('<', 'SA', 0, 1), ('>', 'A', 1, 1)):
        for name, around in AROUND.items():
            own = numbers[name] % 2**32
            packets.append(around(way, segment(way, flags, (own + sequence) % 2**32,
                                               (own + acknowledgment) % 2**32 if acknowledgment else 0)))
    for shift in (1, 0):
        for place, (name, around) in enumerate(AROUND.items()):
            [*values] = numbers.values()
            packets.append(around('<', segment('<', 'R', (values[(place + shift) % len(values)] + 1) % 2**32)))
            expected[len(packets)] = '-' if shift else 'ECONNRESET'
    check(programs, packets, expected)


def test_icmp_errors_beside_each_other(programs):
    """An error within a tunnel, or on a VLAN, is about the connection there."""
    packets, expected = [], {}
    for place, around in enumerate(AROUND.values()):
        packets.append(around('>', segment('>', 'S', 1000 * place)))
    for shift in (1, 0):
        for place, around in enumerate(AROUND.values()):
            quoted = segment('>', 'S', 1000 * ((place + shift) % len(AROUND)))
            packets.append(around('<', icmp(3, 1, quoted)))
            expected[len(packets)] = '-' if shift else 'EHOSTUNREACH'
    check(programs, packets, expected)


BROKEN = {
    'IP in IP': lambda packet: ether(IP(src='192.0.2.2', dst='192.0.2.1', chksum=0x1234) / packet),
    'IP in IP in IP': lambda packet: ether(IP(src='192.0.2.2', dst='192.0.2.1') /
                                           IP(src='192.0.2.4', dst='192.0.2.3', chksum=0x1234) / packet),
    'GRE': lambda packet: ether(IP(src='192.0.2.2', dst='192.0.2.1', chksum=0x1234) / GRE() / packet),
    'VXLAN': lambda packet: ether(IP(src='192.0.2.2', dst='192.0.2.1') / UDP(sport=50000, dport=4789, chksum=0x1234) /
                                  VXLAN(vni=1, flags=8) / ether(packet)),
}
WHOLE = {'IP in IP': AROUND['IP in IP'], 'GRE': AROUND['GRE'], 'VXLAN': AROUND['VXLAN 1'],
         'IP in IP in IP': lambda way, packet: ether(IP(**OUTER[way]) / (
             IP(src='192.0.2.3', dst='192.0.2.4') if way == '>' else IP(src='192.0.2.4', dst='192.0.2.3')) / packet)}


@pytest.mark.parametrize('answer', [segment('<', 'RA', 0, 101), icmp(3, 1, segment('>', 'S', 100))],
                         ids=['reset', 'ICMP'])
@pytest.mark.parametrize('name', BROKEN)
def test_a_tunnels_packet_that_is_discarded(programs, name, answer):
    """What it carries reaches nobody and changes nothing, so that the next answer counts."""
    error = 'EHOSTUNREACH' if answer[IP].proto == 1 else 'ECONNREFUSED'
    whole = WHOLE[name]
    check(programs, [whole('>', segment('>', 'S', 100)), BROKEN[name](answer), whole('<', answer)],
          {2: '-', 3: error})


OPEN = [('>', 'S', 100), ('<', 'SA', 500, 101), ('>', 'A', 101, 501)]


@pytest.mark.parametrize('copies', [2, 3])
def test_packets_that_were_captured_more_than_once(programs, copies):
    """As on the interface and on the bridge that it belongs to: no second error, and no timeout."""
    unanswered = OPEN + [('>', 'PA', 101, 501, b'data')]
    syn = ether(segment('>', 'S', 100))
    for segments, errors in (
            (OPEN + [('<', 'R', 501)], {3: 'ECONNRESET'}), (OPEN[:1] + [('<', 'RA', 0, 101)], {1: 'ECONNREFUSED'}),
            (OPEN + [('<', 'FA', 501, 101), ('>', 'PA', 101, 502, b'x'), ('<', 'R', 502)], {5: 'EPIPE'}),
            (unanswered, {}), (OPEN[:1], {})):
        packets, expected = [], {}
        for place, each in enumerate(segments):
            if place in errors:
                expected |= {len(packets) + copy: '-' for copy in range(2, copies + 1)}
                expected[len(packets) + 1] = errors[place]
            packets += [ether(segment(*each))] * copies
        check(programs, packets, expected)
    check(programs, ([syn] * copies + [ether(icmp(3, 1, syn[IP]))] * copies),
          {copies + 1: 'EHOSTUNREACH'} | {copies + place: '-' for place in range(2, copies + 1)})


def test_timeouts_of_packets_that_were_captured_twice(programs):
    """Five times in two copies: the timeout is on the first copy of the last one."""
    data = [ether(segment('>', 'PA', 101, 501, b'data'))] * 2
    packets = [ether(segment(*each)) for each in OPEN] + data * 5
    check(programs, packets, {12: 'ETIMEDOUT'}, [0] * 3 + [1, 0] * 5, [12])
    check(programs, packets[:9], {}, [0] * 3 + [1, 0] * 3)


KEEPALIVE = ('>', 'A', 100, 501)
SILENCES = {
    'data': ([('>', 'PA', 101, 501, b'data')] * 4, {7: 'ETIMEDOUT'}, [7]),
    'data, two repetitions': ([('>', 'PA', 101, 501, b'data')] * 3, {}, []),
    'data, answered': ([('>', 'PA', 101, 501, b'data')] * 5 + [('<', 'A', 501, 105)], {}, []),
    'data, acknowledged': ([('>', 'PA', 101, 501, b'data')] * 3 + [('<', 'A', 501, 101)] +
                       [('>', 'PA', 101, 501, b'data')] * 2, {}, []),
    'data, then its own reset': ([('>', 'PA', 101, 501, b'data')] * 4 + [('>', 'RA', 105, 501)],
                                 {7: 'ETIMEDOUT', 8: 'ECONNRESET'}, [7]),
    'data, then a reset': ([('>', 'PA', 101, 501, b'data')] * 4 + [('<', 'R', 501)], {8: 'ECONNRESET'}, []),
    'keep-alives': ([KEEPALIVE] * 3, {6: 'ETIMEDOUT'}, [6]),
    'keep-alives with a byte': ([(*KEEPALIVE, b'\0')] * 3, {6: 'ETIMEDOUT'}, [6]),
    'keep-alives, answered': ([KEEPALIVE, ('<', 'A', 501, 101)] * 4, {}, []),
    'keep-alives, two': ([KEEPALIVE] * 2, {}, []),
    'acknowledgments': ([('>', 'A', 101, 501)] * 5, {}, []),
    'data of the other side': ([('<', 'PA', 501, 101, b'data')] * 4, {7: 'ETIMEDOUT'}, [7]),
    'a new connection': ([('>', 'PA', 101, 501, b'data')] * 4 + [('>', 'S', 7777), ('<', 'SA', 9999, 7778)],
                         {7: 'ETIMEDOUT'}, [7]),
}


@pytest.mark.parametrize('name', SILENCES)
def test_silences(programs, name):
    segments, expected, in_the_end = SILENCES[name]
    check(programs, [ether(segment(*each)) for each in OPEN + segments], expected, 1, in_the_end)


def test_data_that_times_out_in_one_pass(programs):
    """Linux gives up after 15 repetitions."""
    packets = [ether(segment(*each)) for each in OPEN + [('>', 'PA', 101, 501, b'data')] * 17]
    file = write_pcap(programs.readable('silence.pcap'), packets, ETHERNET, gap=1)
    assert errors_in(programs, file) == {19: 'ETIMEDOUT', 20: 'ETIMEDOUT'}
    assert errors_in(programs, file, '-2') == {20: 'ETIMEDOUT'}


def test_a_stretch_that_the_capture_lacks(programs):
    """It is longer than the windows, so nothing that follows fits what went before."""
    later = [('>', 'PA', 900_101, 700_501, b'data'), ('<', 'A', 700_501, 900_105), ('<', 'R', 700_501)]
    check(programs, [ether(segment(*each)) for each in OPEN + later], {6: 'ECONNRESET'})


def test_garbage_of_one_side_changes_nothing(programs):
    garbage = [('>', 'PA', 900_101 + place, 501, b'data') for place in range(4)]
    check(programs, [ether(segment(*each)) for each in OPEN + garbage + [('>', 'R', 900_105), ('>', 'R', 101)]],
          {8: '-', 9: 'ECONNRESET'})
