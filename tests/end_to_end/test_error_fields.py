# The typed fields of socket errors: the socket's ends, the reporter and its kind, the reason, how often
# the error occurred; hints by cause; severities.
# SPDX-License-Identifier: GPL-2.0-or-later
import re
import struct

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPerror
from scapy.layers.inet6 import (ICMPv6DestUnreach, ICMPv6TimeExceeded, IPerror6, IPv6)
from scapy.layers.sctp import SCTP, SCTPChunkAbort

from capture_files import ETHERNET, FROM_US, TO_US, write_pcap, write_pcapng
from dissecting import ether, shown
from socket_errors import HERE, HERE6, ROUTER, ROUTER6, SENT, SENT6, THERE, THERE6, icmp

ENDS = ['error.protocol', 'error.local.address', 'error.local.address6', 'error.local.port', 'error.remote.address',
        'error.remote.address6', 'error.remote.port']
REPORT = ['error.reporter', 'error.reporter6', 'error.reporter.kind', 'error.reason']
OF_SENT = ['17', HERE, None, '4000', THERE, None, '9']
OF_SENT6 = ['17', None, HERE6, '4000', None, THERE6, '9']


def icmp6(code, quoted=SENT6, source=ROUTER6, length=None):
    return IPv6(src=source, dst=HERE6) / ICMPv6DestUnreach(code=code) / IPerror6(bytes(quoted)[:length])


def icmp_from(source, type_, code, quoted=SENT, destination=HERE):
    return IP(src=source, dst=destination) / ICMP(type=type_, code=code) / IPerror(bytes(quoted))


def tcp(way, flags, sequence, acknowledgment=0, payload=b'', **fields):
    ends, ports = ({'src': HERE, 'dst': THERE}, (3000, 80)) if way == '>' else ({'src': THERE, 'dst': HERE}, (80, 3000))
    return IP(**ends, **fields) / TCP(sport=ports[0], dport=ports[1], flags=flags, seq=sequence, ack=acknowledgment) / payload


# A packet, the ends of the socket, and who reports what.
FIELDS = [
    (icmp(3, 3), OF_SENT, [ROUTER, None, 'router', 'port unreachable']),
    (icmp_from(THERE, 3, 3), OF_SENT, [THERE, None, 'target', 'port unreachable']),
    (icmp(3, 13), OF_SENT, [ROUTER, None, 'router', 'communication prohibited']),
    (icmp(3, 1, IP(src=HERE, dst=THERE) / ICMP()), ['1', HERE, None, None, THERE, None, None],
     [ROUTER, None, 'router', 'host unreachable']),
    (icmp6(4), OF_SENT6, [None, ROUTER6, 'router', 'port unreachable']),
    (icmp6(4, source=THERE6), OF_SENT6, [None, THERE6, 'target', 'port unreachable']),
    (icmp(3, 1, IP(src='192.0.2.1', dst='192.0.2.2') / SENT6), OF_SENT6, [ROUTER, None, 'router', 'host unreachable']),
    (tcp('<', 'RA', 0, 1), ['6', HERE, None, '3000', THERE, None, '80'], [THERE, None, 'target', 'connection refused']),
    (IPv6(src=THERE6, dst=HERE6) / TCP(sport=80, dport=3000, flags='R', seq=5),
     ['6', None, HERE6, '3000', None, THERE6, '80'], [None, THERE6, 'target', 'connection reset by the other side']),
    (IP(src=THERE, dst=HERE) / SCTP(sport=2, dport=1, tag=5) / SCTPChunkAbort(),
     ['132', HERE, None, '1', THERE, None, '2'], [THERE, None, 'target', 'association aborted by the other side']),
]


def test_fields(annotate):
    rows = annotate([ether(case[0]) for case in FIELDS], ENDS + REPORT, ETHERNET)
    for (packet, ends, report), row in zip(FIELDS, rows, strict=True):
        assert row == [[value] if value else [] for value in ends + report], packet.summary()


def test_a_socket_that_is_unknown_has_no_address(annotate):
    """The quote was sent whole, and cut by the snapshot length."""
    packet = ether(icmp(3, 3))
    for length in range(14 + 20 + 8, 14 + 20 + 8 + 28):
        [row] = annotate([packet], ['error.name', 'error.socket', *ENDS, *REPORT], ETHERNET, length)
        assert row == [['ECONNREFUSED'], ['unknown'], *[[]] * len(ENDS), [ROUTER], [], ['router'], ['port unreachable']]


def test_filters(programs):
    file = write_pcap(programs.readable('filters.pcap'), [ether(case[0]) for case in FIELDS] + [ether(SENT)], ETHERNET)
    for display_filter, count in (
            ('ipmon.error.remote.address == 10.9.0.0/16', 6), ('ipmon.error.remote.address6 == 2001:db8::/64', 4),
            ('ipmon.error.local.port == 4000', 6), ('ipmon.error.remote.port in {80, 2}', 3),
            ('ipmon.error.reporter == 10.9.0.254', 4), ('ipmon.error.reporter6 == 2001:db8::2', 2),
            ('ipmon.error.reporter.kind == "target"', 5), ('ipmon.error.protocol == 17', 6),
            ('ipmon.error.reason contains "prohibited"', 1), ('ipmon.error contains "ECONNREFUSED"', 5),
            ('ipmon.error matches "^ECONNREFUSED "', 5)):
        assert shown(programs, file, display_filter) == count, display_filter
    assert programs.tshark('-n', '-r', file, '-Y', 'ipmon.error.remote.address == 2001:db8::1').returncode != 0


def test_a_likely_error_begins_with_its_name_too(annotate):
    late = [tcp('>', 'PA', 101, 501, b'x'), tcp('<', 'R', 501)]
    assert annotate([ether(packet) for packet in late], ['error'], ETHERNET)[1] == [
        ['ECONNRESET (104), WSAECONNRESET (10054), likely: connection reset by the other side']]


ETHERNET0, LO = 0, 1
REFUSED = IP(src=THERE, dst=HERE) / TCP(sport=80, dport=3001, flags='RA', seq=0, ack=1)
OWN_TO_OWN = {'quoted': IP(src=HERE, dst='10.9.0.77') / UDP(sport=4000, dport=9) / b'question'}
# Interface, flags and packet; kind of the reporter, and the hint.
REPORTERS = [
    (ETHERNET0, FROM_US, icmp(3, 3), 'capturing host', 'The capturing host, not the target, refused it: see its firewall.'),
    (ETHERNET0, FROM_US, icmp(11, 0), 'capturing host', 'Look for a routing loop, or send with a larger time to live.'),
    (ETHERNET0, FROM_US, icmp_from(THERE, 3, 3), 'target', 'See whether a program listens on that address and port.'),
    (ETHERNET0, TO_US, icmp(3, 3), 'router', f'{ROUTER}, not the target, refused it: a firewall or router.'),
    (ETHERNET0, 0, icmp(3, 2), 'router', f'{ROUTER}, not the target, refused it: a firewall or router.'),
    (ETHERNET0, 0, icmp6(4), 'router', f'{ROUTER6}, not the target, refused it: a firewall or router.'),
    (ETHERNET0, TO_US, icmp(3, 13), 'router', f'It is administratively prohibited by {ROUTER}. '
     'Ask who filters this traffic: a firewall rejected it.'),
    (ETHERNET0, TO_US, icmp(3, 9), 'router', f'It is administratively prohibited by {ROUTER}. Ask who filters traffic to that network.'),
    (ETHERNET0, TO_US, icmp(3, 10), 'router', f'It is administratively prohibited by {ROUTER}. Ask who filters traffic to that host.'),
    (ETHERNET0, TO_US, icmp6(1), 'router', f'It is administratively prohibited by {ROUTER6}. '
     'Ask who filters this traffic: a firewall rejected it.'),
    (ETHERNET0, TO_US, icmp6(5), 'router', f'It is administratively prohibited by {ROUTER6}. '
     'Send from an address that the router accepts.'),
    (ETHERNET0, TO_US, icmp6(6), 'router', f'It is administratively prohibited by {ROUTER6}. '
     'Ask who put the rejecting route into the router.'),
    (LO, 0, icmp_from(HERE, 3, 1, **OWN_TO_OWN), "capturing host's neighbour table",
     'The capturing host got no ARP/ND answer from 10.9.0.77, or from the gateway to it.'),
    (LO, 0, icmp6(3, source=HERE6), "capturing host's neighbour table",
     f'The capturing host got no ARP/ND answer from {THERE6}, or from the gateway to it.'),
    (LO, 0, icmp_from(HERE, 3, 3, **OWN_TO_OWN), 'capturing host', 'The capturing host, not the target, refused it: see its firewall.'),
    (LO, 0, icmp_from('127.0.0.1', 3, 3, IP(src='127.0.0.1', dst='127.0.0.1') / UDP(sport=1, dport=2) / b'12345678', '127.0.0.1'),
     'target', 'See whether a program listens on that address and port.'),
    (LO, 0, tcp('<', 'RA', 0, 1), 'capturing host', 'The capturing host, not the target, refused it: see its firewall.'),
    (ETHERNET0, TO_US, REFUSED, 'target', 'See whether a program listens on that address and port. '
     'The capture lacks the beginning: NAT or server restarted?'),
]


def test_reporters_and_hints(programs):
    file = write_pcapng(programs.readable('reporters.pcapng'), [case[:3] for case in REPORTERS])
    rows = programs.fields(file, ['ipmon.error.reporter.kind', 'ipmon.error.hint'])
    assert rows == [[[kind], [hint]] for *_, kind, hint in REPORTERS]


def test_the_neighbour_table_and_the_event_agree(programs):
    """They name it in the same cases, and with the same words."""
    file = write_pcapng(programs.readable('reporters.pcapng'), [case[:3] for case in REPORTERS])
    rows = programs.fields(file, ['ipmon.event', 'ipmon.error.reporter.kind'])
    for events, [kind] in rows:
        assert ('ether_output-rtreject' in events) == (kind == "capturing host's neighbour table")
    text = programs.tshark('-n', '-r', file, '-V').stdout.decode()
    assert 'got no ARP/ND answer from a neighbour' in text


def test_a_reporter_inside_a_tunnel(annotate):
    """The direction is that of the frame, and says nothing of what the tunnel carries."""
    inner = icmp(3, 3)
    packet = ether(IP(src='192.0.2.1', dst='192.0.2.2') / inner)
    assert annotate([packet], ['error.reporter', 'error.reporter.kind'], ETHERNET) == [[[ROUTER], ['router']]]


BASE = 'See whether the remote program ended or restarted, then connect again.'
OPEN = [tcp('>', 'S', 100), tcp('<', 'SA', 500, 101, ttl=58), tcp('>', 'A', 101, 501)]
# Packets, seconds before each, and the hint of the last one.
RESETS = {
    'at once': (OPEN + [tcp('<', 'R', 501, ttl=58)], 0, BASE),
    'after a silence': (OPEN + [tcp('<', 'R', 501, ttl=58)], [0, 0, 0, 301], f'{BASE} It came after 301.0 seconds without a packet.'),
    'another TTL': (OPEN + [tcp('<', 'R', 501, ttl=63)], 0,
                    f'{BASE} Its TTL 63 differs from 58 before: a box in between may have sent it.'),
    'the TTL of the other side does not matter': (OPEN + [tcp('>', 'R', 101, ttl=63)], 0,
                                                  f'{BASE} Its TTL 63 differs from 64 before: a box in between may have sent it.'),
    'no beginning': ([tcp('>', 'PA', 101, 501, b'x'), tcp('<', 'A', 501, 102), tcp('<', 'R', 501)], 0,
                     f'{BASE} The capture lacks the beginning: NAT or server restarted?'),
    'all of it': ([tcp('>', 'PA', 101, 501, b'x'), tcp('<', 'A', 501, 102), tcp('<', 'R', 501, ttl=200)], [0, 0, 60],
                  f'{BASE} It came after 60.0 seconds without a packet; its TTL 200 differs from 64 before: a box in '
                  'between may have sent it; the capture lacks the beginning: NAT or server restarted?'),
    'refused': ([tcp('>', 'S', 100), tcp('<', 'RA', 0, 101)], 0, 'See whether a program listens on that address and port.'),
}


@pytest.mark.parametrize('name', RESETS)
@pytest.mark.parametrize('arguments', [[], ['-2']], ids=['one pass', 'two passes'])
def test_hints_of_resets(programs, name, arguments):
    packets, gap, hint = RESETS[name]
    file = write_pcap(programs.readable('resets.pcap'), [ether(packet) for packet in packets], ETHERNET, gap=gap)
    rows = programs.fields(file, ['ipmon.error.hint'], *arguments)
    assert rows[-1] == [[hint]]


def test_how_often(programs):
    """The same socket, error and reason; in one pass so far, in two on the last one alone."""
    other = IP(src=HERE, dst=THERE) / UDP(sport=4001, dport=9) / b'question'
    packets = [icmp(3, 3), icmp(3, 3, other), icmp(3, 3), icmp(3, 1), icmp(3, 3), icmp(3, 13), icmp(3, 1), icmp(3, 3, length=27)]
    file = write_pcap(programs.readable('often.pcap'), [ether(packet) for packet in packets], ETHERNET)
    names = ['ipmon.error.count']
    assert programs.fields(file, names) == [[[]], [[]], [['2']], [[]], [['3']], [[]], [['2']], [[]]]
    assert programs.fields(file, names, '-2') == [[[]], [[]], [[]], [[]], [['3']], [[]], [['2']], [[]]]
    assert shown(programs, file, 'ipmon.error.count > 2') == 1


def hop(number, ttl, **fields):
    return IP(src=HERE, dst=THERE, ttl=ttl, id=number) / UDP(sport=40000 + number, dport=33434 + number) / b'probe'


def hop6(number, ttl):
    return IPv6(src=HERE6, dst=THERE6, hlim=ttl) / UDP(sport=40000 + number, dport=33434 + number) / b'probe'


def echo(number, ttl):
    return IP(src=HERE, dst=THERE, ttl=ttl, id=number) / ICMP(id=7, seq=number) / b'probe'


def syn(number, ttl):
    return IP(src=HERE, dst=THERE, ttl=ttl, id=number) / TCP(sport=40000 + number, dport=80, flags='S', seq=number)


def expired(packet):
    if packet.version == 6:
        return IPv6(src=ROUTER6, dst=HERE6) / ICMPv6TimeExceeded() / IPerror6(bytes(packet))
    return icmp(11, 0, packet)


CRITICAL, NOTICE = ['3'], ['6']
LOOPING = IP(src=HERE, dst=THERE, id=9) / UDP(sport=1, dport=2) / b'looping'


def in_loop(ttl):
    looping = LOOPING.copy()
    looping.ttl = ttl
    return looping


# What is sent, and the level of the event of each answer, in one pass and in two.
TRACES = {
    'UDP, one after the other': ([1, 2, 3], hop, False, [CRITICAL, NOTICE, NOTICE], [NOTICE] * 3),
    'UDP, all at once': ([1, 1, 1, 2, 2, 2, 3, 3], hop, True, [NOTICE] * 8, [NOTICE] * 8),
    'UDP over IPv6': ([1, 2, 3], hop6, True, [NOTICE] * 3, [NOTICE] * 3),
    'echo': ([1, 2, 3, 1, 2, 3], echo, False, [CRITICAL] + [NOTICE] * 5, [NOTICE] * 6),
    'SYN': ([1, 2, 3], syn, True, [NOTICE] * 3, [NOTICE] * 3),
    'one hop': ([1, 1], hop, True, [CRITICAL] * 2, [CRITICAL] * 2),
    'usual packets': ([64, 64, 64], hop, True, [CRITICAL] * 3, [CRITICAL] * 3),
}


@pytest.mark.parametrize('name', TRACES)
def test_traceroute(programs, name):
    ttls, make, at_once, one_pass, two_passes = TRACES[name]
    sent = [make(number, ttl) for number, ttl in enumerate(ttls, 1)]
    packets = sent + [expired(packet) for packet in sent] if at_once else [
        each for packet in sent for each in (packet, expired(packet))]
    file = write_pcap(programs.readable('trace.pcap'), [ether(packet) for packet in packets], ETHERNET)
    for arguments, expected in (([], one_pass), (['-2'], two_passes)):
        rows = programs.fields(file, ['ipmon.event', 'ipmon.event.level', 'ipmon.error.hint'], *arguments)
        answers = [row for row in rows if row[0]]
        assert {event for [event], *_ in answers} == {'icmp_error-start'}
        assert [level for _, level, _ in answers] == expected
        assert ['traceroute' in hint for *_, [hint] in answers] == [level == NOTICE for level in expected]


def test_a_routing_loop_beside_a_traceroute(programs):
    """What loops has no small TTL when it is sent, and goes down."""
    loop = [in_loop(ttl) for ttl in range(64, 0, -1)] + [expired(in_loop(1))]
    trace = [hop(number, number) for number in (1, 2, 3)]
    for packets, levels in ((loop, [CRITICAL]), (loop + trace + [expired(trace[0])], [CRITICAL] * 2),
                            (trace + [LOOPING, expired(trace[1]), expired(LOOPING)], [NOTICE, CRITICAL])):
        file = write_pcap(programs.readable('loop.pcap'), [ether(packet) for packet in packets], ETHERNET)
        rows = programs.fields(file, ['ipmon.event.level'], '-2')
        assert [row[0] for row in rows if row[0]] == levels


def severities(programs, file):
    """Severity, group and text of every expert item of ipmon."""
    text = programs.tshark('-n', '-r', file, '-q', '-z', 'expert').stdout.decode()
    found, severity = set(), None
    for line in text.splitlines():
        severity = next((name for name in ('Error', 'Warn', 'Note', 'Chat') if line.startswith(name)), severity)
        item = re.search(r' IP Monitor +(\S.*)', line)
        if item:
            found.add((severity, item[1]))
    return found


def test_one_fault_counts_once(programs):
    """A fatal socket error is an error, a soft one a warning; the events about the same are notes."""
    packets = [(ETHERNET0, 0, icmp(3, 3)), (ETHERNET0, FROM_US, icmp(3, 0)), (LO, 0, icmp_from(HERE, 3, 1, **OWN_TO_OWN)),
               (ETHERNET0, TO_US, icmp(3, 1)), (ETHERNET0, TO_US, icmp(3, 4, mtu=1400)), (ETHERNET0, TO_US, icmp(4, 0))]
    file = write_pcapng(programs.readable('severities.pcapng'), packets)
    start = 'icmp_error-start: a host or router reports that it could not handle a packet'
    assert severities(programs, file) == {
        ('Error', 'Socket error: ECONNREFUSED from router: port unreachable'),
        ('Warn', 'Socket error: ENETUNREACH from capturing host: network unreachable'),
        ('Warn', "Socket error: EHOSTUNREACH from capturing host's neighbour table: host unreachable"),
        ('Warn', 'Socket error: EHOSTUNREACH from router: host unreachable'),
        ('Warn', 'Socket error: EMSGSIZE from router: fragmentation needed'),
        ('Note', start),
        ('Note', 'ether_output-noroute: the capturing host has no route for a packet and reports that'),
        ('Note', 'ether_output-rtreject: the capturing host got no ARP/ND answer from a neighbour'),
        ('Note', 'ip_output-badaddr: a packet of the capturing host could not reach its destination'),
        ('Note', 'ip_output-badsize: a packet was too large for a link and could not be fragmented'),
        ('Error', 'icmp_error-start: a host or router asks the sender to slow down (ICMP source quench)')}
    rows = programs.fields(file, ['ipmon.event.level', 'ipmon.expert.socket-error', 'ipmon.expert.socket-error.soft'])
    assert [row[0][0] for row in rows] == ['3'] * 5 + ['1']
    assert [bool(row[1]) for row in rows] == [True] + [False] * 5
    assert [bool(row[2]) for row in rows] == [False] + [True] * 4 + [False]


def test_no_expert_item_repeats_the_socket_error(programs):
    packets = [case[0] for case in FIELDS] + [tcp('>', 'S', 9)] * 3
    file = write_pcap(programs.readable('texts.pcap'), [ether(packet) for packet in packets], ETHERNET, gap=1)
    text = programs.tshark('-n', '-2', '-r', file, '-O', 'ipmon').stdout.decode()
    errors = set(re.findall(r'\[Socket Error: (.*)\]', text))
    items = re.findall(r'Expert Info \(.*?\): Socket error: (.*)\]', text)
    assert len(errors) > 5 and len(items) == len(packets) - 2
    assert not errors & set(items)
    assert 'likely ETIMEDOUT: no answer to the SYN' in items


def test_many_errors(programs):
    """100,000 of them, each of another socket, have their own packet, and one expert item in common."""
    count = 100_000
    unnumbered = IP(src=HERE, dst=THERE, id=1) / UDP(sport=0, dport=0, chksum=0) / b'12345678'
    sent, answer = bytes(ether(unnumbered)), bytes(ether(icmp(3, 3, unnumbered)))
    at, quoted_at = 14 + 20, 14 + 20 + 8 + 20
    records = []
    for number in range(count):
        one, other = 1024 + number % 60000, 9 + number // 60000
        ports = struct.pack('>HH', one, other)
        even = struct.pack('>H', -(one + other) % 0xFFFF)  # the checksum of ICMP stays as it is
        records += [sent[:at] + ports + sent[at + 4:],
                    answer[:quoted_at] + ports + answer[quoted_at + 4:quoted_at + 6] + even + answer[quoted_at + 8:]]
    file = write_pcap(programs.readable('many.pcap'), records, ETHERNET)
    rows = programs.fields(file, ['frame.number', 'ipmon.error.packet', 'ipmon.error.local.port', 'ipmon.error.count'],
                           '-Y', 'ipmon.error')
    assert rows == [[[str(2 * number)], [str(2 * number - 1)], [str(1024 + (number - 1) % 60000)], []]
                    for number in range(1, count + 1)]
    assert {item for item in severities(programs, file) if item[1].startswith('Socket')} == {
        ('Error', 'Socket error: ECONNREFUSED from router: port unreachable')}
