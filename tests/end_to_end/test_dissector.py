# The annotation in tshark: every field of the packet record, on plain, tunnelled, cut and broken
# packets. Captures are made with scapy, values are the ones put into them.
# SPDX-License-Identifier: GPL-2.0-or-later
import json
import re

import pytest
from scapy.layers.inet import GRE, ICMP, IP, TCP, UDP, IPerror, UDPerror
from scapy.layers.inet6 import (IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop,
                                IPv6ExtHdrRouting, PadN)
from scapy.layers.vxlan import VXLAN
from scapy.packet import Raw

from capture_files import ETHERNET, RAW, TIME, write_pcap
from dissecting import ETHER, ether


def test_every_field_of_ipv4(annotate):
    packet = IP(src='10.9.0.1', dst='10.9.0.2', tos=0x9D, id=0xABCD, flags='DF+evil', ttl=17) / \
        UDP(sport=4000, dport=9) / b'\x01\x02\x03'
    expected = {
        'src': '10.9.0.1', 'src6': None, 'src.text': '10.9.0.1', 'dst': '10.9.0.2', 'dst6': None,
        'dst.text': '10.9.0.2', 'addr6': None, 'srcport': '4000', 'dstport': '9', 'version': '4',
        'tos': '0x9d', 'tos.precedence': '4', 'tos.delay': '1', 'tos.throughput': '1',
        'tos.reliability': '1', 'tos.dscp': '39', 'tos.ecn': '1', 'header_length': '20',
        'total_length': '31', 'id': '0xabcd', 'flags': '0x06', 'flags.reserved': '1',
        'flags.df': '1', 'flags.mf': '0', 'offset': '0', 'ttl': '17',
        'checksum': '0x%04x' % IP(bytes(packet)).chksum, 'checksum.status': '1', 'protocol': '17',
        'payload': bytes(packet)[20:].hex(), 'payload_length': '11',
        'timestamp': str(TIME[0] * 1_000_000 + TIME[1] // 1000), 'layer': '0',
        'extension_header': None, 'missing': None,
    }
    [row] = annotate([packet], [*expected, 'addr', 'port'])
    assert dict(zip(expected, row)) == {n: [v] if v else [] for n, v in expected.items()}
    assert row[-2:] == [['10.9.0.1', '10.9.0.2'], ['4000', '9']]


def test_every_field_of_ipv6(annotate):
    packet = IPv6(src='2001:db8::1', dst='2001:db8::2', tc=0x28, hlim=3) / \
        IPv6ExtHdrHopByHop(options=[PadN(optdata=bytes(4))]) / \
        IPv6ExtHdrRouting(addresses=['2001:db8::3'], segleft=0) / IPv6ExtHdrDestOpt() / \
        IPv6ExtHdrFragment(id=0x12345678, offset=0, m=1) / UDP(sport=1, dport=2) / b'data....'
    expected = {
        'src6': ['2001:db8::1'], 'src.text': ['2001:db8::1'], 'src': [], 'dst6': ['2001:db8::2'],
        'dst.text': ['2001:db8::2'], 'dst': [], 'addr6': ['2001:db8::1', '2001:db8::2'], 'addr': [],
        'srcport': ['1'], 'dstport': ['2'], 'port': ['1', '2'], 'version': ['6'],
        'tos': ['0x28'], 'tos.precedence': ['1'], 'tos.delay': ['0'], 'tos.throughput': ['1'],
        'tos.dscp': ['10'], 'id': ['0x12345678'], 'flags': ['0x01'], 'flags.mf': ['1'],
        'flags.df': [], 'offset': ['0'], 'ttl': ['3'], 'checksum': [], 'checksum.status': [],
        'protocol': ['17'], 'payload': [bytes(packet)[-16:].hex()], 'payload_length': ['16'],
        'header_length': [str(40 + 8 + 24 + 8 + 8)], 'total_length': [str(len(packet))],
        'extension_header': ['Hop-by-Hop Options', 'Routing', 'Destination Options', 'Fragment'],
    }
    [row] = annotate([packet], expected)
    assert dict(zip(expected, row)) == expected


def test_a_later_fragment_has_no_ports(annotate):
    rows = annotate([IP(frag=100, proto=17) / Raw(b'12345678'),
                     IPv6(nh=44) / IPv6ExtHdrFragment(nh=17, offset=100) / Raw(b'12345678')],
                    ['offset', 'srcport', 'dstport', 'protocol', 'payload_length'])
    assert rows == [[['800'], [], [], ['17'], ['8']]] * 2


@pytest.mark.parametrize('tunnel,link_type', [
    (lambda inner: IP(src='1.1.1.1', dst='2.2.2.2') / inner, RAW),
    (lambda inner: IPv6(src='::1:1', dst='::2:2') / inner, RAW),
    (lambda inner: IP(src='1.1.1.1', dst='2.2.2.2') / GRE() / inner, RAW),
    (lambda inner: IP(src='1.1.1.1', dst='2.2.2.2') / UDP(sport=9999, dport=4789) / VXLAN(vni=7) /
     ether(inner), RAW),
])
@pytest.mark.parametrize('inner', [IP(src='10.0.0.1', dst='10.0.0.2', ttl=9) / UDP(sport=5, dport=6),
                                   IPv6(src='fd00::1', dst='fd00::2', hlim=9) / UDP(sport=5, dport=6)])
def test_a_tunnelled_header_has_an_annotation_of_its_own(annotate, tunnel, link_type, inner):
    [row] = annotate([tunnel(inner)], ['layer', 'src.text', 'ttl'], link_type)
    assert row[0] == ['0', '1'] and row[1][1] == inner.src and row[2][1] == '9'


def test_a_header_quoted_by_icmp_has_none(annotate):
    packet = IP(src='10.0.0.9', dst='10.0.0.1') / ICMP(type=3, code=3) / \
        IPerror(src='10.0.0.1', dst='10.0.0.2') / UDPerror(sport=1, dport=2)
    assert annotate([packet], ['src']) == [[['10.0.0.9']]]


@pytest.mark.parametrize('packet', [
    IP(src='1.1.1.1', dst='2.2.2.2') / UDP(sport=7, dport=8) / b'payload',
    IPv6(src='::1:1', dst='::2:2') / IPv6ExtHdrDestOpt() / UDP(sport=7, dport=8) / b'payload'])
def test_whatever_was_cut_off_is_named_and_nothing_throws(annotate, programs, packet):
    header = 20 if packet.version == 4 else 48
    cuts = list(range(1, len(packet)))
    rows = annotate([ether(packet)] * len(cuts), ['version', 'missing', 'payload_length', 'srcport'],
                    ETHERNET, [ETHER + cut for cut in cuts])
    for cut, (version, missing, payload, port) in zip(cuts, rows, strict=True):
        assert version == [str(packet.version)], cut
        assert bool(missing) == (cut < header), cut
        assert bool(port) == (cut >= header + 2), cut
        assert payload in ([], ['15']) and bool(payload) >= (cut >= header), cut
    text = programs.tshark('-n', '-r', programs.readable('packets.pcap'), '-V').stdout
    assert b'Dissector bug' not in text


def test_checksum_status(annotate):
    good, bad = IP(src='1.1.1.1', dst='2.2.2.2') / b'x', IP(src='1.1.1.1', dst='2.2.2.2', chksum=1) / b'x'
    assert annotate([good, bad], ['checksum.status']) == [[['1']], [['0']]]
    assert annotate([good], ['checksum.status'], snapshot=12) == [[['2']]]
    for status, count in (('Good', 1), ('Bad', 1), ('Offloaded', 0)):
        rows = annotate([good, bad], ['layer'], arguments=('-Y', f'ipmon.checksum.status == "{status}"'))
        assert len(rows) == count


def test_frame_padding_is_no_payload(annotate):
    packet = ether(IP() / UDP() / b'ab')
    [row] = annotate([bytes(packet) + bytes(16)], ['payload_length', 'payload'], ETHERNET)
    assert row == [['10'], [bytes(IP(bytes(packet)[ETHER:]))[20:].hex()]]


def test_segmentation_offload_keeps_the_zero_and_finds_the_payload(annotate, programs):
    packet = IP(len=0) / TCP(sport=80, dport=81) / Raw(b'z' * 2000)
    assert annotate([packet], ['total_length', 'payload_length', 'srcport']) == [[['0'], ['2020'], ['80']]]
    text = programs.tshark('-n', '-r', programs.readable('packets.pcap'), '-O', 'ipmon').stdout.decode()
    assert 'segmentation offload' in text


def test_display_filters_on_the_annotation(annotate):
    packets = [IP(src='10.1.2.3', tos=0xE0) / UDP(), IP(src='10.1.3.3') / UDP(),
               IPv6(src='2001:db8:1::1') / UDP()]
    for text, expected in (('ipmon.protocol == 17', 3), ('ipmon.tos.precedence == "Network Control"', 1),
                           ('ipmon.tos.delay == 0 && ipmon.version == 4', 2), ('ipmon.header', 3)):
        assert len(annotate(packets, ['layer'], arguments=('-Y', text))) == expected, text


ENDS = [IP(src='10.11.1.2', dst='10.11.2.2', id=7) / UDP(sport=7001, dport=53),
        IP(src='10.12.1.2', dst='10.11.2.3', id=0x1234, flags='DF') / TCP(sport=53, dport=7002),
        IPv6(src='fd11:1::2', dst='fd11:2::2') / IPv6ExtHdrFragment(id=0x1234) / UDP(sport=7001, dport=53)]


@pytest.mark.parametrize('text,expected', [
    ('ipmon.src == 10.11.0.0/16', [0]), ('ipmon.src == 10.11.1.2', [0]),
    ('ipmon.dst == 10.11.0.0/16', [0, 1]), ('ipmon.dst == 10.11.2.3', [1]),
    ('ipmon.addr == 10.12.0.0/16', [1]), ('ipmon.addr == 10.11.0.0/16', [0, 1]), ('ipmon.addr == 10.11.1.2', [0]),
    ('ipmon.addr != 10.11.0.0/16', []), ('ipmon.src in {10.11.1.0 .. 10.11.1.9}', [0]), ('!ipmon.src', [2]),
    ('ipmon.src6 == fd11:1:0::2', [2]), ('ipmon.src6 == fd11:1::/32', [2]),
    ('ipmon.src6 == fd11:1::/33', [2]), ('ipmon.dst6 == fd11:2::/32', [2]), ('ipmon.dst6 == fd11:1::/32', []),
    ('ipmon.addr6 == fd11:2::2', [2]), ('ipmon.addr6 == fd11:1::2', [2]), ('ipmon.addr6 == fd11::/16', [2]),
    ('ipmon.src.text == "fd11:1::2"', [2]), ('ipmon.src.text == "10.11.1.2"', [0]),
    ('ipmon.dst.text matches "^10[.]11[.]"', [0, 1]), ('ipmon.dst.text contains ":2::"', [2]),
    ('ipmon.port == 53', [0, 1, 2]), ('ipmon.port == 7001', [0, 2]), ('ipmon.port == 7002', [1]),
    ('ipmon.srcport == 53', [1]), ('ipmon.dstport == 53', [0, 2]),
    ('ipmon.id == 7', [0]), ('ipmon.id == 0x1234', [1, 2]), ('ipmon.id == 0x00001234', [1, 2]),
    ('ipmon.flags.df == "Set"', [1]), ('ipmon.flags.df == "Not set"', [0]), ('ipmon.flags.mf == 1', [])])
@pytest.mark.parametrize('arguments', [[], ['-V'], ['-2']], ids=['list', 'details', 'two passes'])
def test_a_filter_on_addresses_ports_and_ids_finds_its_packets(programs, text, expected, arguments):
    file = write_pcap(programs.readable('ends.pcap'), ENDS)
    result = programs.tshark('-n', '-r', file, '-Y', text, *arguments, '-T', 'fields', '-e', 'frame.number')
    assert result.returncode == 0, result.stderr
    assert [int(line) - 1 for line in result.stdout.split()] == expected


@pytest.mark.parametrize('text', [
    'ipmon.src == fd11:1:0::2', 'ipmon.src == "fd11:1:0::2"', 'ipmon.addr == "fd11:1::/32"', 'ipmon.dst == ""',
    'ipmon.src6 == 10.11.0.0/16', 'ipmon.src6 == "10.11.1.2"', 'ipmon.addr6 == 10.11.1.2', 'ipmon.src contains "10.11"',
    'ipmon.src matches "^10"', 'ipmon.port == 65536', 'ipmon.port == "domain"',
    'ipmon.flags.df == "Don\'t Fragment"', 'ipmon.src.ipv4 == 10.11.1.2', 'ipmon.src.ipv6 == fd11:1::2'])
def test_a_filter_that_could_find_nothing_is_refused(programs, text):
    file = write_pcap(programs.readable('ends.pcap'), ENDS)
    result = programs.tshark('-n', '-r', file, '-Y', text)
    assert result.returncode != 0 and result.stderr and not result.stdout


@pytest.mark.parametrize('text,expected', [('ipmon.src == "10.11.1.2"', 0), ('ipmon.src6 == "fd11:1:0::2"', 2)])
def test_an_address_in_quotes_is_found_or_refused(programs, text, expected):
    """Wireshark 4.0 takes it for a text, which an address is not."""
    file = write_pcap(programs.readable('ends.pcap'), ENDS)
    result = programs.tshark('-n', '-r', file, '-Y', text, '-T', 'fields', '-e', 'frame.number')
    if result.returncode == 0:
        assert result.stdout.split() == [b'%d' % (expected + 1)]
    else:
        assert b'cannot be converted from a string' in result.stderr and not result.stdout


SEVERAL_EVENTS = IPv6(src='fd00::1', dst='fd00::2', nh=60) / Raw(bytes([6, 0, 1, 4, 1, 0, 0, 0])) / \
    TCP(sport=7, dport=8, flags='SF', chksum=0)
TITLES = [
    (IP(src='10.9.0.1', dst='10.9.0.2', tos=0xB8) / UDP(sport=4000, dport=9),
     '10.9.0.1:4000 → 10.9.0.2:9, UDP, EF (CRITIC/ECP), TTL 64'),
    (IPv6(src='fd00::1', dst='fd00::2') / UDP(sport=4000, dport=9), '[fd00::1]:4000 → [fd00::2]:9, UDP, Routine, TTL 64'),
    (IP(src='1.1.1.1', dst='2.2.2.2', tos=0xC3, ttl=3) / ICMP(), '1.1.1.1 → 2.2.2.2, ICMP, Internetwork Control, TTL 3'),
    (IP(src='1.1.1.1', dst='2.2.2.2', tos=0x88) / ICMP(), '1.1.1.1 → 2.2.2.2, ICMP, AF41 (Flash Override), TTL 64'),
    (IP(src='1.1.1.1', dst='2.2.2.2', tos=0x04) / ICMP(), '1.1.1.1 → 2.2.2.2, ICMP, LE (Routine), TTL 64'),
    (IP(src='1.1.1.1', dst='2.2.2.2', tos=0x10) / ICMP(), '1.1.1.1 → 2.2.2.2, ICMP, DSCP 4 (Routine, low delay), TTL 64'),
    (IP(src='1.1.1.1', dst='2.2.2.2', tos=0xFC) / ICMP(),
     '1.1.1.1 → 2.2.2.2, ICMP, DSCP 63 (Network Control, low delay, high throughput, high reliability), TTL 64'),
    (IP(src='1.1.1.1', dst='2.2.2.2', frag=2, flags='MF', proto=17) / Raw(bytes(8)),
     '1.1.1.1 → 2.2.2.2, UDP, Routine, fragment at 16, TTL 64'),
    (IP(src='1.1.1.1', dst='2.2.2.2', chksum=1) / UDP(sport=4000, dport=9),
     'ipintr-badsum, 1.1.1.1:4000 → 2.2.2.2:9, UDP, Routine, TTL 64'),
    (SEVERAL_EVENTS, 'tcp_input-badsum and 3 more, [fd00::1]:7 → [fd00::2]:8, TCP, Routine, TTL 64'),
    (IP(src='10.11.1.1', dst='10.11.1.2') / ICMP(type=3, code=1) / IPerror(src='10.11.1.2', dst='10.11.2.2') /
     UDPerror(sport=4000, dport=7001), 'EHOSTUNREACH for 10.11.2.2:7001 (from router 10.11.1.1)'),
]


def test_the_title_says_the_worst_first(annotate, programs):
    annotate([packet for packet, _ in TITLES], ['layer'])
    text = programs.tshark('-n', '-r', programs.readable('packets.pcap'), '-O', 'ipmon',
                           '-o', 'ip.defragment:FALSE').stdout.decode()
    assert re.findall('^IP Monitor: (.*)$', text, re.M) == [title for _, title in TITLES]
    assert text.count('\n    IP Header\n') == len(TITLES) - 1
    assert '\n    IP Header: 10.11.1.1 → 10.11.1.2, ICMP, Routine, TTL 64\n' in text


def test_the_order_of_a_record(annotate, programs):
    error, events = TITLES[-1][0], TITLES[-2][0]
    annotate([error, events, IP() / UDP() / b'x', IP(proto=253)], ['layer'])
    text = programs.tshark('-n', '-r', programs.readable('packets.pcap'), '-O', 'ipmon').stdout.decode()
    parts = [re.findall(r'^    \[?([A-Z][A-Za-z ]+)', record, re.M) for record in text.split('\nIP Monitor: ')[1:]]
    assert parts == [['Socket Error', 'Network Events', 'IP Header', 'Payload'], ['Network Events', 'IP Header', 'Payload'],
                     ['IP Header', 'Payload'], ['IP Header', 'Payload Length']]


def test_no_expert_item_repeats_the_item_of_its_event(annotate, programs):
    annotate([SEVERAL_EVENTS], ['layer'])
    text = programs.tshark('-n', '-r', programs.readable('packets.pcap'), '-O', 'ipmon').stdout.decode()
    items = re.findall(r'\[Network Event: (.*)\]$', text, re.M)
    experts = re.findall(r'\[Expert Info \(.*?\): (.*)\]$', text, re.M)
    assert items == ['ip6_input-badpad, level 6 NOTICE, class core', 'ip6_input-onlypad, level 6 NOTICE, class core',
                     'tcp_input-badsum, level 3 CRITICAL, class core', 'tcp_input-badflags, level 5 WARNING, class core']
    assert len(experts) == 4 and not set(items) & set(experts)
    assert [expert.split(':')[0] for expert in experts] == [item.split(',')[0] for item in items]
    assert '[Network Events: 4]' in text


def test_flags_and_identifications_read_well(programs):
    file = write_pcap(programs.readable('ends.pcap'), ENDS)
    text = programs.tshark('-n', '-r', file, '-O', 'ipmon').stdout.decode()
    assert re.findall("= Don't Fragment: (.*)", text) == ['Not set', 'Set']
    assert re.findall('= More Fragments: (.*)', text) == ['Not set'] * 3
    assert re.findall('Identification: (.*)', text) == ['0x0007', '0x1234', '0x00001234']


def test_json_has_both_headers_in_order(annotate, programs):
    annotate([IP(ttl=1) / IP(ttl=2) / UDP()], ['layer'])
    result = programs.tshark('-n', '-r', programs.readable('packets.pcap'), '-T', 'json', '-J', 'ipmon',
                             '--no-duplicate-keys')
    layers = json.loads(result.stdout)[0]['_source']['layers']['ipmon']
    assert [layer['ipmon.header']['ipmon.ttl'] for layer in layers] == ['1', '2']


def test_real_captures_make_no_dissector_bug(corpus, programs):
    """A spread of the corpus; every file in it would take minutes."""
    files = sorted(path for path in corpus.rglob('*') if path.is_file())[::6]
    assert files
    annotated = 0
    for file in files:
        result = programs.tshark('-n', '-r', programs.copy_of(file), '-c', '500', '-O', 'ipmon')
        assert result.returncode >= 0 and b'Dissector bug' not in result.stdout + result.stderr, file
        annotated += result.stdout.count(b'\nIP Monitor: ')
    assert annotated > 100
