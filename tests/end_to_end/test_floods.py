# Floods of errors from sockets that do not exist: what is kept and shown of each has an end.
# SPDX-License-Identifier: GPL-2.0-or-later
import collections
import re
import struct

import pytest
from scapy.utils import checksum

from capture_files import RAW, write_pcap

# Lines for sockets, and for remote endpoints.
SOCKETS_SHOWN, REMOTES_SHOWN = 10_000, 2_000
MORE = 500
REPEATED = 5  # the last ones get two errors each, the others one


HOST, SERVER = b'\xc0\0\2\1', 0x0A000000


def ip(protocol, source, target, payload):
    header = struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(payload), 1, 0, 64, protocol, 0) + source + target
    return header[:10] + struct.pack('>H', checksum(header)) + header[12:] + payload


def refusal(port, server):
    """That nobody listens where a socket sent a datagram to."""
    server = struct.pack('>I', SERVER + server)
    quote = ip(17, HOST, server, struct.pack('>HHHH', 1024 + port, 53, 8, 0))
    message = struct.pack('>BBHI', 3, 3, 0, 0) + quote
    return ip(1, server, HOST, message[:2] + struct.pack('>H', checksum(message)) + message[4:])


def flood_of(programs, count, refusal_of):
    numbers = (*range(count), *range(count - REPEATED, count))
    return write_pcap(programs.readable('flood.pcap'), [refusal_of(number) for number in numbers], RAW)


@pytest.fixture
def sockets(programs):
    """Many sockets of one host, at one server."""
    return flood_of(programs, SOCKETS_SHOWN + MORE, lambda number: refusal(number, 0))


@pytest.fixture
def servers(programs):
    """A socket each at many servers."""
    return flood_of(programs, REMOTES_SHOWN + MORE, lambda number: refusal(0, number))


def children_of(programs, file, parent, *arguments, filter=''):
    """What the lines below a line count, by their names."""
    text = programs.tshark('-n', *arguments, '-r', file, '-q', '-z', 'ipmon_errors,tree' + filter).stdout.decode()
    group = re.search(rf'^( *){parent} .*\n((?:\1 .*\n)*)', text, re.M)
    deeper = rf'^{group[1]} (\S.*?) +(\d+) '
    return collections.Counter({name: int(count) for name, count in re.findall(deeper, group[2], re.M)})


def sockets_in(programs, file, *arguments, filter=''):
    return children_of(programs, file, 'ECONNREFUSED: .*', *arguments, filter=filter)


def remotes_in(programs, file, *arguments, filter=''):
    return children_of(programs, file, 'Remote endpoint', *arguments, filter=filter)


def address_of(number):
    return '.'.join(str(byte) for byte in struct.pack('>I', SERVER + number))


def socket_of(number):
    return f'UDP 192.0.2.1:{1024 + number}'


def server_of(number):
    return f'{address_of(number)}:53'


# The file, what lists its lines, how many there are, their names, and the name of the line for all others.
FLOODS = {'sockets': (sockets_in, SOCKETS_SHOWN, socket_of, 'other sockets'),
          'servers': (remotes_in, REMOTES_SHOWN, server_of, 'other endpoints')}


@pytest.fixture(params=FLOODS)
def flood(request):
    return request.getfixturevalue(request.param), *FLOODS[request.param]


def test_the_first_ones_get_a_line(programs, flood):
    file, lines_in, shown, name_of, others = flood
    lines = lines_in(programs, file)
    assert lines == {others: MORE + REPEATED, **{name_of(number): 1 for number in range(shown)}}


def test_with_two_passes_those_with_the_most_errors(programs, flood):
    file, lines_in, shown, name_of, others = flood
    lines = lines_in(programs, file, '-2')
    assert lines == {others: MORE, **{name_of(number): 2 for number in range(shown + MORE - REPEATED, shown + MORE)},
                     **{name_of(number): 1 for number in range(shown - REPEATED)}}


@pytest.mark.parametrize('arguments', [[], ['-2']])
def test_a_filter_makes_its_own_choice(programs, flood, arguments):
    file, lines_in, shown, name_of, _ = flood
    count = shown + MORE
    lines = lines_in(programs, file, *arguments, filter=f',frame.number>{count - REPEATED - 1}')
    assert lines == {name_of(count - REPEATED - 1): 1, **{name_of(number): 2 for number in range(count - REPEATED, count)}}


@pytest.mark.parametrize('arguments', [[], ['-2']])
def test_a_server_with_many_sockets_has_a_line(programs, arguments):
    """Though each socket of it has no more errors than those of the servers before it."""
    last = REMOTES_SHOWN + MORE
    file = write_pcap(programs.readable('flood.pcap'), [refusal(0, number) for number in range(last)] +
                      [refusal(number, last) for number in range(MORE)], RAW)
    lines = remotes_in(programs, file, *arguments)
    if arguments:
        assert lines[server_of(last)] == MORE and lines['other endpoints'] == MORE + 1
    else:
        assert lines['other endpoints'] == 2 * MORE
    assert sum(lines.values()) == last + MORE


def test_errors_from_many_reporters_share_a_line(programs):
    """Forged errors about one server, each from another router."""
    shown = 4_000
    quote = ip(17, HOST, struct.pack('>I', SERVER), struct.pack('>HHHH', 1024, 53, 8, 0))
    message = struct.pack('>BBHI', 3, 1, 0, 0) + quote
    message = message[:2] + struct.pack('>H', checksum(message)) + message[4:]
    file = write_pcap(programs.readable('flood.pcap'),
                      [ip(1, struct.pack('>I', 0xAC100000 + number), HOST, message) for number in range(shown + MORE)], RAW)
    lines = children_of(programs, file, re.escape(server_of(0)))
    assert len(lines) == shown + 1 and lines['other errors'] == MORE


def test_expert_items_have_one_text_for_all_sockets(programs, sockets):
    text = programs.tshark('-n', '-r', sockets, '-q', '-z', 'expert').stdout.decode()
    items = re.findall(r'^ *(\d+) .*IP Monitor +(.*)', text, re.M)
    assert items == [(str(SOCKETS_SHOWN + MORE + REPEATED), text) for text in (
        'Socket error: ECONNREFUSED from target: port unreachable',
        'icmp_error-start: a host or router reports that it could not handle a packet')]
