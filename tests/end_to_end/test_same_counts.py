# The statistics count what the fields of all packets have, and so does -z expert, for which Wireshark
# makes no tree: over the corpus as it is, cut short and with flipped bytes.
# SPDX-License-Identifier: GPL-2.0-or-later
import collections
import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from scapy.contrib.mpls import MPLS
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.layers.vxlan import VXLAN
from scapy.packet import Raw

from capture_files import CORPUS, ETHERNET, RAW, generated, write_pcap
from programs import TIMEOUT

CHANGES = {'as it is': [], 'cut at 54': ['-s', '54'], 'cut at 68': ['-s', '68'],
           'flipped bytes': ['-E', '0.02', '--seed', '7']}
# Of an event or error that stands twice in a frame, -T fields has two values.
FIELDS = ['-T', 'fields', '-E', 'separator=/t', '-E', 'aggregator=|', '-e', 'ipmon.event', '-e', 'ipmon.error.name']


COOKED2, C_HDLC = 276, 104
IPV4 = 228  # LINKTYPE_IPV4: Wireshark's dissector of IPv4 is tried first
V4 = {'src': '192.0.2.1', 'dst': '192.0.2.2'}
V6 = {'src': '2001:db8::1', 'dst': '2001:db8::2'}
DATAGRAM = bytes(IP(src='10.0.0.1', dst='10.0.0.2') / UDP(sport=1, dport=2) / Raw(bytes(60)))
DATAGRAM6 = bytes(IPv6(src='2001:db8:1::1', dst='2001:db8:1::2') / UDP(sport=1, dport=2) / Raw(bytes(60)))
OPTIONS = '040104010100'  # tunnel encapsulation limit, padding
TRAILER, SHORT = 'ipintr-trailer', 'ipintr-badmblk'
QUOTE = bytes(IP(src='192.0.2.2', dst='192.0.2.1') / TCP(sport=1, dport=2))
REFUSED = IP(**V4) / ICMP(type=3, code=3) / Raw(QUOTE)
REFUSED6 = IPv6(**V6, nh=58) / Raw(bytes.fromhex('010474f900000000'))
# Link type, frame, how much of it was captured (all, if None), and what is to be found in it.
FRAMES = {
    'quote cut': (ETHERNET, Ether() / REFUSED, 54, ['icmp_error-start', 'ECONNREFUSED']),
    'empty quote': (ETHERNET, Ether() / REFUSED6, None, ['icmp_error-start', 'icmp_input-badlen', 'icmp_input-badsum']),
    'passed on to IPv6, then IPv4': (IPV4, IPv6(**V6, hlim=0, nh=4) / Raw(DATAGRAM), None, ['ipintr-badttl']),
    'passed on to IPv6, then a short IPv4': (IPV4, IPv6(**V6, nh=4) / Raw(DATAGRAM[:30]), None, [SHORT]),
    'passed on to IPv6 in IPv4': (IPV4, IP(**V4, proto=4) / IPv6(**V6, hlim=0, nh=4) / Raw(DATAGRAM), None, ['ipintr-badvers']),
    'behind a label': (ETHERNET, Ether(type=0x8847) / MPLS(label=16, s=1) / IP(**V4, ttl=0) / UDP(), None, ['ipintr-badttl']),
    'behind a label, IPv6': (ETHERNET, Ether(type=0x8847) / MPLS(label=16, s=1) / IPv6(**V6, hlim=0) / TCP(flags='SF'), None,
                             ['ipintr-badttl', 'tcp_input-badflags']),
    'behind a label, a tunnel': (ETHERNET, Ether(type=0x8847) / MPLS(label=16, s=1) / IP(**V4) / IPv6(**V6, hlim=0) / UDP(), None,
                                 ['ipintr-badttl']),
    'behind a reserved label': (ETHERNET, Ether(type=0x8847) / MPLS(label=14, s=1) / IP(**V4, ttl=0) / UDP(), None, []),
    'quoted in VXLAN': (RAW, IP(**V4) / ICMP(type=3, code=3) / IP(src='192.0.2.2', dst='192.0.2.1') / UDP(dport=4789) / VXLAN() /
                        Ether() / IP(src='10.0.0.1', dst='10.0.0.2') / TCP(flags='RA'), None, ['icmp_error-start', 'ECONNREFUSED']),
    'passed on to IPv6 and refused there': (ETHERNET, Ether(type=0x0800) / IPv6(**V6, nh=41, plen=40) / Raw(b'\xf0' + bytes(39)), None,
                                            ['ipintr-badvers'] * 2),
    'too short, and another version inside': (
        COOKED2, bytes.fromhex('0800000000000001000101060200000000010000') + bytes(IP(**V4, len=0xFFFF, proto=4) / (
            b'\x65' + DATAGRAM[1:])), None, ['ipintr-badmblk', 'ipintr-badvers']),
    'a tunnel that is discarded': (C_HDLC, b'\x0f\0\x08\0' + bytes(IP(**V4, chksum=1, proto=4) / IP(src='10.0.0.1', dst='10.0.0.2') /
                                                                   TCP(flags='R')), None, ['ipintr-badsum']),
    'nothing in VXLAN, a trailer': (ETHERNET, Ether() / IP(**V4, len=50) / UDP(dport=4789, len=30, chksum=0) / VXLAN() /
                                    Ether(type=0x0800) / Raw(DATAGRAM), None, [TRAILER]),
    'nothing behind options, a trailer like IPv6': (ETHERNET, Ether() / IPv6(**V6, nh=60, plen=8) /
                                                    Raw(bytes.fromhex('2900' + OPTIONS) + DATAGRAM6), None, [TRAILER]),
    'nothing behind options, a trailer like IPv4': (ETHERNET, Ether() / IPv6(**V6, nh=60, plen=8) /
                                                    Raw(bytes.fromhex('0400' + OPTIONS) + DATAGRAM), None, [TRAILER]),
    'nothing behind options, a trailer like the header': (
        ETHERNET, Ether() / IPv6(**V6, nh=60, plen=8) /
        Raw(bytes.fromhex('2900' + OPTIONS) + bytes(IPv6(**V6) / UDP() / Raw(bytes(60)))), None, [TRAILER]),
}


@pytest.fixture(scope='module')
def corpus(tmp_path_factory):
    if not CORPUS.is_dir():
        return list(generated(tmp_path_factory.mktemp('generated')))
    return sorted(path for path in CORPUS.rglob('*') if path.is_file())


def changed(files, folder, change):
    """The files, each changed on its way to pcap-ng; what is no capture at all is left out."""
    made = []
    for number, file in enumerate(files):
        copy = folder / f'{number}.pcapng'
        subprocess.run(['editcap', *change, file, copy], capture_output=True)
        if copy.exists() and subprocess.run(['capinfos', copy], capture_output=True).returncode == 0:
            made.append(copy)
    return made


def joined(files, file):
    subprocess.run(['mergecap', '-a', '-w', file, *files], check=True, capture_output=True)
    file.chmod(0o644)
    return file


def tshark(programs, file, *arguments):
    result = subprocess.run(programs.command(['tshark', '-n', '-r', file, *arguments]), env=programs.environment(),
                            stdin=subprocess.DEVNULL, capture_output=True, timeout=5 * TIMEOUT, cwd=programs.stage)
    assert result.returncode == 0, result.stderr
    return result.stdout.decode(errors='replace')


def values_of(rows):
    return collections.Counter(value for row in rows.splitlines() for cell in row.split('\t') for value in cell.split('|') if value)


def in_fields(programs, file):
    return values_of(tshark(programs, file, *FIELDS))


def in_fields_and_trees(programs, file):
    """Counts by name, of events and errors: of the fields, and of the statistics."""
    text = tshark(programs, file, *FIELDS, '-z', 'ipmon_events,tree', '-z', 'ipmon_errors,tree')
    rows, *trees = re.split(r'^=+\n', text, flags=re.M)
    counted = collections.Counter()
    for tree in trees:
        group = re.search(r'^(?:Event|Error) .*\n((?: .*\n)*)', tree, re.M)
        for name, count in re.findall(r'^ +(\S+) +(\d+) ', group[1] if group else '', re.M):
            counted[name] += int(count)
    return values_of(rows), counted


def in_expert(programs, file):
    text = tshark(programs, file, '-q', '-z', 'expert')
    counted = collections.Counter()
    for count, name in re.findall(r'^ *(\d+) +\S.*? IP Monitor +(?:Socket error: (?:likely )?)?([\w-]+)[: ]', text, re.M):
        counted[name] += int(count)
    return counted


def differences(programs, file):
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        both = pool.submit(in_fields_and_trees, programs, file)
        others = [pool.submit(count, programs, file) for count in (in_expert, in_fields)]
    fields, trees = both.result()
    expert, alone = [other.result() for other in others]
    found = [f'{name}: fields {fields[name]}, without statistics {alone[name]}, statistics {trees[name]}, expert {expert[name]}'
             for name in sorted({*fields, *alone, *trees, *expert})
             if not fields[name] == alone[name] == trees[name] == expert[name]]
    return found, fields


@pytest.mark.parametrize('change', CHANGES.values(), ids=CHANGES)
def test_fields_statistics_and_expert_agree(programs, corpus, tmp_path, change):
    files = changed(corpus, tmp_path, change)
    found, counted = differences(programs, joined(files, programs.readable('all.pcapng')))
    assert counted.total() > 10
    if found:  # which files it is
        for file in files:
            file.chmod(0o644)
            found += [f'{corpus[int(file.stem)].name}: {line}'
                      for line in differences(programs, joined([file], programs.readable('one.pcapng')))[0]]
    assert not found, '\n'.join(found)


@pytest.mark.parametrize('link_type,frame,captured,expected', FRAMES.values(), ids=FRAMES)
def test_frames_that_break_off(programs, link_type, frame, captured, expected):
    file = write_pcap(programs.readable('frame.pcap'), [frame], link_type, captured or 262144)
    found, counted = differences(programs, file)
    assert not found
    assert sorted(counted.elements()) == sorted(expected)
