# What differs between the versions of Wireshark, from 4.0 to 4.6, and must not show.
# SPDX-License-Identifier: GPL-2.0-or-later
import re
import xml.etree.ElementTree as tree

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPerror, TCPerror
from scapy.layers.inet6 import IPv6

from capture_files import ETHERNET, RAW, write_pcap
from dissecting import ether

V4 = {'src': '10.9.0.1', 'dst': '10.9.0.2'}
V6 = {'src': '2001:db8::1', 'dst': '2001:db8::2'}
RAW6 = 229
MACS = bytes.fromhex('020000000002 020000000001')

# Packets whose last header is of another version than the layer around it announces: Wireshark's dissectors
# of IP hand it to each other. How many records they have.
HANDED_ON = {
    'IPv6 as 0800': (ETHERNET, MACS + b'\x08\x00' + bytes(IPv6(**V6) / UDP()), 1),
    'IPv4 as 86dd': (ETHERNET, MACS + b'\x86\xdd' + bytes(IP(**V4) / UDP() / bytes(40)), 1),
    'IPv4 as raw IPv6': (RAW6, bytes(IP(**V4) / UDP() / bytes(40)), 1),
    'IPv4 as protocol 41 of IPv4': (RAW, bytes(IP(**V4, proto=41) / IP(**V4) / UDP() / bytes(40)), 2),
    'IPv4 as protocol 41 of IPv6': (RAW, bytes(IPv6(**V6, nh=41) / IP(**V4) / UDP() / bytes(40)), 2),
    'IPv6 as protocol 4 of IPv4': (RAW, bytes(IP(**V4, proto=4) / IPv6(**V6) / UDP()), 2),
    'IPv6 as protocol 4 of IPv6': (RAW, bytes(IPv6(**V6, nh=4) / IPv6(**V6) / UDP()), 2),
}


@pytest.fixture(params=HANDED_ON)
def handed_on(programs, request):
    link_type, packet, headers = HANDED_ON[request.param]
    return write_pcap(programs.readable('handed-on.pcap'), [packet], link_type), headers


def test_a_header_of_another_version_has_one_record(programs, handed_on):
    file, headers = handed_on
    assert programs.fields(file, ['ipmon.layer', 'ipmon.event']) == [
        [[str(layer) for layer in range(headers)], ['ipintr-badvers']]]


def test_a_header_of_another_version_has_one_record_that_is_seen(programs, handed_on):
    file, headers = handed_on
    packet = tree.fromstring(programs.tshark('-n', '-r', file, '-T', 'pdml').stdout).find('packet')
    records = packet.findall("proto[@name='ipmon']")
    events = [field.get('show') for record in records for field in record.iter('field')
              if field.get('name') == 'ipmon.event']
    assert (len(records), events) == (headers, ['ipintr-badvers'])


def test_a_header_of_another_version_is_an_expert_item(programs, handed_on):
    file, _ = handed_on
    text = programs.tshark('-n', '-r', file, '-q', '-z', 'expert').stdout.decode()
    assert re.findall(r'IP Monitor\s+(\S.*?)\s*$', text, re.M) and text.count('IP Monitor') == 1, text


@pytest.mark.parametrize('packet', [IP(**V4) / UDP(chksum=0), IPv6(**V6) / UDP()], ids=['IPv4', 'IPv6'])
def test_a_trailer_is_seen_where_the_dissector_of_ip_is_given_the_frame(programs, packet):
    file = write_pcap(programs.readable('trailer.pcap'), [bytes(packet) + bytes(61)], RAW)
    assert programs.fields(file, ['ipmon.event']) == [[['ipintr-trailer']]]


def test_the_second_error_about_a_connection_reaches_nobody(programs):
    """From 4.4 on Wireshark does not mark a frame as ICMP once it has dissected the quoted header."""
    syn = IP(src='10.9.0.1', dst='10.9.0.2') / TCP(sport=3000, dport=80, flags='S', seq=1000)
    quote = IPerror(bytes(syn[IP])[:20]) / TCPerror(bytes(syn[TCP])[:20])
    error = IP(src='10.9.0.3', dst='10.9.0.1') / ICMP(type=3, code=1) / quote
    file = write_pcap(programs.readable('refused.pcap'), [ether(packet) for packet in (syn, error, error)],
                      ETHERNET)
    assert programs.fields(file, ['ipmon.error.name', 'ipmon.error.none']) == [
        [[], []], [['EHOSTUNREACH'], []], [[], ['the connection was reset or refused before']]]


def test_the_list_of_plugins_describes_it(programs):
    rows = [line.split('\t') for line in programs.tshark('-G', 'plugins').stdout.decode().splitlines()
            if line.startswith('ipmon.so')]
    assert len(rows) == 1 and rows[0][2].strip() in ('dissector', 'dissector, tap listener'), rows


def test_fields_of_another_protocol_make_no_difference(programs):
    """In 4.6 items of IP are made only on demand, and the last demand is forgotten."""
    packets = [ether(IP(**V4, ttl=ttl) / UDP(sport=1, dport=2)) for ttl in (9, 8, 7)]
    file = write_pcap(programs.readable('wanted.pcap'), packets, ETHERNET)
    for arguments in ((), ('-2', '-R', 'ip.ttl > 0'), ('-2', '-R', 'ipmon.ttl > 0', '-Y', 'ip.ttl > 0'),
                      ('-z', 'io,stat,0,ip.ttl == 8', '-Y', 'ipmon')):
        rows = programs.fields(file, ['ipmon.ttl'], *arguments)
        assert [row[0] for row in rows if len(row) == 1 and row[0] and row[0][0].isdigit()] == [
            ['9'], ['8'], ['7']], arguments
