# Network events in tshark: fields, expert items, statistics, title and preferences.
# SPDX-License-Identifier: GPL-2.0-or-later
import re
import struct
from collections import Counter

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import (ICMPv6EchoRequest, ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6PacketTooBig,
                                ICMPv6ParamProblem, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment,
                                IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, in6_chksum)
from scapy.packet import Raw

from capture_files import ETHERNET, FROM_US, TO_GROUP, TO_US, write_pcap, write_pcapng
from dissecting import QUOTE, QUOTE6, V4, V6, ether, ethernet, expert_summary, shown


def extended(*headers):
    """An IPv6 packet with extension headers given as (type, bytes behind the next header), then UDP."""
    types = [type_ for type_, _ in headers] + [17]
    chain = b''.join(bytes([following]) + rest for (_, rest), following in zip(headers, types[1:]))
    datagram = b'\0\1\0\2\0\x0a\0\0ok'
    sum_ = struct.pack('>H', in6_chksum(17, IPv6(**V6), datagram))
    return IPv6(**V6, nh=types[0]) / Raw(chain) / Raw(datagram[:6] + sum_ + datagram[8:] + bytes(6))


# A packet, and the events it raises from the outermost header inwards.
EVENTS = [
    (IP(**V4) / ICMP(type=4) / QUOTE, ['icmp_error-start']),
    (IP(**V4) / ICMP(type=11) / QUOTE, ['icmp_error-start']),
    (IPv6(**V6) / ICMPv6ParamProblem() / QUOTE6, ['icmp_error-start']),
    (IP(**V4, proto=2) / Raw(b'\x11\x64\xee'), ['igmp_input-shortmsg']),
    (IP(**V4, proto=2) / Raw(b'\x11\x64\x00\x00\x00\x00\x00\x00'), ['igmp_input-badsum']),
    (IP(**V4, proto=1) / Raw(b'\x08\x00\xf7'), ['icmp_input-shortmsg']),
    (IP(**V4) / ICMP(chksum=1), ['icmp_input-badsum']),
    (IPv6(**V6) / ICMPv6EchoRequest(cksum=1), ['icmp_input-badsum']),
    (IP(**V4) / ICMP(type=3, code=1) / Raw(bytes(QUOTE)[:20]), ['icmp_error-start', 'icmp_input-badlen']),
    (IP(**V4, version=5) / UDP(), ['ipintr-badvers']),
    (IP(**V4, ihl=4) / UDP(), ['ipintr-badhlen']),
    (IP(**V4, chksum=1) / UDP(), ['ipintr-badsum']),
    (IP(**V4, len=19) / UDP(), ['ipintr-badlen']),
    (IP(**V4, len=200) / UDP(), ['ipintr-badmblk']),
    (IPv6(**V6, plen=200) / UDP(), ['ipintr-badmblk']),
    (IP(**V4, options=[b'\x07\x03\x03\x00']) / UDP(), ['ip_dooptions-badopt']),
    (IP(src='10.9.0.1', dst='127.0.0.1') / UDP(), ['ip_forward-badaddr']),
    (IP(src='10.9.0.1', dst='224.0.0.5') / TCP(), ['ip_output-badaddrtype']),
    (IP(**V4) / ICMP(type=3, code=4, nexthopmtu=1400) / QUOTE, ['icmp_error-start', 'ip_output-badsize']),
    (IPv6(**V6) / ICMPv6PacketTooBig(mtu=1000) / QUOTE6,
     ['icmp_error-start', 'ip_output-badsize', 'ip_output-shortmsg']),
    (IP(**V4) / ICMP(type=5, gw='127.0.0.1') / QUOTE, ['icmp_error-start', 'rtredirect-error']),
    (IP(**V4) / TCP(chksum=1), ['tcp_input-badsum']),
    (IP(**V4) / TCP(dataofs=4), ['tcp_input-badhlen']),
    (IPv6(**V6) / TCP(dataofs=4), ['tcp_input-badhlen']),
    (IP(**V4) / UDP(len=7), ['udp_input-badlen']),
    (IP(**V4) / UDP(chksum=1), ['udp_input-badsum']),
    (IP(**V4, proto=6) / Raw(bytes(19)), ['tcp_input-shortmsg']),
    (IP(**V4) / TCP(flags='SF'), ['tcp_input-badflags']),
    (IP(**V4, chksum=1) / TCP(flags='SF', chksum=1), ['ipintr-badsum', 'tcp_input-badflags']),
    (IP(**V4, chksum=1, ttl=0) / ICMP(type=7, chksum=1), ['ipintr-badsum', 'icmp_input-badtype']),
    (IP(**V4, chksum=0, ttl=0) / UDP(), ['ipintr-badttl']),
    (IPv6(**V6) / UDP(chksum=0), ['udp_input-badsum']),
    (IPv6(**V6) / IPv6ExtHdrFragment(m=1) / UDP(chksum=0) / Raw(bytes(8)), ['udp_input-badsum']),
    (IPv6(**V6) / IPv6ExtHdrRouting(type=0, addresses=['2001:db8::9'], segleft=1) / UDP(), ['ip6_input-rh0']),
    (IPv6(**V6) / IPv6ExtHdrRouting(type=0, addresses=['2001:db8::9'], segleft=1) / UDP(chksum=1),
     ['ip6_input-rh0', 'udp_input-badsum']),
    (IP(**V4) / TCP(options=[(29, b'\x01')]), ['tcp_input-badopt']),
    (IP(**V4) / ICMP(type=7), ['icmp_input-badtype']),
    (IP(**V4) / ICMP(type=8, code=3), ['icmp_input-badcode']),
    (IP(src='224.0.0.1', dst='10.9.0.2') / UDP(), ['ipintr-badsrc']),
    (IP(src='10.9.0.2', dst='10.9.0.2') / UDP(), ['ipintr-land']),
    (IP(**V4, ttl=0) / UDP(), ['ipintr-badttl']),
    (IP(**V4, flags='evil') / UDP(), ['ipintr-badflag']),
    (IP(**V4, proto=200) / b'x', ['ipintr-badproto']),
    (IP(**V4, frag=8189, proto=253) / Raw(bytes(40)), ['ip_reass-toobig']),
    (IP(**V4, flags='MF', proto=253) / Raw(bytes(13)), ['ip_reass-badlen']),
    (IP(**V4, flags='MF', proto=6) / Raw(bytes(16)), ['ip_reass-tinyfrag']),
    (IP(**V4, frag=1, proto=6) / Raw(bytes(16)), ['ip_reass-overlap']),
    (IP(**V4, flags='MF+DF', proto=253) / Raw(bytes(16)), ['ip_reass-df']),
    (IPv6(**V6) / IPv6ExtHdrRouting(type=0, addresses=['2001:db8::9'], segleft=0) / UDP(), ['ip6_input-rh0']),
    (IPv6(**V6, nh=59) / b'data', ['ip6_input-nonextdata']),
    (IPv6(**V6) / IPv6ExtHdrFragment() / UDP(), ['ip6_input-uselessfrag']),
    (IPv6(**V6) / IPv6ExtHdrDestOpt() / IPv6ExtHdrHopByHop() / UDP(),
     ['ip6_input-onlypad', 'ip_dooptions-badopt']),
    (Raw(bytes(IP(**V4))[:19]), ['ipintr-shortmsg']),
    (IPv6(**V6, hlim=64) / ICMPv6ND_NS(tgt='2001:db8::2'), ['icmp_input-badhlim']),
    (IP(**V4) / ICMP(type=3, code=1) / Raw(b'\x60' + bytes(27)), ['icmp_error-start', 'icmp_input-badquote']),
    (IP(**V4) / ICMP(type=3, code=4, nexthopmtu=60) / QUOTE,
     ['icmp_error-start', 'ip_output-badsize', 'ip_output-badmtu']),
    (IP(**V4) / TCP(options=[(3, b'\x01\x02')]), ['tcp_input-badopt']),
    (IP(**V4) / TCP(options=[('MSS', 1460), ('MSS', 1460)]), ['tcp_input-dupopt']),
    (IP(**V4, options=[b'\x1f\x04\x00\x00']) / UDP(), ['ip_dooptions-unknownopt']),
    (IP(**V4, options=[b'\x94\x04\x00\x00\x94\x04\x00\x00']) / UDP(), ['ip_dooptions-dupopt']),
    (IP(**V4, options=[b'\x00\x00\x00\x07']) / UDP(), ['ip_dooptions-noeol']),
    (extended((44, b'\0\0\1' + bytes(4)), (44, b'\0\0\1' + bytes(4))), ['ip6_input-duphdr']),
    (extended((44, b'\0\0\1' + bytes(4)), (43, b'\0\2\0' + bytes(4))), ['ip6_input-hdrorder']),
    (extended((44, b'\1\0\1' + bytes(4))), ['ip6_input-badreserved']),
    (extended((60, b'\0\x1c\4' + bytes(4))), ['ip6_input-unknownopt']),
    (extended((60, b'\0\1\4\0\0\1\0')), ['ip6_input-badpad', 'ip6_input-onlypad']),
    (IP(**V4) / TCP(dataofs=6) / Raw(b'\0\0\0\1'), ['tcp_input-noeol']),
    (IPv6(**V6) / TCP(options=[('WScale', 15)]), ['tcp_input-badscale']),
    (IP(**V4) / TCP(flags='S', ack=1), ['tcp_input-badack']),
    (IPv6(**V6) / TCP(flags='A', urgptr=1), ['tcp_input-badurp']),
    (IP(**V4, options=[b'\1\1\1\1']) / UDP(), ['ip_dooptions-nops']),
    (IP(**V4) / ICMP(type=11, length=7) / QUOTE / Raw(b'\x20\0\0\1\0\x08\1\1\0\1\1\x40'),
     ['icmp_error-start', 'icmp_input-badextsum']),
]


@pytest.mark.parametrize('packet,events', EVENTS, ids=[str(n) + '-' + e[-1] for n, (_, e) in enumerate(EVENTS)])
def test_an_event_by_name(annotate, packet, events):
    [row] = annotate([ethernet(packet)], ['event'], ETHERNET)
    assert row[0] == events


LINUX_COOKED = 113


def test_clean_packets_raise_nothing(annotate):
    packets = [IP(**V4) / UDP() / b'x', IP(**V4) / UDP(chksum=0) / b'x', IP(**V4, flags='DF') / ICMP() / b'x',
               IP(**V4, chksum=0) / UDP() / b'x', IP(**V4, proto=253) / b'x', IPv6(**V6, nh=254) / b'x',
               IPv6(**V6) / UDP(dport=4789, chksum=0), IP(**V4) / TCP(options=[(5, b''), (29, b'\1\2')]),
               IP(**V4) / TCP(options=[('MSS', 1460), ('SAckOK', b''), ('Timestamp', (1, 0)), ('NOP', None), ('WScale', 7)]),
               IPv6(**V6) / UDP() / b'x', IPv6(**V6) / TCP(), IPv6(**V6) / ICMPv6EchoRequest(),
               IP(**V4, len=0) / TCP() / Raw(bytes(3000)), IP(src='0.0.0.0', dst='255.255.255.255') / UDP(sport=68, dport=67)]
    assert annotate([ethernet(packet) for packet in packets], ['event'], ETHERNET) == [[[]]] * len(packets)


def test_events_that_need_the_context_of_the_capture_file(programs):
    unreachable = IP(src='10.9.0.1', dst='10.9.0.2') / ICMP(type=3, code=1) / QUOTE
    about_itself = IP(src='10.9.0.2', dst='10.9.0.2') / ICMP(type=3, code=1) / QUOTE
    cases = [
        (0, FROM_US, unreachable, ['icmp_error-start', 'ether_output-noroute']),
        (0, TO_US, unreachable, ['icmp_error-start', 'ip_output-badaddr']),
        (0, 0, unreachable, ['icmp_error-start']),
        (1, 0, about_itself, ['icmp_error-start', 'ether_output-rtreject']),
        (0, TO_GROUP, IP(src='10.9.0.1', dst='10.9.0.4') / UDP(), ['ip_forward-badaddr']),
        (0, TO_US, IP(src='10.9.0.1', dst='10.9.0.4') / UDP(), []),
        (0, TO_US, IP(src='127.0.0.1', dst='127.0.0.1') / UDP(), ['ip_forward-badaddr', 'ipintr-land']),
        (1, 0, IP(src='127.0.0.1', dst='127.0.0.1') / UDP(), []),
    ]
    file = write_pcapng(programs.readable('context.pcapng'), [case[:3] for case in cases])
    rows = programs.fields(file, ['ipmon.event'])
    assert [row[0] for row in rows] == [case[3] for case in cases]


OWN, OTHER, GROUP = 'fe80::1', 'fe80::2', 'ff02::1:ff00:9'


def solicitation(target, src=OWN, flags=FROM_US, dst=GROUP, **fields):
    return flags, IPv6(src=src, dst=dst, hlim=255, **fields) / ICMPv6ND_NS(tgt=target)


def advertisement(target, src, dst=OWN):
    return TO_US, IPv6(src=src, dst=dst, hlim=255) / ICMPv6ND_NA(tgt=target)


# Neighbour discovery as (second, what is sent, whether the host gives up with it), by row of packets.
DISCOVERY = {
    'nobody answers': [(n, solicitation('fe80::a0'), n == 2) for n in range(3)],
    'twice in a row': [(n, solicitation('fe80::a1'), n in (2, 5)) for n in range(7)],
    'unicast': [(n, solicitation('fe80::a2', dst='fe80::a2'), n == 2) for n in range(3)],
    'only two': [(n, solicitation('fe80::a3'), False) for n in range(2)],
    'an answer': [(0, solicitation('fe80::a4'), False), (1, solicitation('fe80::a4'), False),
                  (1, advertisement('fe80::a4', 'fe80::a4'), False), (2, solicitation('fe80::a4'), False)],
    'an answer from another address': [(0, solicitation('fe80::a5'), False), (1, solicitation('fe80::a5'), False),
                                       (1, advertisement('fe80::a5', 'fe80::ff'), False),
                                       (2, solicitation('fe80::a5'), False)],
    'an answer about another': [(0, solicitation('fe80::a6'), False), (1, solicitation('fe80::a6'), False),
                                (1, advertisement('fe80::ff', 'fe80::ff'), False), (2, solicitation('fe80::a6'), True)],
    'the target solicits': [(0, solicitation('fe80::a7'), False), (1, solicitation('fe80::a7'), False),
                        (1, solicitation(OWN, src='fe80::a7', flags=TO_US), False),
                        (2, solicitation('fe80::a7'), False)],
    'two targets': [(0, solicitation('fe80::a8'), False), (0, solicitation('fe80::a9'), False),
                    (1, solicitation('fe80::a8'), False)],
    'two sources': [(0, solicitation('fe80::aa'), False), (1, solicitation('fe80::aa', src=OTHER), False),
                    (2, solicitation('fe80::aa'), False)],
    'later': [(0, solicitation('fe80::ab'), False), (1, solicitation('fe80::ab'), False),
              (4, solicitation('fe80::ab'), False)],
    'just in time': [(0, solicitation('fe80::ac'), False), (2.9, solicitation('fe80::ac'), False),
                     (5.8, solicitation('fe80::ac'), True)],
    'others solicit': [(n, solicitation('fe80::ad', src=OTHER, flags=TO_GROUP), False) for n in range(3)],
    'unknown direction': [(n, solicitation('fe80::ae', flags=0), False) for n in range(3)],
    'is the address free': [(n, solicitation('fe80::af', src='::'), False) for n in range(3)],
}


@pytest.mark.parametrize('arguments', [[], ['-2'], ['-Y', 'ipv6'], ['-2', '-R', 'frame.number > 0'],
                                       ['-Y', 'ipmon.event']])
def test_a_neighbour_that_does_not_answer_is_given_up(programs, arguments):
    packets = [(name, *packet) for name, row in DISCOVERY.items() for packet in row]
    file = write_pcapng(programs.readable('discovery.pcapng'),
                        [(0, *sent, second) for _, second, sent, _ in packets])
    numbers = {str(number): name for number, (name, _, _, gives_up) in enumerate(packets, 1) if gives_up}
    rows = programs.fields(file, ['frame.number', 'ipmon.event'], *arguments)
    assert {number: event for [number], event in rows if event} == \
        {number: ['ether_output-rtreject'] for number in numbers}
    assert expert_summary(programs, file, *arguments) == {'ether_output-rtreject': len(numbers)}


def test_a_partial_checksum_is_no_event(annotate):
    pseudo = struct.pack('>4s4sBBH', bytes((10, 9, 0, 1)), bytes((10, 9, 0, 2)), 0, 17, 11)
    total = sum(struct.unpack('>6H', pseudo))
    partial = (total & 0xFFFF) + (total >> 16)
    assert annotate([ethernet(IP(**V4) / UDP(chksum=partial) / b'abc')], ['event'], ETHERNET) == [[[]]]
    assert annotate([ethernet(IP(**V4) / UDP(chksum=partial + 1) / b'abc')], ['event'], ETHERNET) == [[['udp_input-badsum']]]


def test_what_was_cut_off_is_never_held_against_a_packet(annotate):
    for packet, events in EVENTS:
        raw = ethernet(packet)
        rows = annotate([raw] * (len(raw) - 15), ['event'], ETHERNET, list(range(15, len(raw))))
        for (found,) in rows:
            assert set(found) <= set(events), (packet, found)


def test_level_class_and_expert_item(programs, annotate):
    packets = [ethernet(IP(**V4, chksum=1) / UDP()), ethernet(IP(**V4, ttl=0) / UDP()), ethernet(IP(**V4) / ICMP(type=4) / QUOTE)]
    assert annotate(packets, ['event.level', 'event.class'], ETHERNET) == [
        [['3'], ['core']], [['5'], ['core']], [['1'], ['core']]]
    file = programs.readable('packets.pcap')
    text = programs.tshark('-n', '-r', file, '-O', 'ipmon').stdout.decode()
    assert 'IP Monitor: ipintr-badsum, 10.9.0.1:53 → 10.9.0.2:53, UDP, Routine, TTL 64\n' in text
    assert 'Expert Info (Error/Protocol): ipintr-badsum' in text
    assert 'Expert Info (Warning/Protocol): ipintr-badttl' in text
    for display_filter, count in (('ipmon.event == "ipintr-badsum"', 1), ('ipmon.event.level <= 3', 2),
                                  ('ipmon.event.class == "aux"', 0), ('ipmon.expert.ipintr-badttl', 1),
                                  ('_ws.expert.severity == warning', 1)):
        assert shown(programs, file, display_filter) == count, display_filter


def test_a_repeated_event_is_reported_once_and_hides_no_other(programs, annotate):
    padding = bytes.fromhex('010101' * 18 + '01020000')  # PadN that is not 0, over and over
    packet = IPv6(**V6, nh=60) / Raw(bytes([6, 7]) + padding + bytes(4)) / TCP(flags='SF', chksum=0)
    assert annotate([packet], ['event']) == [[['ip6_input-badpad', 'ip6_input-onlypad', 'tcp_input-badsum', 'tcp_input-badflags']]]
    file = programs.readable('packets.pcap')
    text = programs.tshark('-n', '-r', file, '-O', 'ipmon').stdout.decode()
    assert 'Network Event: ip6_input-badpad, level 6 NOTICE, class core (18 times)]' in text
    assert 'Network Event: ip6_input-onlypad' in text and '1 times' not in text


@pytest.mark.parametrize('arguments', [[], ['-2'], ['-Y', 'frame'], ['-V']])
def test_expert_summary_in_every_kind_of_run(programs, arguments):
    packets = [ethernet(packet) for packet, _ in EVENTS]
    file = write_pcap(programs.readable('experts.pcap'), packets, ETHERNET)
    assert expert_summary(programs, file, *arguments) == Counter(
        event for _, events in EVENTS for event in events)


# Link types as (number, bytes in front of IPv4, bytes in front of IPv6).
LINKS = {
    'raw': (101, b'', b''),
    'raw IPv4': (228, b'', None),
    'raw IPv6': (229, None, b''),
    'Ethernet': (ETHERNET, bytes(12) + b'\x08\x00', bytes(12) + b'\x86\xdd'),
    'VLAN': (ETHERNET, bytes(12) + b'\x81\x00\0\1\x08\x00', bytes(12) + b'\x81\x00\0\1\x86\xdd'),
    'MACsec': (ETHERNET, bytes(12) + b'\x88\xe5\0\0\0\0\0\1\x08\x00',
               bytes(12) + b'\x88\xe5\0\0\0\0\0\1\x86\xdd'),
    'cooked': (LINUX_COOKED, bytes(14) + b'\x08\x00', bytes(14) + b'\x86\xdd'),
    'PPP': (9, b'\xff\3\0\x21', b'\xff\3\0\x57'),
    'frame relay': (107, b'\x18\x41\3\xcc', b'\x18\x41\3\x8e'),
    'ATM': (106, b'', None),
}
IN_IP = IP(src='10.9.0.9', dst='10.9.0.8', proto=4)
BROKEN = [
    IP(**V4, len=200, chksum=1) / UDP(), IP(**V4, len=200) / UDP(), IP(**V4, len=19) / UDP(),
    IP(**V4, version=5) / UDP(), IP(**V4, version=0) / UDP(), IP(**V4, ihl=4) / UDP(), IP(**V4, ihl=15) / UDP(),
    IP(**V4, len=200, chksum=1) / ICMP(type=3) / QUOTE, Raw(b'\x45\0'),
    IN_IP / IP(**V4, len=200, chksum=1) / UDP(), IN_IP / IP(**V4, version=7) / UDP(), IN_IP / IP(**V4, ttl=0) / UDP(),
    IPv6(**V6, version=5) / UDP(), IPv6(**V6, plen=200) / UDP(),
    IPv6(**V6, nh=44, plen=200) / Raw(b'\x11\0\0\1' + bytes(4)),
    IPv6(**V6, nh=60, hlim=0) / Raw(b'\x11\xff\0\0' + bytes(4)),
    IPv6(**V6, nh=41) / IPv6(**V6, version=4) / UDP(), IPv6(**V6, nh=41) / IPv6(**V6, plen=200) / UDP(),
    IP(bytes(IPv6(**V6, plen=200) / UDP(chksum=0))),
    IPv6(**V6, nh=58) / Raw(b'\1\0\0\0\0\0\0\0' + bytes(40)), Raw(b'\x60' + bytes(19)),
]


@pytest.mark.parametrize('link', LINKS)
def test_without_a_tree_broken_headers_are_reported_as_with_one(programs, link):
    number, *before = LINKS[link]
    packets = [before[isinstance(packet, IPv6)] + bytes(packet) for packet in BROKEN
               if before[isinstance(packet, IPv6)] is not None]
    file = write_pcap(programs.readable('broken.pcap'), packets, number)
    found = expert_summary(programs, file, '-Y', 'frame')
    assert {'ipintr-badmblk', 'ipintr-badvers'} <= set(found)
    assert expert_summary(programs, file) == expert_summary(programs, file, '-2') == found


@pytest.mark.parametrize('name', [
    'bad-ipv4-version-pgm-heapoverflow.pcap', 'beep-oobr.pcap', 'heap-overflow-2.pcap', 'hoobr_rt6_print.pcap',
    'icmp-cksum-oobr-1.pcap', 'icmp-cksum-oobr-2.pcap', 'icmp-cksum-oobr-4.pcapng', 'icmp-icmp_print-oobr-2.pcap',
    'icmp-rfc8335-missing-bytes.pcap', 'ipv6-bad-version.pcap', 'kday1.pcap', 'kday3.pcap',
    'of13_ericsson.pcapng'])
def test_without_a_tree_captures_of_others_are_reported_as_with_one(programs, corpus, name):
    files = list(corpus.rglob(name))
    assert files
    for file in files:
        copy = programs.copy_of(file)
        found = expert_summary(programs, copy, '-Y', 'frame')
        assert expert_summary(programs, copy) == expert_summary(programs, copy, '-2') == found


def test_statistics(programs):
    file = write_pcap(programs.readable('event-statistics.pcap'),
                      [ethernet(IP(**V4, chksum=1) / UDP()), ethernet(IP(**V4, ttl=0) / UDP())], ETHERNET)
    text = programs.tshark('-n', '-r', file, '-q', '-z', 'ipmon_events,tree').stdout.decode()
    rows = {match[1].strip(): match[2] for match in re.finditer(r'^ (\S.*?)\s{2,}(\d+) ', text, re.M)}
    assert rows == {'3 CRITICAL': '1', '5 WARNING': '1', 'ipintr-badsum': '1', 'ipintr-badttl': '1'}


@pytest.mark.parametrize('preference,expected', [
    ('ipmon.event_level:critical', [['udp_input-badsum'], []]),
    ('ipmon.event_core:FALSE', [[], []]),
    ('uat:ipmon_events:"udp_input-badsum","FALSE","",""', [[], ['ipintr-badttl']]),
    ('uat:ipmon_events:"udp_input-badsum","FALSE","10.9.0.0/24",""', [[], ['ipintr-badttl']]),
    ('uat:ipmon_events:"udp_input-badsum","FALSE","10.10.0.0/16",""', [['udp_input-badsum'], ['ipintr-badttl']]),
    ('uat:ipmon_events:"udp_input-badsum","TRUE","","4001"', [[], ['ipintr-badttl']]),
    ('uat:ipmon_events:"udp_input-badsum","TRUE","","4000"', [['udp_input-badsum'], ['ipintr-badttl']]),
])
def test_preferences_choose_what_is_reported(annotate, preference, expected):
    packets = [ethernet(IP(**V4) / UDP(sport=4000, dport=9, chksum=1)), ethernet(IP(**V4, ttl=0) / UDP())]
    rows = annotate(packets, ['event'], ETHERNET, arguments=('-o', preference))
    assert [row[0] for row in rows] == expected


LEVELS = ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'info', 'verbose']


def written_levels():
    for number, level in enumerate(LEVELS, 1):
        yield from ((text, number) for text in (level, level.upper(), str(number), f'{number} {level.upper()}'))


@pytest.mark.parametrize('text,number', written_levels())
def test_a_level_is_a_word_a_number_or_both(annotate, text, number):
    """Both is what earlier versions have left in the file of preferences."""
    packets = [ethernet(IP(**V4) / ICMP(type=4) / QUOTE), ethernet(IP(**V4) / UDP(chksum=1)), ethernet(IP(**V4, ttl=0) / UDP())]
    rows = annotate(packets, ['event.level'], ETHERNET, arguments=('-o', f'ipmon.event_level:{text}'))
    assert rows == [[[str(level)] if level <= number else []] for level in (1, 3, 5)]


@pytest.mark.parametrize('text', ['bogus', '0', '9', '5 NOTICE', 'warn', ''])
@pytest.mark.parametrize('kept', [False, True], ids=['-o', 'preferences file'])
def test_a_level_that_does_not_exist_is_reported(programs, text, kept):
    file = write_pcap(programs.readable('level.pcap'), [ethernet(IP(**V4, ttl=0) / UDP())], ETHERNET)
    preferences = programs.home / '.config' / 'wireshark' / 'preferences'
    if kept:
        preferences.parent.mkdir(parents=True, exist_ok=True)
        preferences.write_text(f'ipmon.event_level: {text}\n')
    try:
        option = [] if kept else ['-o', f'ipmon.event_level:{text}']
        result = programs.tshark('-n', '-r', file, *option, '-T', 'fields', '-e', 'ipmon.event')
    finally:
        preferences.unlink(missing_ok=True)
    assert f"IP Monitor: '{text}' is not a level of network events" in result.stderr.decode()
    assert result.stdout == b'ipintr-badttl\n'


@pytest.mark.parametrize('row,part', [('"nonsense","TRUE","",""', b'nonsense'),
                                      ('"ipintr-badsum","TRUE","10.0.0.0/33",""', b'10.0.0.0/33'),
                                      ('"ipintr-badsum","TRUE","","65536"', b'65536')])
def test_a_bad_rule_is_refused(programs, row, part):
    file = write_pcap(programs.readable('rule.pcap'), [ether(IP(**V4) / UDP())], ETHERNET)
    result = programs.tshark('-n', '-r', file, '-o', f'uat:ipmon_events:{row}')
    assert result.returncode != 0 and part in result.stderr
