# Floods of errors from sockets that do not exist: what is kept and shown of each has an end.
# SPDX-License-Identifier: GPL-2.0-or-later
import collections
import re
import struct

import pytest
from scapy.utils import checksum

from capture_files import RAW, write_pcap

SHOWN = 10_000   # lines for sockets
SOCKETS = 10_500
REPEATED = range(SOCKETS - 5, SOCKETS)  # these get two errors, the others one
OTHERS = 'other sockets'


HOST, SERVER = b'\xc0\0\2\1', 0x0A000000


def ip(protocol, source, target, payload):
    header = struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(payload), 1, 0, 64, protocol, 0) + source + target
    return header[:10] + struct.pack('>H', checksum(header)) + header[12:] + payload


def refusal(number):
    """That nobody listens where a socket of its own port sent a datagram to."""
    server = struct.pack('>I', SERVER + number)
    quote = ip(17, HOST, server, struct.pack('>HHHH', 1024 + number, 53, 8, 0))
    message = struct.pack('>BBHI', 3, 3, 0, 0) + quote
    return ip(1, server, HOST, message[:2] + struct.pack('>H', checksum(message)) + message[4:])


@pytest.fixture
def flood(programs):
    return write_pcap(programs.readable('flood.pcap'), [refusal(number) for number in (*range(SOCKETS), *REPEATED)], RAW)


def lines_of(programs, file, *arguments, filter=''):
    """What the statistic counts, by the name of the socket."""
    text = programs.tshark('-n', *arguments, '-r', file, '-q', '-z', 'ipmon_errors,tree' + filter).stdout.decode()
    group = re.search(r'^Socket .*\n((?: .*\n)*)', text, re.M)
    return collections.Counter({name: int(count) for name, count in re.findall(r'^ (\S.*?) +(\d+) ', group[1], re.M)})


def address_of(number):
    return '.'.join(str(byte) for byte in struct.pack('>I', SERVER + number))


def name_of(number):
    return f'UDP 192.0.2.1:{1024 + number} → {address_of(number)}:53'


def test_the_first_sockets_get_a_line(programs, flood):
    lines = lines_of(programs, flood)
    assert len(lines) == SHOWN + 1
    assert lines[OTHERS] == SOCKETS - SHOWN + len(REPEATED)
    assert all(lines[name_of(number)] == 1 for number in range(SHOWN))


def test_with_two_passes_those_with_the_most_errors(programs, flood):
    lines = lines_of(programs, flood, '-2')
    assert len(lines) == SHOWN + 1
    assert lines[OTHERS] == SOCKETS - SHOWN
    assert all(lines[name_of(number)] == 2 for number in REPEATED)
    assert all(lines[name_of(number)] == 1 for number in range(SHOWN - len(REPEATED)))


@pytest.mark.parametrize('arguments', [[], ['-2']])
def test_a_filter_makes_its_own_choice(programs, flood, arguments):
    last = SOCKETS - len(REPEATED) - 1
    lines = lines_of(programs, flood, *arguments, filter=f',frame.number>{last}')
    assert lines == {name_of(last): 1, **{name_of(number): 2 for number in REPEATED}}


def test_expert_items_have_one_text_for_all_sockets(programs, flood):
    text = programs.tshark('-n', '-r', flood, '-q', '-z', 'expert').stdout.decode()
    items = re.findall(r'^ *(\d+) .*IP Monitor +(.*)', text, re.M)
    assert items == [(str(SOCKETS + len(REPEATED)), text) for text in (
        'Socket error: ECONNREFUSED from target: port unreachable',
        'icmp_error-start: a host or router reports that it could not handle a packet')]
