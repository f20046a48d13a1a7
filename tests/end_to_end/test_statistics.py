# The statistics: each tree and table is compared with counts made from printed fields, in one pass
# and in two, with filters, and of files with more than can be shown.
# SPDX-License-Identifier: GPL-2.0-or-later
import collections
import json
import re
import struct
import subprocess

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPerror
from scapy.layers.inet6 import ICMPv6DestUnreach, IPv6
from scapy.layers.sctp import SCTP, SCTPChunkAbort, SCTPChunkInit
from scapy.packet import Raw
from scapy.utils import checksum

from capture_files import RAW, write_pcap
from programs import TIMEOUT

CLIENT, SERVER, ROUTER = '10.11.1.2', '10.11.2.2', '10.11.1.1'
CLIENT6, SERVER6, ROUTER6 = 'fd11:1::2', 'fd11:2::2', 'fd11:1::1'
PORTS = 40_000  # before those of the clients
PASSES = pytest.mark.parametrize('passes', [[], ['-2']], ids=['one pass', 'two passes'])
NOTE = 'One pass is not enough: use -2'
DUE = 'likely timeouts that only the end of the capture shows'
REPEATED = 'timeouts that were followed by a repetition or an answer'
HEADER = 'Protocol |Client |Server |Verdict |Reporter |Packets |First frame |Last frame |'


def report(programs, file, *arguments):
    result = programs.tshark('-n', '-r', file, '-q', *arguments)
    assert result.returncode == 0, result.stderr
    return result.stdout.decode()


def lines_of(text):
    """The lines of a tree, top down: the names from the root on, and the count."""
    path, lines = [], []
    for line in text.splitlines():
        match = re.match(r'( *)(\S.*?) {2,}(\d+) ', line)
        if match and not line.startswith('Topic'):
            path[len(match[1]):] = [match[2]]
            lines.append((tuple(path), int(match[3])))
    return lines


def tree(programs, file, *arguments, name='ipmon_errors', display_filter=''):
    lines = lines_of(report(programs, file, *arguments, '-z', f'{name},tree{display_filter}'))
    assert len(dict(lines)) == len(lines)
    return dict(lines)


def rows_of(text):
    """The rows of the table, as tuples of texts."""
    body = text.split(HEADER + '\nConnections\n')[1].split('====')[0]
    return [tuple(cell.strip() for cell in line.split('|')[:-1]) for line in body.splitlines() if line]


def connections(programs, file, *arguments, display_filter=''):
    return rows_of(report(programs, file, *arguments, '-z', f'ipmon_connections{display_filter}'))


def verdicts(programs, file, *arguments, display_filter=''):
    """Of each connection, by the number of its client."""
    return {int(row[1].rsplit(':', 1)[1]) - PORTS: row[3] for row in connections(programs, file, *arguments, display_filter=display_filter)}


# Packets.

def tcp(client, flags, seq=0, ack=0, data=b'', back=False):
    """Of a client by its number. Numbers of TCP are relative to the SYN of the sender, or of the other side."""
    own, other = (5000, 100) if back else (100, 5000)
    source, target, ports = (SERVER, CLIENT, (80, PORTS + client)) if back else (CLIENT, SERVER, (PORTS + client, 80))
    return IP(src=source, dst=target) / TCP(sport=ports[0], dport=ports[1], flags=flags, seq=own + seq,
                                            ack=other + ack if 'A' in flags else 0) / data


def unreachable(about, code=1, reporter=ROUTER):
    return IP(src=reporter, dst=about.src) / ICMP(type=3, code=code) / IPerror(bytes(about)[:28])


def opened(client):
    return [tcp(client, 'S'), tcp(client, 'SA', ack=1, back=True), tcp(client, 'A', 1, 1)]


def closed(client):
    return [*opened(client), tcp(client, 'PA', 1, 1, b'request'), tcp(client, 'PA', 1, 8, b'answer', back=True),
            tcp(client, 'FA', 8, 7), tcp(client, 'FA', 7, 9, back=True), tcp(client, 'A', 9, 8)]


def datagram(port, server_port=53):
    return IP(src=CLIENT, dst=SERVER) / UDP(sport=port, dport=server_port) / b'question'


def write(programs, packets, gap=1):
    return write_pcap(programs.readable('statistics.pcap'), packets, RAW, gap=gap)


def refusals6():
    about = IPv6(src=CLIENT6, dst=SERVER6) / UDP(sport=9, dport=53) / b'question'
    return IPv6(src=ROUTER6, dst=CLIENT6) / ICMPv6DestUnreach(code=1) / Raw(bytes(about))


# Packets by precedence, DSCP and ECN

@PASSES
def test_packets_by_type_of_service(programs, passes):
    packets = [IP(tos=tos) / UDP() for tos in (0, 0, 0x28, 0x28, 0x29, 0xB8, 0xBB, 0x0C, 0xE0)] + [IPv6(tc=0x28) / UDP()]
    file = write(programs, packets)
    counted = tree(programs, file, *passes, name='ipmon')
    tos = [int(row[0][0], 0) for row in programs.fields(file, ['ipmon.tos'])]
    assert len(tos) == len(packets)
    names = {0: 'Default (0)', 10: 'AF11 (10)', 46: 'EF (46)', 56: 'CS7 (56)'}
    for group, value in (('DSCP', lambda byte: names.get(byte >> 2, str(byte >> 2))),
                         ('ECN', lambda byte: ['Not-ECT', 'ECT(1)', 'ECT(0)', 'Congestion Experienced'][byte & 3]),
                         ('Precedence', lambda byte: ['Routine', 'Priority', '', '', '', 'CRITIC/ECP', '', 'Network Control'][byte >> 5])):
        found = {path[1]: count for path, count in counted.items() if path[0] == group and len(path) == 2}
        assert found == collections.Counter(value(byte) for byte in tos), group
        assert counted[(group,)] == len(tos)


# Socket errors

@pytest.fixture
def failures(programs):
    """Errors of several sockets at several endpoints, some of them repeated, one of an unknown socket."""
    other = IP(src=CLIENT, dst='10.11.2.3') / UDP(sport=4001, dport=53) / b'question'
    packets = [*[unreachable(datagram(port), 3, SERVER) for port in (4000, 4000, 4000, 4001)], unreachable(datagram(4002)),
               unreachable(other), unreachable(other), unreachable(other, 3, '10.11.2.3'), unreachable(other),
               tcp(1, 'S'), tcp(1, 'RA', -5000, 1, back=True), *opened(2), tcp(2, 'R', 1, back=True), refusals6()]
    snapshots = [50 if number == 8 else 1000 for number in range(len(packets))]
    return write_pcap(programs.readable('failures.pcap'), packets, RAW, snapshots, gap=1)


def expected_errors(programs, file, *arguments):
    """Counts by the lines of the tree, from fields that it does not use."""
    fields = ['ipmon.error.name', 'ipmon.error.socket', 'ip.src', 'ipv6.src']
    counted = collections.Counter()
    for (names, sockets, source, source6) in programs.fields(file, fields, *arguments):
        if not names:
            continue
        counted['Error',] += 1
        counted['Error', names[0]] += 1
        counted['Remote endpoint',] += 1
        local, _, remote = sockets[0].partition(' → ')
        path = ('Remote endpoint', remote or 'unknown')
        counted[path] += 1
        path += (names[0], (source or source6)[0])
        counted[path] += 1
        if remote:
            counted[path + (local,)] += 1
    return counted


def by_name_and_reporter(lines):
    """The lines of the tree, with a cause as its name and who reported it."""
    found = collections.Counter()
    for path, count in lines.items():
        if path[0] == 'Remote endpoint' and len(path) > 2:
            match = re.fullmatch(r'(?:likely )?(\w+): .*?, from .* (\S+)', path[2])
            path = path[:2] + match.groups() + path[3:]
        found[path] += count
    return found


@PASSES
def test_errors_by_endpoint_cause_and_socket(programs, failures, passes):
    lines = tree(programs, failures, *passes)
    assert by_name_and_reporter(lines) == expected_errors(programs, failures, *passes)
    assert lines['Remote endpoint', f'{SERVER}:53', f'EHOSTUNREACH: host unreachable, from router {ROUTER}', f'UDP {CLIENT}:4002'] == 1
    assert lines['Remote endpoint', f'{SERVER}:53', f'ECONNREFUSED: port unreachable, from target {SERVER}', f'UDP {CLIENT}:4000'] == 3
    assert lines['Remote endpoint', f'[{SERVER6}]:53', f'EACCES: communication prohibited, from router {ROUTER6}',
                 f'UDP [{CLIENT6}]:9'] == 1


@PASSES
def test_the_largest_counts_come_first(programs, failures, passes):
    text = report(programs, failures, *passes, '-z', 'ipmon_errors,tree')
    children = collections.defaultdict(list)
    for path, count in lines_of(text):
        children[path[:-1]].append(count)
    assert len(children) > 5 and any(len(set(counts)) > 1 for counts in children.values())
    del children[()]  # the groups
    assert all(counts == sorted(counts, reverse=True) for counts in children.values())


@PASSES
def test_errors_with_a_filter(programs, failures, passes):
    lines = tree(programs, failures, *passes, display_filter=f',ip.src=={ROUTER}')
    assert by_name_and_reporter(lines) == expected_errors(programs, failures, '-Y', f'ip.src=={ROUTER}', *passes)
    assert lines['Error',] == 4 and lines['Remote endpoint', 'unknown'] == 1


def timeouts_in(lines):
    return lines.get(('Error', 'ETIMEDOUT'), 0)


# Segments, and what one pass cannot know of them: timeouts that are due, and that were reported too early.
WAITING = {
    'a SYN alone': ([tcp(1, 'S')], 0, 0),
    'repeated': ([tcp(1, 'S')] * 3, 1, 0),
    'of two sockets': ([tcp(1, 'S'), tcp(2, 'S')] * 3, 2, 0),
    'then answered': ([*[tcp(1, 'S')] * 3, tcp(1, 'SA', ack=1, back=True)], 0, 0),
    'then refused': ([*[tcp(1, 'S')] * 3, tcp(1, 'RA', -5000, 1, back=True)], 0, 0),
    'as often as Linux does': ([tcp(1, 'S')] * 11, 0, 0),
    'more often': ([tcp(1, 'S')] * 13, 0, 2),
    'more often, then answered': ([*[tcp(1, 'S')] * 11, tcp(1, 'SA', ack=1, back=True)], 0, 1),
    'data': ([*opened(1), *[tcp(1, 'PA', 1, 1, b'lost')] * 4], 1, 0),
    'data, and less often': ([*opened(1), *[tcp(1, 'PA', 1, 1, b'lost')] * 3], 0, 0),
    'then another connection': ([*[tcp(1, 'S')] * 3, tcp(1, 'S', 50_000), tcp(1, 'SA', ack=50_001, back=True)], 1, 0),
    'other errors': ([unreachable(datagram(1))] * 2, 0, 0),
}


@pytest.mark.parametrize('packets, due, repeated', WAITING.values(), ids=WAITING)
def test_one_pass_says_what_two_would_show(programs, packets, due, repeated):
    file = write(programs, packets)
    one, two = tree(programs, file), tree(programs, file, '-2')
    assert (one.get((NOTE, DUE), 0), one.get((NOTE, REPEATED), 0), one.get((NOTE,), 0)) == (due, repeated, due + repeated)
    assert timeouts_in(two) - timeouts_in(one) == due - repeated
    assert not {NOTE, DUE, REPEATED} & {name for path in two for name in path}
    if due + repeated == 0:
        assert one == two and NOTE not in report(programs, file, '-z', 'ipmon_errors,tree')


def test_the_note_is_about_what_the_filter_leaves(programs):
    file = write(programs, [tcp(1, 'S'), tcp(2, 'S')] * 3)
    assert tree(programs, file, display_filter=',tcp.port==40002')[NOTE,] == 1
    assert tree(programs, file, display_filter=',tcp.port==40003') == {('Error',): 0, ('Remote endpoint',): 0}


# Connections: packets, and verdicts in one pass and in two.
VERDICTS = {
    'closed': (closed(1), 'ok'),
    'reset after the end': ([*closed(1), tcp(1, 'R', 9, back=False)], 'ok'),
    'established': (opened(1), 'still open'),
    'half open': (opened(1)[:2], 'half open'),
    'refused': ([tcp(1, 'S'), tcp(1, 'RA', -5000, 1, back=True)], 'refused'),
    'refused three times, as Windows does': ([tcp(1, 'S'), tcp(1, 'RA', -5000, 1, back=True)] * 3, 'refused'),
    'reset by client': ([*opened(1), tcp(1, 'R', 1)], 'reset by client'),
    'reset by server': ([*opened(1), tcp(1, 'R', 1, back=True)], 'reset by server'),
    'reset alone': ([tcp(1, 'R', 1, back=True)], 'likely reset by server'),
    'no answer': ([tcp(1, 'S')], 'never answered'),
    'no answer to repetitions': ([tcp(1, 'S')] * 3, 'never answered', 'likely timed out'),
    'no answer to as many as Linux sends': ([tcp(1, 'S')] * 11, 'likely timed out'),
    'data without an answer': ([*opened(1), *[tcp(1, 'PA', 1, 1, b'lost')] * 4], 'still open', 'likely timed out'),
    'data of the server without an answer': ([*opened(1), *[tcp(1, 'PA', 1, 1, b'lost', back=True)] * 4], 'still open',
                                             'likely timed out at server'),
    'ICMP error': ([tcp(1, 'S'), unreachable(tcp(1, 'S'))], 'EHOSTUNREACH'),
    'ICMP error of the target': ([tcp(1, 'S'), unreachable(tcp(1, 'S'), 3, SERVER)], 'ECONNREFUSED'),
    'ICMP error about data': ([*opened(1), tcp(1, 'PA', 1, 1, b'x'), unreachable(tcp(1, 'PA', 1, 1, b'x'))], 'still open'),
    'ICMP error, then no answer': ([*opened(1), *[tcp(1, 'PA', 1, 1, b'x'), unreachable(tcp(1, 'PA', 1, 1, b'x'))] * 4],
                                   'still open', 'likely timed out (EHOSTUNREACH)'),
}


@pytest.mark.parametrize('packets, one, two', [(row[0], row[1], row[-1]) for row in VERDICTS.values()], ids=VERDICTS)
def test_verdicts(programs, packets, one, two):
    file = write(programs, packets)
    for passes, verdict in (([], one), (['-2'], two)):
        [row] = connections(programs, file, *passes)
        assert row[:4] == ('TCP', f'{CLIENT}:{PORTS + 1}', f'{SERVER}:80', verdict)
        assert row[5:] == (str(len(packets)), '1', str(len(packets)))


def test_who_reported_the_error(programs):
    packets = [tcp(1, 'S'), unreachable(tcp(1, 'S')), tcp(2, 'S'), unreachable(tcp(2, 'S'), 3, SERVER),
               tcp(3, 'S'), tcp(3, 'RA', -5000, 1, back=True), *opened(4), *closed(5)]
    for passes in ([], ['-2']):
        rows = connections(programs, write(programs, packets), *passes)
        assert [row[4] for row in rows] == [f'router {ROUTER}', f'target {SERVER}', '', '', '']


@pytest.fixture
def many_verdicts(programs):
    """All exchanges of the table in one file, packet by packet in turn, each with a port of its own."""
    exchanges = []
    for number, (packets, *_) in enumerate(VERDICTS.values(), 1):
        exchanges.append([renumbered(packet, number) for packet in packets])
    packets = [exchange[at] for at in range(max(map(len, exchanges))) for exchange in exchanges if at < len(exchange)]
    return write(programs, packets)


def renumbered(packet, client):
    """The same of another client than the first."""
    raw = bytes(packet)
    old, new = PORTS + 1, PORTS + client
    replaced = {struct.pack('>HH', old, 80): struct.pack('>HH', new, 80), struct.pack('>HH', 80, old): struct.pack('>HH', 80, new)}
    for old, new in replaced.items():
        at = 48 if raw[9] == 1 else 20
        if raw[at:at + 4] == old:
            raw = raw[:at] + new + raw[at + 4:]
    changed = IP(raw)
    if packet[IP].proto == 6 and packet[TCP].chksum is None:
        del changed[TCP].chksum
    if packet[IP].proto == 1:
        del changed[ICMP].chksum
    return changed


@PASSES
def test_connections_of_one_file(programs, many_verdicts, passes):
    """Each has its own verdict; packets and frames are those that the fields name."""
    fields = ['frame.number', 'tcp.srcport', 'tcp.dstport', 'icmp.type']
    frames = collections.defaultdict(list)
    for number, sources, targets, _ in programs.fields(many_verdicts, fields):
        frames[max(int(sources[-1]), int(targets[-1])) - PORTS].append(number[0])
    rows = connections(programs, many_verdicts, *passes)
    assert {int(row[1].split(':')[1]) - PORTS: (row[3], *row[5:]) for row in rows} == {
        client: (expected[-1 if passes else 1], str(len(frames[client])), frames[client][0], frames[client][-1])
        for client, expected in enumerate(VERDICTS.values(), 1)}
    assert [int(row[6]) for row in rows] == sorted(int(row[6]) for row in rows)


@PASSES
def test_segments_that_are_discarded(programs, passes):
    """A sender whose other sums are right left none to its card."""
    wrong = tcp(2, 'S')
    wrong[TCP].chksum = 1
    assert verdicts(programs, write(programs, [*closed(1), wrong]), *passes) == {1: 'ok', 2: 'unknown'}


@PASSES
def test_connections_that_reuse_their_ports(programs, passes):
    again = [tcp(1, 'S', 50_000), tcp(1, 'RA', -5000, 50_001, back=True)]
    last = [tcp(1, 'S', 90_000), tcp(1, 'SA', 60_000, 90_001, back=True), tcp(1, 'A', 90_001, 60_001)]
    file = write(programs, [*closed(1), *again, *again, *last])
    count = len(closed(1))
    assert [row[3:4] + row[5:] for row in connections(programs, file, *passes)] == [
        ('ok', str(count), '1', str(count)), ('refused', '4', str(count + 1), str(count + 4)),
        ('still open', '3', str(count + 5), str(count + 7))]


def test_a_connection_that_is_replaced_gets_its_last_verdict(programs):
    """In one pass, too: that no repetition follows is then known."""
    file = write(programs, [*[tcp(1, 'S')] * 3, tcp(1, 'S', 50_000), tcp(1, 'SA', ack=50_001, back=True)])
    for passes in ([], ['-2']):
        assert [row[3] for row in connections(programs, file, *passes)] == ['likely timed out', 'half open']


@PASSES
def test_a_filter_restricts_the_connections(programs, many_verdicts, passes):
    everything = connections(programs, many_verdicts, *passes)
    two = connections(programs, many_verdicts, *passes, display_filter=',tcp.port in {40002, 40003}')
    assert two == [row for row in everything if row[1] in (f'{CLIENT}:{PORTS + 2}', f'{CLIENT}:{PORTS + 3}')]
    failed = verdicts(programs, many_verdicts, *passes, display_filter=',ipmon.error')
    assert set(failed.values()) >= {'refused', 'reset by client', 'reset by server', 'EHOSTUNREACH', 'ECONNREFUSED'}
    assert not set(failed.values()) & {'ok', 'half open', 'never answered'}
    assert connections(programs, many_verdicts, *passes, display_filter=',udp') == []


def test_other_demands_change_no_verdict(programs, many_verdicts):
    alone = connections(programs, many_verdicts)
    for arguments in (['-z', 'ipmon_errors,tree'], ['-z', 'expert'], ['-Y', 'tcp'], ['-V']):
        assert connections(programs, many_verdicts, *arguments) == alone


@PASSES
def test_ipv6_and_sctp(programs, passes):
    six = IPv6(src=CLIENT6, dst=SERVER6) / TCP(sport=4000, dport=443, flags='S', seq=1)
    back = IPv6(src=SERVER6, dst=CLIENT6) / TCP(sport=443, dport=4000, flags='RA', seq=0, ack=2)
    init = IP(src=CLIENT, dst=SERVER) / SCTP(sport=5000, dport=7, tag=0) / SCTPChunkInit(init_tag=77)
    abort = IP(src=SERVER, dst=CLIENT) / SCTP(sport=7, dport=5000, tag=77) / SCTPChunkAbort()
    rows = connections(programs, write(programs, [six, back, init, abort]), *passes)
    assert rows == [('TCP', f'[{CLIENT6}]:4000', f'[{SERVER6}]:443', 'refused', '', '2', '1', '2'),
                    ('SCTP', f'{CLIENT}:5000', f'{SERVER}:7', 'likely refused', '', '2', '3', '4')]


@PASSES
def test_a_capture_that_began_late(programs, passes):
    """The end with the lower port counts as the server."""
    packets = [tcp(1, 'PA', 1, 1, b'x', back=True), tcp(1, 'A', 1, 2)]
    assert connections(programs, write(programs, packets), *passes) == [
        ('TCP', f'{CLIENT}:{PORTS + 1}', f'{SERVER}:80', 'still open', '', '2', '1', '2')]


# Files with more than can be shown

def header(protocol, source, target, payload):
    bytes_ = struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(payload), 1, 0, 64, protocol, 0) + source + target
    return bytes_[:10] + struct.pack('>H', checksum(bytes_)) + bytes_[12:] + payload


def requests(count):
    """SYNs of as many connections, without a checksum, as a card gets them."""
    server = bytes([10, 0, 0, 1])
    for number in range(count):
        client = struct.pack('>I', 0x0A020000 + number // 50_000)
        pseudo = checksum(client + server + struct.pack('>HH', 6, 20)) ^ 0xFFFF
        yield header(6, client, server, struct.pack('>HHIIHHHH', 1024 + number % 50_000, 80, 100, 0, 0x5002, 8192, pseudo, 0))


def test_a_table_has_100000_rows_at_most(programs):
    shown, more = 100_000, 250
    file = write_pcap(programs.readable('flood.pcap'), list(requests(shown + more)), RAW)
    rows = connections(programs, file)
    assert len(rows) == shown + 1 and len(set(rows)) == len(rows)
    assert all(row[3] == 'never answered' and row[5] == '1' for row in rows[:shown])
    assert rows[shown] == ('', 'other connections', '', '', '', str(more), str(shown + 1), str(shown + more))


# The count of packets

def packet_count(programs, file, *arguments, display_filter=''):
    """Packets, bytes, captured bytes."""
    text = report(programs, file, *arguments, '-z', f'ipmon_packets{display_filter}').split('Packet Count\n')[1]
    return [int(number) for number in re.findall(r'^[PBC].* (\d+)$', text, re.MULTILINE)]


@PASSES
def test_packets_with_a_quote_that_was_cut_off_count(programs, passes):
    """Wireshark's own statistics leave them out, as all packets with an error."""
    quoted = IP(src=CLIENT, dst=SERVER) / UDP(sport=PORTS, dport=7) / bytes(100)
    packets = [quoted, IP(src=SERVER, dst=CLIENT) / ICMP(type=3, code=3) / quoted]
    file = write_pcap(programs.readable('cut.pcap'), packets * 3, RAW, snapshot=68)
    assert 'frames:3' in report(programs, file, *passes, '-z', 'io,phs')
    assert packet_count(programs, file, *passes) == [6, 3 * sum(map(len, packets)), 6 * 68]
    assert packet_count(programs, file, *passes, display_filter=',icmp') == [3, 3 * len(packets[1]), 3 * 68]


@pytest.mark.parametrize('option, line', [
    (',no.such', "Couldn't register the statistic ipmon_packets: "), ('x', 'Invalid -z argument "ipmon_packetsx"')])
def test_a_count_that_is_refused(programs, option, line):
    file = write_pcap(programs.readable('one.pcap'), [IP() / UDP()], RAW)
    result = programs.tshark('-r', file, '-q', '-z', f'ipmon_packets{option}')
    assert result.returncode != 0 and line in result.stderr.decode()


# sharkd

def asked(programs, file, *taps):
    """What sharkd answers for each tap."""
    lines = [{'method': 'load', 'params': {'file': str(file)}},
             *[{'method': 'tap', 'params': {'tap0': tap}} for tap in taps]]
    text = ''.join(json.dumps({'jsonrpc': '2.0', 'id': number} | line) + '\n' for number, line in enumerate(lines, 1))
    result = subprocess.run(programs.command(['sharkd', '-']), env=programs.environment(), input=text.encode(),
                            capture_output=True, timeout=TIMEOUT, cwd=programs.stage)
    answers = [json.loads(line) for line in result.stdout.decode().splitlines() if line.startswith('{')]
    assert len(answers) == len(lines), result.stderr
    return [answer['result']['taps'][0] for answer in answers[1:]]


def test_sharkd_has_them_too(programs, many_verdicts):
    errors, table = asked(programs, many_verdicts, 'stat:ipmon_errors', 'nstat:ipmon_connections')

    def walk(nodes, path=()):
        for node in nodes:
            yield path + (node['name'],), node['count']
            yield from walk(node.get('sub', ()), path + (node['name'],))

    assert dict(walk(errors['stats'])) == tree(programs, many_verdicts, '-2')
    rows = [tuple(str(cell) for cell in row) for row in table['tables'][0]['i']]
    assert rows == connections(programs, many_verdicts, '-2')
    assert [field['c'] for field in table['fields']] == [name.strip() for name in HEADER.split('|')[:-1]]
