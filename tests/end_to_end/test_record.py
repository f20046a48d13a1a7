# The packet record on many packets: random ones compared with scapy's reading, every tunnel, every
# way tshark has of printing it, and what preferences, statistics and the profile make of it.
# SPDX-License-Identifier: GPL-2.0-or-later
import json
import random
import re
import shutil
import struct
import xml.etree.ElementTree as tree
from pathlib import Path

import pytest
from scapy.contrib.geneve import GENEVE
from scapy.contrib.gtp import GTP_U_Header
from scapy.contrib.mpls import MPLS
from scapy.layers.inet import GRE, ICMP, IP, TCP, UDP, fragment
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment
from scapy.layers.l2 import Dot1Q, Ether
from scapy.layers.ppp import PPP, PPPoE
from scapy.layers.sctp import SCTP
from scapy.layers.vxlan import VXLAN
from scapy.packet import Raw

from capture_files import ETHERNET, RAW, write_pcap
from dissecting import ether

TOP = Path(__file__).resolve().parents[2]
SEED = 791  # of the random packets
MACS = {'src': '02:00:00:00:00:01', 'dst': '02:00:00:00:00:02'}


def random_ipv4(source):
    """A header whose fields are random, but whose lengths are true."""
    options = source.randbytes(4 * source.choice([0] * 8 + [1, 5, 10]))
    protocol = source.choice([1, 6, 6, 17, 17, 33, 47, 50, 89, 132, 136, source.randrange(256)])
    payload = source.randbytes(source.randrange(60))
    fragment_word = source.choice([0, 0x4000, 0, 0x4000, source.randrange(0x10000)])
    return struct.pack('>BBHHHBBH4s4s', 0x40 | 5 + len(options) // 4, source.randrange(256),
                       20 + len(options) + len(payload), source.randrange(0x10000), fragment_word,
                       source.randrange(256), protocol, source.randrange(0x10000),
                       source.randbytes(4), source.randbytes(4)) + options + payload


def random_ipv6(source):
    protocol = source.choice([6, 6, 17, 17, 58, 132, 136, 59, 50])
    payload = source.randbytes(source.randrange(4, 60))
    return struct.pack('>IHBB', 6 << 28 | source.randrange(1 << 28), len(payload), protocol,
                       source.randrange(256)) + source.randbytes(32) + payload


def reading_of_ipv4(raw):
    """The fields as scapy reads them, in the form tshark prints."""
    packet = IP(raw)
    ports = []
    if packet.frag == 0 and packet.proto in (6, 17, 33, 132, 136):
        body = raw[packet.ihl * 4:]
        ports = [str(int.from_bytes(body[at:at + 2], 'big')) for at in (0, 2) if len(body) >= at + 2]
    flags = int(packet.flags)
    return {
        'version': '4', 'src6': None, 'dst6': None, 'src': packet.src, 'dst': packet.dst, 'tos': f'0x{packet.tos:02x}',
        'tos.precedence': str(packet.tos >> 5), 'tos.delay': str(packet.tos >> 4 & 1),
        'tos.throughput': str(packet.tos >> 3 & 1), 'tos.reliability': str(packet.tos >> 2 & 1),
        'id': f'0x{packet.id:04x}', 'flags': f'0x{flags:02x}', 'flags.mf': str(flags & 1),
        'flags.df': str(flags >> 1 & 1), 'flags.reserved': str(flags >> 2),
        'offset': str(packet.frag * 8), 'ttl': str(packet.ttl), 'protocol': str(packet.proto),
        'checksum': f'0x{packet.chksum:04x}', 'total_length': str(packet.len),
        'header_length': str(packet.ihl * 4), 'payload_length': str(packet.len - packet.ihl * 4),
        'srcport': ports[0] if ports else None, 'dstport': ports[1] if len(ports) > 1 else None,
        'payload': raw[packet.ihl * 4:].hex() or None,
    }


def reading_of_ipv6(raw):
    packet = IPv6(raw)
    body = raw[40:]
    ports = packet.nh in (6, 17, 132, 136)
    return {
        'version': '6', 'src': None, 'dst': None, 'src6': packet.src, 'dst6': packet.dst, 'tos': f'0x{packet.tc:02x}',
        'tos.precedence': str(packet.tc >> 5), 'tos.delay': str(packet.tc >> 4 & 1),
        'tos.throughput': str(packet.tc >> 3 & 1), 'tos.reliability': str(packet.tc >> 2 & 1),
        'id': None, 'flags': None, 'flags.mf': None, 'flags.df': None, 'flags.reserved': None,
        'offset': None, 'ttl': str(packet.hlim), 'protocol': str(packet.nh), 'checksum': None,
        'total_length': str(40 + packet.plen), 'header_length': '40',
        'payload_length': str(packet.plen),
        'srcport': str(int.from_bytes(body[:2], 'big')) if ports else None,
        'dstport': str(int.from_bytes(body[2:4], 'big')) if ports else None, 'payload': body.hex(),
    }


def test_ten_thousand_random_packets_read_as_scapy_reads_them(annotate):
    source = random.Random(SEED)
    packets = [random_ipv4(source) if source.random() < 0.6 else random_ipv6(source)
               for _ in range(10_000)]
    expected = [reading_of_ipv4(raw) if raw[0] >> 4 == 4 else reading_of_ipv6(raw)
                for raw in packets]
    names = list(expected[0])
    # In Ethernet frames, since random bytes may look like another protocol at a raw link. What
    # lies inside is not wanted here: a random payload can be a tunnel.
    frames = [Ether(**MACS, type=0x0800 if raw[0] >> 4 == 4 else 0x86DD).build() + raw
              for raw in packets]
    rows = annotate(frames, names, ETHERNET, arguments=('-o', 'ip.defragment:FALSE'))
    assert len(rows) == len(packets)
    for raw, wanted, row in zip(packets, expected, rows):
        outermost = {name: values[0] if values else None for name, values in zip(names, row)}
        # An absent value leaves no placeholder: with a header inside, its value may be first.
        assert all(outermost[name] == value for name, value in wanted.items()
                   if value is not None), (raw.hex(), wanted, outermost)
        if all(len(values) <= 1 for values in row):
            assert outermost == wanted, raw.hex()


INNER = IP(src='10.0.0.1', dst='10.0.0.2', ttl=9) / UDP(sport=5, dport=6) / b'inner'
INNER6 = IPv6(src='fd00::1', dst='fd00::2', hlim=9) / UDP(sport=5, dport=6) / b'inner'
OUTER = IP(src='1.1.1.1', dst='2.2.2.2')


def ip_type(inner):
    return 0x86DD if isinstance(inner, IPv6) else 0x0800


@pytest.mark.parametrize('inner', [INNER, INNER6], ids=['v4', 'v6'])
@pytest.mark.parametrize('wrap,layers', [
    (lambda inner: Ether(**MACS) / Dot1Q(vlan=7) / Dot1Q(vlan=8, type=ip_type(inner)) / inner, 1),
    (lambda inner: Ether(**MACS) / MPLS(label=16, s=0) / MPLS(label=17, s=1) / inner, 1),
    (lambda inner: Ether(**MACS, type=0x8864) / PPPoE(sessionid=1) /
     PPP(proto=0x57 if isinstance(inner, IPv6) else 0x21) / inner, 1),
    (lambda inner: ether(OUTER / inner), 2),
    (lambda inner: ether(IPv6(src='::1:1', dst='::2:2') / inner), 2),
    (lambda inner: ether(OUTER / GRE(proto=ip_type(inner)) / inner), 2),
    (lambda inner: ether(OUTER / GRE(proto=0x6558) / ether(inner)), 2),
    (lambda inner: ether(OUTER / UDP(sport=9999, dport=4789) / VXLAN(vni=7) / ether(inner)), 2),
    (lambda inner: ether(OUTER / UDP(sport=9999, dport=6081) / GENEVE(proto=0x6558) / ether(inner)), 2),
    (lambda inner: ether(OUTER / UDP(sport=2152, dport=2152) / GTP_U_Header(teid=1) / inner), 2),
    (lambda inner: ether(OUTER / IP(src='3.3.3.3', dst='4.4.4.4') / inner), 3),
], ids=['qinq', 'mpls', 'pppoe', 'ip', 'ip6', 'gre', 'gretap', 'vxlan', 'geneve', 'gtp', 'ipip'])
def test_every_tunnel(annotate, wrap, layers, inner):
    [row] = annotate([wrap(inner)], ['layer', 'src.text', 'dst.text', 'ttl', 'srcport', 'payload_length'],
                     ETHERNET)
    assert row[0] == [str(layer) for layer in range(layers)]
    assert (row[1][-1], row[2][-1], row[3][-1]) == (inner.src, inner.dst, '9')
    assert row[4][-1] == '5' and row[5][-1] == '13'


def test_teredo_and_null_encrypted_esp(annotate):
    teredo = ether(OUTER / UDP(sport=3544, dport=3544) / IPv6(src='2001:0:101:101::1', dst='fd00::2', hlim=9))
    [row] = annotate([teredo], ['layer', 'ttl'], ETHERNET)
    assert row == [['0', '1'], ['64', '9']]
    esp = struct.pack('>II', 1, 1) + bytes(INNER) + bytes([1, 2, 3, 3, 4]) + bytes(12)
    [row] = annotate([ether(IP(src='1.1.1.1', dst='2.2.2.2', proto=50) / esp)], ['layer', 'ttl'], ETHERNET,
                     arguments=('-o', 'esp.enable_null_encryption_decode_heuristic:TRUE'))
    assert row == [['0', '1'], ['64', '9']]


def test_a_header_in_a_reassembled_datagram(annotate):
    whole = IP(src='1.1.1.1', dst='2.2.2.2', id=5) / IP(src='10.0.0.1', dst='10.0.0.2', ttl=9) / \
        UDP(sport=5, dport=6) / Raw(b'z' * 3000)
    rows = annotate([ether(IP(bytes(part))) for part in fragment(whole, fragsize=1000)],
                    ['layer', 'src', 'payload_length'], ETHERNET)
    assert [row[0] for row in rows[:-1]] == [['0']] * (len(rows) - 1)
    assert rows[-1][1] == ['1.1.1.1', '10.0.0.1'] and rows[-1][2][1] == '3008'


def test_a_tunnel_bounds_what_is_inside(annotate):
    """The inner header claims 100 bytes more than the UDP datagram around it carries."""
    inner = IP(src='10.0.0.1', dst='10.0.0.2', len=len(INNER) + 100) / UDP(sport=5, dport=6) / b'inner'
    frame = bytes(ether(OUTER / UDP(sport=9999, dport=4789) / VXLAN(vni=7) / ether(inner)))
    [row] = annotate([frame + b'trailing bytes of the frame'], ['payload_length', 'total_length'], ETHERNET)
    assert row[0][1] == '13' and row[1][1] == str(len(INNER) + 100)


def test_as_many_tunnels_as_wireshark_dissects(annotate):
    """With more than its preference allows, Wireshark calls no plugin."""
    def nested(count):
        packet = bytes(UDP(sport=5, dport=6))
        for level in range(count):
            packet = bytes(IP(proto=4 if level else 17, len=20 + len(packet), src='10.0.0.1', dst='10.0.0.2')) + packet
        return packet
    assert annotate([nested(490)], ['layer']) == [[[str(layer) for layer in range(490)]]]
    assert annotate([nested(600)], ['layer']) == [[[]]]
    deeper = ('-o', 'gui.max_tree_depth:2000')
    assert annotate([nested(600)], ['layer'], arguments=deeper) == [[[str(layer) for layer in range(600)]]]


@pytest.mark.parametrize('header,length,name', [
    (0, 8, 'Hop-by-Hop Options'), (43, 8, 'Routing'), (60, 8, 'Destination Options'),
    (51, 24, 'Authentication Header'), (135, 8, 'Mobility'), (139, 40, 'Host Identity Protocol'),
    (140, 8, 'Shim6'), (44, 8, 'Fragment')])
def test_every_extension_header(annotate, header, length, name):
    code = {51: length // 4 - 2, 44: 0}.get(header, length // 8 - 1)
    padding = bytes([1, length - 4]) + bytes(length - 4) if header in (0, 60) else bytes(length - 2)
    raw = bytes([17, code]) + padding
    packet = IPv6(src='fd00::1', dst='fd00::2', nh=header) / Raw(raw) / Raw(bytes(UDP(sport=5, dport=6)))
    [row] = annotate([ether(packet)], ['extension_header', 'protocol', 'srcport', 'header_length'], ETHERNET)
    assert row == [[name], ['17'], ['5'], [str(40 + length)]]


def test_jumbogram_and_no_next_header(annotate):
    jumbo = IPv6(src='fd00::1', dst='fd00::2', plen=0, nh=0) / \
        Raw(bytes([17, 0, 0xC2, 4]) + struct.pack('>I', 70008)) / Raw(bytes(UDP(sport=5, dport=6)) + bytes(69992))
    nothing = IPv6(src='fd00::1', dst='fd00::2', nh=59) / b'data'
    rows = annotate([jumbo, nothing], ['total_length', 'payload_length', 'protocol', 'srcport'])
    assert rows == [[['70048'], ['70000'], ['17'], ['5']], [['44'], ['4'], ['59'], []]]


def test_pdml_ties_every_field_to_its_bytes(programs):
    file = write_pcap(programs.readable('positions.pcap'),
                      [ether(IP(src='1.1.1.1', dst='2.2.2.2', tos=0x90) / UDP(sport=1, dport=2) / b'abc'),
                       ether(IPv6(src='fd00::1', dst='fd00::2') / IPv6ExtHdrFragment(id=1) / UDP())], ETHERNET)
    root = tree.fromstring(programs.tshark('-n', '-r', file, '-T', 'pdml').stdout)
    found = [{field.get('name'): (int(field.get('pos')), int(field.get('size')))
              for field in packet.find('proto[@name="ipmon"]').iter('field')}
             for packet in root.findall('packet')]
    expected4 = {'version': (14, 1), 'header_length': (14, 1), 'tos': (15, 1), 'tos.precedence': (15, 1),
                 'total_length': (16, 2), 'id': (18, 2), 'flags': (20, 1), 'offset': (20, 2), 'ttl': (22, 1),
                 'protocol': (23, 1), 'checksum': (24, 2), 'src': (26, 4), 'dst': (30, 4), 'srcport': (34, 2),
                 'dstport': (36, 2), 'payload': (34, 11), 'payload.text': (34, 11)}
    expected6 = {'tos': (14, 2), 'total_length': (18, 2), 'ttl': (21, 1), 'src6': (22, 16), 'dst6': (38, 16),
                 'extension_header': (54, 8), 'protocol': (54, 1), 'offset': (56, 2), 'flags': (57, 1),
                 'id': (58, 4), 'srcport': (62, 2), 'dstport': (64, 2)}
    for fields, expected in zip(found, (expected4, expected6), strict=True):
        assert {name: fields[f'ipmon.{name}'] for name in expected} == expected


def test_ek_has_every_field_in_its_type(programs):
    file = write_pcap(programs.readable('types.pcap'), [OUTER / INNER])
    lines = programs.tshark('-n', '-r', file, '-T', 'ek', '-J', 'ipmon').stdout.splitlines()
    layers = json.loads(lines[1])['layers']['ipmon']
    assert [layer['ipmon_ipmon_ttl'] for layer in layers] == ['64', '9']
    assert layers[0]['ipmon_ipmon_flags_df'] is False
    assert re.fullmatch('([0-9a-f]{2}:?)+', layers[1]['ipmon_ipmon_payload'])
    mapping = programs.tshark('-G', 'elastic-mapping', '--elastic-mapping-filter', 'ipmon').stdout
    properties = json.loads(mapping)['mappings']['properties']['layers']['properties']['ipmon']['properties']
    types = {name: properties[f'ipmon_ipmon_{name}']['type'] for name in
             ('ttl', 'timestamp', 'flags_df', 'src', 'addr', 'src6', 'addr6')}
    assert types.pop('timestamp') in ('long', 'unsigned long')  # 4.0, 4.6
    assert types == {'ttl': 'short', 'flags_df': 'boolean', 'src': 'ip', 'addr': 'ip',
                     'src6': 'ip', 'addr6': 'ip'}


@pytest.mark.parametrize('page,raw,text', [
    ('65001', 'héllo €'.encode(), 'héllo €'), ('1252', b'caf\xe9 \x80', 'café €'),
    ('37', b'\xc8\x85\x93\x93\x96', 'Hello'), ('932', '日本'.encode('cp932'), '日本'),
    ('1201', 'UTF'.encode('utf-16-be'), 'UTF'), ('65001', b'a\xffb', 'a\ufffdb'),
    ('866', 'Привет'.encode('cp866'), 'Привет')])
def test_payload_text_in_a_code_page(annotate, page, raw, text):
    packet = IP(src='1.1.1.1', dst='2.2.2.2', proto=253) / Raw(raw)
    assert annotate([packet], ['payload.text'], arguments=('-o', f'ipmon.code_page:{page}')) == [[[text]]]


@pytest.mark.parametrize('raw,text', [
    (b'\xc3\0b', '\ufffd\u2400b'), (b'\xe2\x82\0b', '\ufffd\ufffd\u2400b'), (b'a\0', 'a\u2400'), (b'\xc3', '\ufffd'),
    (b'a\xe2\x82', 'a\ufffd'), (b'a\xf0\x9f\x98', 'a\ufffd'), (b'a\xf0\x9f\x98b', 'a\ufffd\ufffd\ufffdb'),
    (b'a\xef\xbf\xbeb', 'a\ufffdb'), (b'a\xef\xbf\xbfb', 'a\ufffdb'), (b'\xef\xbf\xbe\xef\xbf\xbf', '\ufffd\ufffd'),
    (b'a\xef\xbf\xbdb', 'a\ufffdb'), (b'\xef\xbe\xbe\xef\xbf\xa6', '\uffbe\uffe6'), (b'\xef\xbf', '\ufffd'),
    (b'\xef\xb7\x90', '\ufdd0'), (b'\xf0\x9f\xbf\xbe', '\U0001fffe'), (b'\xed\xa0\x80', '\ufffd' * 3),
    (b'\xf4\x90\x80\x80', '\ufffd' * 4)])
def test_payload_text_of_broken_utf8(annotate, raw, text):
    """Each byte that begins no character is one replacement; a character cut off by the end is one, too."""
    packet = IP(src='1.1.1.1', dst='2.2.2.2', proto=253) / Raw(raw)
    assert annotate([packet], ['payload.text']) == [[[text]]]


@pytest.mark.parametrize('page', ['65001', '1252', '437', '1200', '1201', '12000', '932', '37', '50220'])
def test_payload_text_is_good_xml(programs, page):
    """Whatever is in a packet, -T pdml parses and shows the same text as -T fields."""
    chance = random.Random(SEED)
    payloads = [bytes(range(256)), b'\xef\xbf\xbe\xef\xbf\xbf', b'\xfe\xff\xff\xff', b'\xff\xfe\xff\xff', b'a\0b', b'\xc3\0<&>"',
                b'\xff\xff\0\0\xfe\xff\0\0'] + [chance.randbytes(60) for _ in range(40)]
    packets = [IP(src='1.1.1.1', dst='2.2.2.2', proto=253) / Raw(payload) for payload in payloads]
    file = write_pcap(programs.readable('text.pcap'), packets)
    page = ('-o', f'ipmon.code_page:{page}')
    root = tree.fromstring(programs.tshark('-n', '-r', file, '-T', 'pdml', *page).stdout)
    shown = [field.get('show') for field in root.iter('field') if field.get('name') == 'ipmon.payload.text']
    assert len(shown) == len(packets) and not {'\ufffe', '\uffff'} & set(''.join(shown))
    result = programs.tshark('-n', '-r', file, '-T', 'fields', '-e', 'ipmon.payload.text', *page)
    assert len(result.stdout.decode().splitlines()) >= len(packets)


def write_times(path, magic, times):
    """A file with packets at so many seconds and units behind them."""
    packet = bytes(IP(src='1.1.1.1', dst='2.2.2.2') / UDP())
    records = [struct.pack('<IIII', *time, len(packet), len(packet)) + packet for time in times]
    path.write_bytes(struct.pack('<IHHiIII', magic, 2, 4, 0, 0, 65535, RAW) + b''.join(records))
    return path


@pytest.mark.parametrize('magic,last', [(0xA1B2C3D4, 999_999), (0xA1B23C4D, 999_999_999)], ids=['microseconds', 'nanoseconds'])
def test_a_fraction_of_more_than_a_second_is_no_time(programs, magic, last):
    file = write_times(programs.readable('times.pcap'), magic, [(7, 0), (7, last), (7, last + 1), (7, 0xFFFFFFFF)])
    rows = programs.fields(file, ['ipmon.timestamp', 'ipmon.src'])
    assert rows == [[[time] if time else [], ['1.1.1.1']] for time in ('7000000', '7999999', None, None)]


def test_nanoseconds_in_a_file_of_microseconds(programs):
    file = write_times(programs.readable('times.pcap'), 0xA1B2C3D4, [(7, 999_999_999)])
    assert programs.fields(file, ['ipmon.timestamp', 'ipmon.src']) == [[[], ['1.1.1.1']]]


@pytest.mark.parametrize('page,part', [('710', b'Arabic'), ('4711', b'4711'), ('nonsense', b'nonsense'), ('', b"''")])
def test_a_code_page_that_cannot_be_shown_is_refused(programs, page, part):
    file = write_pcap(programs.readable('page.pcap'), [IP(proto=253) / b'text'])
    result = programs.tshark('-n', '-r', file, '-o', f'ipmon.code_page:{page}', '-T', 'fields', '-e', 'ipmon.payload.text')
    assert b'IP Monitor: the code page' in result.stderr and part in result.stderr
    assert result.stdout == b'text\n'


def test_the_manual_lists_every_code_page():
    table = (TOP / 'plugin' / 'code_page.c').read_text()
    identifiers = re.findall(r'^\s*\{(0x[0-9a-f]+|\d+), "', table, re.M)
    manual = (TOP / 'plugin' / 'ipmon.5').read_text()
    assert len(identifiers) > 150
    assert [i for i in identifiers if f'\n{i}\t' not in manual] == []


@pytest.mark.parametrize('passes', [[], ['-2'], ['-V']])
def test_summary_in_the_info_column(programs, passes):
    file = write_pcap(programs.readable('summary.pcap'),
                      [IP(src='1.1.1.1', dst='2.2.2.2', tos=0xB8) / UDP(), IP(ttl=3) / ICMP()])
    on = programs.tshark('-n', '-r', file, '-P', '-o', 'ipmon.summary:TRUE', *passes).stdout.decode()
    off = programs.tshark('-n', '-r', file, '-P', *passes).stdout.decode()
    assert '[UDP, EF (CRITIC/ECP), TTL 64]' in on and '[ICMP, Routine, TTL 3]' in on
    assert 'TTL 64]' not in off


@pytest.mark.parametrize('arguments', [[], ['-2'], ['-V'], ['-Y', 'ip']])
def test_statistics_count_headers_in_every_kind_of_run(programs, arguments):
    packets = [OUTER / INNER, IP(tos=0xE0) / TCP(), IPv6(tc=0x10) / SCTP(), IP(frag=5, flags='MF') / b'x']
    file = write_pcap(programs.readable('statistics.pcap'), packets)
    text = programs.tshark('-n', '-r', file, '-q', '-z', 'ipmon,tree', *arguments).stdout.decode()
    counts = {}
    for line in text.splitlines():
        match = re.match(r'( ?)(\S.*?)\s{2,}(\d+) ', line)
        if match:
            if not match[1]:
                group = match[2]
            counts[group if not match[1] else (group, match[2])] = int(match[3])
    assert counts['IP version'] == 5
    assert counts['IP version', 'IPv4'] == 4 and counts['IP version', 'IPv6'] == 1
    assert counts['Precedence', 'Network Control'] == 1 and counts['Precedence', 'Routine'] == 4
    assert counts['Delay', 'Low'] == 1 and counts['Protocol', 'SCTP (132)'] == 1
    assert counts['Fragments', 'Middle fragment'] == 1 and counts['Fragments', 'Not fragmented'] == 4
    assert counts['TTL', '9'] == 1 and counts['TTL', '64'] == 4


def test_the_profile(programs):
    """tshark takes the profile and understands its columns, colours and filters."""
    folder = programs.home / '.config' / 'wireshark' / 'profiles' / 'IP Monitor'
    shutil.copytree(TOP / 'plugin' / 'profile', folder)
    file = write_pcap(programs.readable('profile.pcap'), [IP(src='1.1.1.1', dst='2.2.2.2', tos=0x90, flags='DF') / UDP()])
    try:
        result = programs.tshark('-n', '-C', 'IP Monitor', '-r', file)
        assert result.returncode == 0
        assert b'Flash Override' in result.stdout and b'64' in result.stdout
        assert b"Don't Fragment" in result.stdout
        rule = programs.tshark('-n', '-C', 'IP Monitor', '--color', '-r', file, '-O', 'frame')
        assert b'Coloring Rule Name: Flash Override' in rule.stdout
        assert not [line for line in result.stderr.splitlines() if b'ipmon' in line or b'color' in line]
    finally:
        shutil.rmtree(folder)
    filters = re.findall(r'^@[^@]*@([^@]*)@', (TOP / 'plugin/profile/colorfilters').read_text(), re.M)
    filters += re.findall(r'^"TRUE","[^"]*","([^"]*)"', (TOP / 'plugin/profile/dfilter_buttons').read_text(), re.M)
    filters += re.findall(r'^"Enabled","[^"]*","([^"]+)"', (TOP / 'plugin/profile/io_graphs').read_text(), re.M)
    assert len(filters) > 20
    for text in filters:
        result = programs.tshark('-r', file, '-Y', text.replace('\\x22', '"'))
        assert result.returncode == 0, (text, result.stderr)
