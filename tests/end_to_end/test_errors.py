# Socket errors in tshark, and in sharkd, which shows packets in any order as the window does:
# fields, expert items, statistics and title. The errors of real kernels are compared in
# test_error_truth.py.
# SPDX-License-Identifier: GPL-2.0-or-later
import random
import re

import pytest
from scapy.layers.inet import GRE, ICMP, IP, TCP, UDP, IPerror
from scapy.layers.inet6 import (ICMPv6DestUnreach, ICMPv6PacketTooBig, ICMPv6ParamProblem,
                                ICMPv6TimeExceeded, IPerror6, IPv6, IPv6ExtHdrDestOpt,
                                IPv6ExtHdrHopByHop)
from scapy.layers.vxlan import VXLAN
from scapy.packet import Raw

from capture_files import ETHERNET, FROM_US, write_pcap, write_pcapng
from dissecting import ether, shown
from socket_errors import (HERE, HERE6, ROUTER, ROUTER6, SENT, SENT6, THERE, THERE6,
                           errors_in, errors_in_any_order, icmp)

SYN = IP(src=HERE, dst=THERE) / TCP(sport=4000, dport=9, flags='S')
SYN6 = IPv6(src=HERE6, dst=THERE6) / TCP(sport=4000, dport=9, flags='S')
SOCKET = '10.9.0.1:4000 → 10.9.0.2:9'
SOCKET6 = '[2001:db8::1]:4000 → [2001:db8::2]:9'


def icmp6(message, quoted=SENT6, length=None):
    return IPv6(src=ROUTER6, dst=HERE6) / message / IPerror6(bytes(quoted)[:length])


def tunnel(inner, outer):
    return IP(src='192.0.2.1', dst='192.0.2.2') / outer / inner if outer else \
        IP(src='192.0.2.1', dst='192.0.2.2') / inner


# A packet, and name, number, Winsock code and name, whether fatal, MTU and socket of its error.
ERRORS = [
    (icmp(3, 0), 'ENETUNREACH', 101, 10051, 'WSAENETUNREACH', False, None, 'UDP ' + SOCKET),
    (icmp(3, 1), 'EHOSTUNREACH', 113, 10065, 'WSAEHOSTUNREACH', False, None, 'UDP ' + SOCKET),
    (icmp(3, 2), 'ENOPROTOOPT', 92, 10042, 'WSAENOPROTOOPT', True, None, 'UDP ' + SOCKET),
    (icmp(3, 3), 'ECONNREFUSED', 111, 10054, 'WSAECONNRESET', True, None, 'UDP ' + SOCKET),
    (icmp(3, 3, SYN), 'ECONNREFUSED', 111, 10061, 'WSAECONNREFUSED', True, None, 'TCP ' + SOCKET),
    (icmp(3, 4, mtu=1400), 'EMSGSIZE', 90, 10040, 'WSAEMSGSIZE', False, 1400, 'UDP ' + SOCKET),
    (icmp(3, 5), 'EOPNOTSUPP', 95, 10045, 'WSAEOPNOTSUPP', False, None, 'UDP ' + SOCKET),
    (icmp(3, 6), 'ENETUNREACH', 101, 10051, 'WSAENETUNREACH', True, None, 'UDP ' + SOCKET),
    (icmp(3, 7), 'EHOSTDOWN', 112, 10064, 'WSAEHOSTDOWN', True, None, 'UDP ' + SOCKET),
    (icmp(3, 8), 'ENONET', 64, 10065, 'WSAEHOSTUNREACH', True, None, 'UDP ' + SOCKET),
    (icmp(3, 13), 'EHOSTUNREACH', 113, 10065, 'WSAEHOSTUNREACH', True, None, 'UDP ' + SOCKET),
    (icmp(11, 0), 'EHOSTUNREACH', 113, 10052, 'WSAENETRESET', False, None, 'UDP ' + SOCKET),
    (icmp(12, 0), 'EPROTO', 71, 10042, 'WSAENOPROTOOPT', True, None, 'UDP ' + SOCKET),
    (icmp6(ICMPv6DestUnreach(code=0)), 'ENETUNREACH', 101, 10051, 'WSAENETUNREACH', False, None, 'UDP ' + SOCKET6),
    (icmp6(ICMPv6DestUnreach(code=1)), 'EACCES', 13, 10013, 'WSAEACCES', True, None, 'UDP ' + SOCKET6),
    (icmp6(ICMPv6DestUnreach(code=3)), 'EHOSTUNREACH', 113, 10065, 'WSAEHOSTUNREACH', False, None, 'UDP ' + SOCKET6),
    (icmp6(ICMPv6DestUnreach(code=4)), 'ECONNREFUSED', 111, 10054, 'WSAECONNRESET', True, None, 'UDP ' + SOCKET6),
    (icmp6(ICMPv6DestUnreach(code=4), SYN6), 'ECONNREFUSED', 111, 10061, 'WSAECONNREFUSED', True, None, 'TCP ' + SOCKET6),
    (icmp6(ICMPv6DestUnreach(code=7)), 'EPROTO', 71, None, None, True, None, 'UDP ' + SOCKET6),
    (icmp6(ICMPv6PacketTooBig(mtu=1280)), 'EMSGSIZE', 90, 10040, 'WSAEMSGSIZE', False, 1280, 'UDP ' + SOCKET6),
    (icmp6(ICMPv6TimeExceeded()), 'EHOSTUNREACH', 113, 10052, 'WSAENETRESET', False, None, 'UDP ' + SOCKET6),
    (icmp6(ICMPv6ParamProblem()), 'EPROTO', 71, None, None, True, None, 'UDP ' + SOCKET6),
    # whose socket
    (icmp(3, 1, length=28), 'EHOSTUNREACH', 113, 10065, 'WSAEHOSTUNREACH', False, None, 'UDP ' + SOCKET),
    (icmp(3, 1, length=27), None, None, None, None, None, None, None),
    (icmp(3, 1, IP(src=HERE, dst=THERE) / ICMP()), 'EHOSTUNREACH', 113, 10065, 'WSAEHOSTUNREACH', False, None,
     'ICMP 10.9.0.1 → 10.9.0.2'),
    (icmp(3, 1, tunnel(SENT, None)), 'EHOSTUNREACH', 113, 10065, 'WSAEHOSTUNREACH', False, None, 'UDP ' + SOCKET),
    (icmp(3, 1, tunnel(SENT6, None)), 'EHOSTUNREACH', 113, 10065, 'WSAEHOSTUNREACH', False, None, 'UDP ' + SOCKET6),
    (icmp(3, 1, tunnel(SENT, GRE(key_present=1, key=7))), 'EHOSTUNREACH', 113, 10065, 'WSAEHOSTUNREACH', False, None,
     'UDP ' + SOCKET),
    (icmp6(ICMPv6DestUnreach(code=4), IPv6(src=HERE6, dst=THERE6) / IPv6ExtHdrHopByHop() /
           IPv6ExtHdrDestOpt() / UDP(sport=4000, dport=9)), 'ECONNREFUSED', 111, 10054, 'WSAECONNRESET', True, None,
     'UDP ' + SOCKET6),
    # resets
    (IP(src=THERE, dst=HERE) / TCP(sport=9, dport=4000, flags='RA', seq=0, ack=1), 'ECONNREFUSED', 111, 10061,
     'WSAECONNREFUSED', True, None, 'TCP ' + SOCKET),
    (IPv6(src=THERE6, dst=HERE6) / TCP(sport=9, dport=4000, flags='RA', seq=0, ack=1), 'ECONNREFUSED', 111, 10061,
     'WSAECONNREFUSED', True, None, 'TCP ' + SOCKET6),
    (IP(src=THERE, dst=HERE) / TCP(sport=10, dport=4000, flags='R', seq=77), 'ECONNRESET', 104, 10054, 'WSAECONNRESET',
     True, None, 'TCP 10.9.0.1:4000 → 10.9.0.2:10'),
]

FIELDS = ['error.name', 'error.errno', 'error.winsock', 'error.winsock_name', 'error.fatal', 'error.mtu',
          'error.socket']


def as_printed(value):
    if value is None:
        return []
    return [str(int(value)) if isinstance(value, bool) else str(value)]


def test_every_field_of_an_error(annotate):
    rows = annotate([ether(case[0]) for case in ERRORS], FIELDS, ETHERNET)
    for case, row in zip(ERRORS, rows, strict=True):
        _, name, number, winsock, winsock_name, fatal, mtu, socket = case
        assert row == [as_printed(value) for value in
                       (name, number, winsock, winsock_name, fatal, mtu, socket)], case[0].summary()


def test_the_former_name_of_a_field_is_hidden_but_works(programs):
    file = write_pcap(programs.readable('errors.pcap'), [ether(case[0]) for case in ERRORS], ETHERNET)

    def printed(*arguments):
        return programs.tshark('-r', file, *arguments).stdout.decode()

    values = printed('-T', 'fields', '-e', 'ipmon.error.reported_to')
    assert len(values.split()) > len(ERRORS)
    assert printed('-T', 'fields', '-e', 'ipmon.error.told') == values
    for test in ('', ' contains "Windows"'):
        frames = printed('-Y', f'ipmon.error.reported_to{test}')
        assert frames and printed('-Y', f'ipmon.error.told{test}') == frames
    assert printed('-V').count('Reported to: ') == len([line for line in values.splitlines() if line])


@pytest.mark.parametrize('packet,reason', [
    (icmp(4, 0), 'source quench'), (icmp(5, 1), 'redirect'), (icmp(11, 1), 'reassembly'), (icmp(3, 16), 'code'),
    (icmp(3, 4, SYN, mtu=1400), 'path MTU discovery'),
    (icmp(3, 3, length=20), 'too little'), (icmp(3, 3, SYN, length=27), 'too little'),
    (icmp(3, 4, length=27, mtu=1400), 'too little'), (icmp6(ICMPv6DestUnreach(code=4), length=47), 'too little'),
    (icmp(3, 1, IP(src=HERE, dst=THERE) / TCP(sport=9, dport=4000, flags='SA')), 'not accepted'),
    (IP(src=ROUTER, dst=HERE) / ICMP(type=3, code=1, chksum=1) / IPerror(bytes(SENT)), 'checksum'),
])
def test_what_no_application_sees(annotate, packet, reason):
    [[none, error, socket]] = annotate([ether(packet)], ['error.none', 'error', 'error.socket'], ETHERNET)
    assert reason in none[0] and error == [] and socket == []


@pytest.mark.parametrize('header,reason', [(1, 'header checksum'), (None, None), (0, None)])
def test_an_error_behind_a_wrong_header_checksum(annotate, header, reason):
    """A field of 0 was to be filled in by the card, unless the packet was received."""
    packet = icmp(3, 3)
    packet.chksum = header
    reset = IP(src=THERE, dst=HERE, chksum=header) / TCP(sport=9, dport=4000, flags='RA', ack=1)
    for none, name in annotate([ether(packet), ether(reset)], ['error.none', 'error.name'], ETHERNET):
        assert (reason in none[0] and name == []) if reason else (none, name) == ([], ['ECONNREFUSED'])


def test_an_error_within_a_tunnel(annotate):
    packet = ether(IP(src='192.0.2.1', dst='192.0.2.2') / icmp(3, 3))
    assert annotate([packet], ['layer', 'error.name', 'error.socket'], ETHERNET) == [
        [['0', '1'], ['ECONNREFUSED'], ['UDP ' + SOCKET]]]


def test_ordinary_packets_carry_no_error(annotate):
    packets = [SENT, SENT6, SYN, SYN6, IP(src=HERE, dst=THERE) / ICMP(), IP(src=HERE, dst=THERE) / TCP(flags='FA')]
    assert annotate([ether(packet) for packet in packets], ['error', 'error.none'], ETHERNET) == [[[], []]] * len(packets)


def conversation(port, segments):
    """Segments as (direction, flags, sequence number, acknowledgement, payload)."""
    packets = []
    for direction, flags, sequence, acknowledgement, payload in segments:
        ends = {'src': HERE, 'dst': THERE} if direction == '>' else {'src': THERE, 'dst': HERE}
        ports = (port, 80) if direction == '>' else (80, port)
        packets.append(ether(IP(**ends) / TCP(sport=ports[0], dport=ports[1], flags=flags, seq=sequence,
                                              ack=acknowledgement) / payload))
    return packets


OPEN = [('>', 'S', 100, 0, b''), ('<', 'SA', 500, 101, b''), ('>', 'A', 101, 501, b'')]
FIN = ('<', 'FA', 501, 101, b'')
# The connections of one file: their segments, and the error of each segment that has one ('-': one
# that no application sees).
CONNECTIONS = {
    'refused': ([('>', 'S', 100, 0, b''), ('<', 'RA', 0, 101, b'')], {1: 'ECONNREFUSED'}),
    'refused, sequence number not 0': ([('>', 'S', 100, 0, b''), ('<', 'RA', 9, 101, b'')], {1: 'ECONNREFUSED'}),
    'refused twice': ([('>', 'S', 100, 0, b''), ('<', 'RA', 0, 101, b'')] * 2, {1: 'ECONNREFUSED', 3: 'ECONNREFUSED'}),
    'SYN not refused without ACK': ([('>', 'S', 100, 0, b''), ('<', 'R', 9, 0, b'')], {1: '-'}),
    'reset': (OPEN + [('>', 'PA', 101, 501, b'x'), ('<', 'RA', 501, 102, b'')], {4: 'ECONNRESET'}),
    'reset twice': (OPEN + [('<', 'RA', 501, 101, b''), ('<', 'R', 501, 0, b'')], {3: 'ECONNRESET', 4: '-'}),
    'aborted here': (OPEN + [('>', 'RA', 101, 501, b'')], {3: 'ECONNRESET'}),
    'sent after the FIN': (OPEN + [FIN, ('>', 'A', 101, 502, b''), ('>', 'PA', 101, 502, b'x'), ('<', 'R', 502, 0, b'')],
                           {6: 'EPIPE'}),
    'both closed': (OPEN + [FIN, ('>', 'FA', 101, 502, b''), ('<', 'R', 502, 0, b'')], {5: 'ECONNRESET'}),
    'closed here first': (OPEN + [('>', 'FA', 101, 501, b''), ('<', 'FA', 501, 102, b''), ('<', 'R', 502, 0, b'')],
                          {5: '-'}),
    'half open': (OPEN[:2] + [('>', 'R', 101, 0, b'')], {2: '-'}),
    'half open, reset by the listening side': (OPEN[:2] + [('<', 'R', 501, 0, b'')], {2: 'ECONNRESET'}),
    'joined late': ([('>', 'PA', 7, 501, b'x'), ('<', 'RA', 501, 8, b'')], {1: 'ECONNRESET'}),
    'joined after the FIN': ([('>', 'PA', 7, 502, b'x'), ('<', 'R', 502, 0, b'')], {1: 'ECONNRESET'}),
    'SYN answered late': ([('>', 'S', 100, 0, b'')] * 3 + OPEN[1:], {}),
    'SYN-ACK missing': ([('>', 'S', 100, 0, b''), ('>', 'A', 101, 501, b''), ('<', 'RA', 501, 101, b'')], {2: 'ECONNRESET'}),
    'one SYN': ([('>', 'S', 100, 0, b'')], {}),
    'nothing but SYNs': ([('>', 'S', 100, 0, b'')] * 4, {3: 'ETIMEDOUT'}),
}


# In these some segments have a wrong checksum (marked '!'), and each side has sent a right one.
FORGED = {
    'reset, then a real one': (OPEN + [('<', 'RA!', 501, 101, b''), ('<', 'RA', 501, 101, b'')], {3: '-', 4: 'ECONNRESET'}),
    'reset twice, then a real one': (OPEN + [('<', 'R!', 501, 0, b'')] * 2 + [('<', 'R', 501, 0, b'')],
                                     {3: '-', 4: '-', 5: 'ECONNRESET'}),
    'FIN, then a reset': (OPEN + [('<', 'FA!', 501, 101, b''), ('>', 'PA', 101, 501, b'x'), ('<', 'R', 501, 0, b'')],
                          {5: 'ECONNRESET'}),
    'FIN, once more right': (OPEN + [('<', 'FA!', 501, 101, b''), FIN, ('>', 'PA', 101, 502, b'x'), ('<', 'R', 502, 0, b'')],
                             {6: 'EPIPE'}),
    'SYN after the end': (OPEN + [('<', 'R', 501, 0, b''), ('>', 'S!', 100, 0, b''), ('<', 'R', 501, 0, b'')],
                          {3: 'ECONNRESET', 5: '-'}),
}


def spoiled(segments):
    """A conversation of FORGED."""
    packets = conversation(3000, [(direction, flags.strip('!'), *rest) for direction, flags, *rest in segments])
    for packet, (_, flags, *_) in zip(packets, segments):
        if flags.endswith('!'):
            packet[TCP].chksum = 1
    return packets


@pytest.mark.parametrize('name', FORGED)
def test_a_segment_with_a_wrong_checksum_changes_nothing(programs, name):
    segments, errors = FORGED[name]
    expected = {place + 1: error for place, error in errors.items()}
    file = write_pcap(programs.readable('forged.pcap'), spoiled(segments), ETHERNET)
    assert errors_in(programs, file) == errors_in(programs, file, '-2') == expected
    rows = programs.fields(file, ['tcp.flags.reset', 'ipmon.error.none'], '-Y', 'tcp.checksum == 1')
    assert [['checksum of the message' in reason for reason in none] for _, none in rows] == \
        [[True] if reset == ['1'] else [] for [*reset], none in rows]


FRAMES = {
    'Ethernet': bytes,
    'padded': lambda frame: bytes(frame) + bytes(6),
    'VLAN': lambda frame: bytes(frame)[:12] + b'\x81\0\0\7' + bytes(frame)[12:],
    'GRE': lambda frame: bytes(ether(tunnel(frame[IP], GRE()))),
    'VXLAN': lambda frame: bytes(ether(tunnel(frame, UDP(dport=4789) / VXLAN(vni=7)))),
}


@pytest.mark.parametrize('frame', FRAMES)
@pytest.mark.parametrize('layer,sum_,flags,believed', [
    (IP, 1, 0, False), (TCP, 1, 0, False), (IP, 0, 0, True), (IP, 0, FROM_US, True), (IP, 0, 1, None)],
    ids=['header', 'segment', 'header 0', 'header 0, sent', 'header 0, received'])
def test_a_forged_reset_is_reported_in_every_kind_of_frame(programs, frame, layer, sum_, flags, believed):
    """Before a real one, which is an error only when the forged one was none."""
    packets = conversation(3000, OPEN + [('<', 'RA', 501, 101, b'')] * 2)
    packets[3][layer].chksum = sum_
    if believed is None:  # it must have a checksum on the link, but not in a tunnel
        believed = frame in ('GRE', 'VXLAN')
    file = write_pcapng(programs.readable('forged.pcapng'), [(0, flags, FRAMES[frame](packet)) for packet in packets],
                        [ETHERNET])
    assert errors_in(programs, file) == errors_in(programs, file, '-2') == \
        ({4: 'ECONNRESET', 5: '-'} if believed else {4: '-', 5: 'ECONNRESET'})


def test_an_icmp_error_with_a_wrong_checksum_answers_no_syn(programs):
    syn = conversation(3000, [('>', 'S', 100, 0, b'')])[0]
    refusal, forged = ether(icmp(3, 1, syn[IP])), ether(icmp(3, 1, syn[IP]))
    forged[ICMP].chksum = 1
    earlier = ether(icmp(3, 3))  # whose checksum is right, as those of its sender are
    file = write_pcap(programs.readable('forged.pcap'), [earlier, syn, forged, forged, refusal, refusal], ETHERNET)
    expected = {1: 'ECONNREFUSED', 3: '-', 4: '-', 5: 'EHOSTUNREACH', 6: '-'}
    assert errors_in(programs, file) == errors_in(programs, file, '-2') == expected


def likely(programs, file, *arguments):
    """The error that the title of each packet names, and whether it is only likely."""
    text = programs.tshark('-n', '-r', file, '-O', 'ipmon', *arguments).stdout.decode()
    found = {}
    for frame in re.split(r'^Frame (?=\d+:)', text, flags=re.M)[1:]:
        for title in re.findall('^IP Monitor: ((?:likely )?E[A-Z]+) for ', frame, re.M):
            found[int(frame.split(':')[0])] = title
    return found


@pytest.mark.parametrize('arguments', [[], ['-2']])
def test_an_outgoing_packet_with_a_wrong_checksum(programs, arguments):
    """The card fills it in, so it takes effect, unless something else is wrong with it."""
    packets = spoiled(OPEN + [('>', 'RA!', 101, 501, b''), ('>', 'RA', 101, 501, b'')])
    file = write_pcapng(programs.readable('outgoing.pcapng'),
                        [(0, FROM_US if packet[IP].src == HERE else 1, packet) for packet in packets], [ETHERNET])
    assert errors_in(programs, file, *arguments) == {4: 'ECONNRESET', 5: '-'}
    assert likely(programs, file, *arguments) == {4: 'likely ECONNRESET'}


@pytest.mark.parametrize('arguments', [[], ['-2']])
def test_a_sender_that_leaves_its_checksums_to_the_card(programs, arguments):
    """Nothing marks its packets, but that every checksum of it is wrong."""
    segments = OPEN + [('>', 'PA', 101, 501, b'x'), ('>', 'RA', 102, 501, b''), ('<', 'R', 501, 0, b'')]
    segments = [(direction, flags + ('!' if direction == '>' else ''), *rest) for direction, flags, *rest in segments]
    file = write_pcap(programs.readable('unmarked.pcap'), spoiled(segments), ETHERNET)
    assert errors_in(programs, file, *arguments) == {5: 'ECONNRESET', 6: '-'}
    assert likely(programs, file, *arguments) == {5: 'likely ECONNRESET'}


def test_the_first_wrong_checksum_of_a_sender_is_not_yet_a_habit(programs):
    reset = IP(src=THERE, dst=HERE) / TCP(sport=9, dport=4000, flags='R', seq=77, chksum=1)
    file = write_pcap(programs.readable('first.pcap'), [ether(reset)] * 2, ETHERNET)
    assert errors_in(programs, file) == errors_in(programs, file, '-2') == {1: '-', 2: 'ECONNRESET'}


def file_of_connections(programs):
    """All connections, one after the other; frame numbers to what is expected of them."""
    packets, expected = [], {}
    for port, (segments, errors) in enumerate(CONNECTIONS.values(), 2000):
        expected.update({len(packets) + place + 1: error for place, error in errors.items()})
        packets += conversation(port, segments)
    return write_pcap(programs.readable('connections.pcap'), packets, ETHERNET, gap=1), expected


def test_a_connections_state(programs):
    file, expected = file_of_connections(programs)
    assert errors_in(programs, file, '-2') == expected
    assert errors_in(programs, file, '-2', '-Y', 'ipmon.error || ipmon.error.none') == expected
    # In one pass it is not known that no further SYN follows.
    in_one_pass = {number: error for number, error in expected.items() if error != 'ETIMEDOUT'}
    assert errors_in(programs, file) == in_one_pass
    assert errors_in(programs, file, '-Y', 'ipmon.error || ipmon.error.none') == in_one_pass
    assert errors_in(programs, file, '-Y', 'tcp.flags.reset == 1') == in_one_pass
    assert errors_in(programs, file, '-o', 'tcp.analyze_sequence_numbers:FALSE') == in_one_pass


def test_state_does_not_depend_on_a_tree(programs):
    """The expert items of a run without a tree, where the state is gathered and shown in one pass."""
    file, expected = file_of_connections(programs)
    text = programs.tshark('-n', '-r', file, '-q', '-z', 'expert').stdout.decode()
    found = re.findall(r'^ *(\d+) .* Socket error: (?:likely )?(\w+) ', text, re.M)
    names = [name for count, name in found for _ in range(int(count))]
    assert sorted(names) == sorted(name for name in expected.values() if name not in ('-', 'ETIMEDOUT'))


# Seconds before each of the SYNs that Linux sends, up to 6.4 and since 6.5, and the frame of the last one.
SYN_GAPS = {'doubling': ([0, 1, 2, 4, 8, 16, 32], 7), 'linear first': ([0, 1, 1, 1, 1, 1, 2, 4, 8, 16, 32], 11)}


@pytest.mark.parametrize('gaps,last', SYN_GAPS.values(), ids=SYN_GAPS)
def test_unanswered_syns_in_one_pass(programs, gaps, last):
    syns = conversation(3000, [('>', 'S', 100, 0, b'')] * (len(gaps) + 1))
    for count, one_pass, two_passes in ((last - 1, {}, {last - 1: 'ETIMEDOUT'}), (last, {last: 'ETIMEDOUT'}, {last: 'ETIMEDOUT'}),
                                        (last + 1, {last: 'ETIMEDOUT', last + 1: 'ETIMEDOUT'}, {last + 1: 'ETIMEDOUT'})):
        file = write_pcap(programs.readable('syns.pcap'), syns[:count], ETHERNET, gap=[*gaps, 64][:count])
        assert errors_in(programs, file) == one_pass
        assert errors_in(programs, file, '-2') == two_passes
    text = programs.tshark('-n', '-2', '-r', file, '-O', 'ipmon').stdout.decode()
    assert 'IP Monitor: likely ETIMEDOUT for 10.9.0.2:80\n' in text and 'Socket: TCP 10.9.0.1:3000 → 10.9.0.2:80' in text


def test_an_icmp_error_answers_a_syn(programs):
    """connect() fails once, with the error of the ICMP message, and not by a timeout, too."""
    syn = conversation(3000, [('>', 'S', 100, 0, b'')])[0]
    refusal = ether(icmp(3, 1, syn[IP]))
    file = write_pcap(programs.readable('refused.pcap'), [syn, syn, refusal, refusal, syn, refusal, refusal], ETHERNET, gap=1)
    expected = {3: 'EHOSTUNREACH', 4: '-', 6: 'EHOSTUNREACH', 7: '-'}
    assert errors_in(programs, file, '-2') == expected
    assert errors_in(programs, file) == expected


def test_packets_in_any_order(programs):
    file, expected = file_of_connections(programs)
    assert errors_in_any_order(programs, file, sum(len(segments) for segments, _ in CONNECTIONS.values())) == expected


def test_missing_packets_change_only_what_they_showed(programs):
    """Whatever is missing of a file, every reset is some error, or one that is not seen."""
    file, _ = file_of_connections(programs)
    raw = file.read_bytes()
    packets, offset = [], 24
    while offset < len(raw):
        end = offset + 16 + int.from_bytes(raw[offset + 8:offset + 12], 'little')
        packets.append(Raw(raw[offset + 16:end]))
        offset = end
    chance = random.Random(7)
    for _ in range(4):
        kept = [packet for packet in packets if chance.random() < 0.6]
        some = write_pcap(programs.readable('missing.pcap'), kept, ETHERNET)
        rows = programs.fields(some, ['tcp.flags.reset', 'ipmon.error.name', 'ipmon.error.none'], '-2')
        for reset, name, none in rows:
            assert name in ([], ['ECONNREFUSED'], ['ECONNRESET'], ['EPIPE'], ['ETIMEDOUT'])
            assert (reset == ['1']) == (len(name) + len(none) == 1 and name != ['ETIMEDOUT'])


def test_end_of_stream_is_a_preference(programs):
    segments = OPEN + [FIN, FIN, ('>', 'FA', 101, 502, b'')]
    file = write_pcap(programs.readable('fin.pcap'), conversation(3000, segments), ETHERNET)
    names = ['frame.number', 'ipmon.error.winsock', 'ipmon.error.socket', 'ipmon.error.fatal', 'ipmon.error.errno']
    assert [row for row in programs.fields(file, names) if row[1]] == []
    rows = programs.fields(file, names, '-o', 'ipmon.end_of_stream:TRUE')
    assert [row for row in rows if row[1]] == [
        [['4'], ['10101'], ['TCP 10.9.0.1:3000 → 10.9.0.2:80'], ['0'], []],
        [['6'], ['10101'], ['TCP 10.9.0.2:80 → 10.9.0.1:3000'], ['0'], []]]


def test_title_and_expert_item(programs):
    file = write_pcap(programs.readable('one.pcap'), [ether(icmp(3, 3, length=28))], ETHERNET)
    text = programs.tshark('-n', '-r', file, '-O', 'ipmon').stdout.decode()
    assert f'IP Monitor: ECONNREFUSED for 10.9.0.2:9 (from router {ROUTER})\n' in text
    assert '[Socket Error: ECONNREFUSED (111), WSAECONNRESET (10054): port unreachable]\n' in text
    assert 'Expert Info (Error/Response): Socket error: ECONNREFUSED from router: port unreachable' in text
    for display_filter, count in (('ipmon.expert.socket-error', 1), ('ipmon.error.fatal == 1', 1),
                                  ('ipmon.error.fatal == 0', 0), ('ipmon.error.hint contains "not the target"', 1)):
        assert shown(programs, file, display_filter) == count, display_filter


def test_statistics(programs):
    file = write_pcap(programs.readable('errors.pcap'), [ether(icmp(3, 3)), ether(icmp(3, 1)), ether(icmp(3, 1)),
                                                         ether(icmp(4, 0)), ether(SENT)], ETHERNET)
    text = programs.tshark('-n', '-r', file, '-q', '-z', 'ipmon_errors,tree').stdout.decode()
    rows = {match[1].strip(): match[2] for match in re.finditer(r'^ *(\S.*?)\s{2,}(\d+) ', text, re.M)}
    local, remote = SOCKET.split(' → ')
    assert rows == {
        'Error': '3', 'EHOSTUNREACH': '2', 'ECONNREFUSED': '1', 'Remote endpoint': '3', remote: '3', 'UDP ' + local: '1',
        f'EHOSTUNREACH: host unreachable, from router {ROUTER}': '2', f'ECONNREFUSED: port unreachable, from router {ROUTER}': '1'}


def test_snapshot_length(annotate):
    """What was cut off may leave the socket unknown, and never makes another error."""
    for case in ERRORS:
        raw = ether(case[0])
        lengths = list(range(15, len(raw)))
        rows = annotate([raw] * len(lengths), ['error.name', 'error.socket'], ETHERNET, lengths)
        for name, socket in rows:
            assert name in ([], [case[1]])
            assert not name or socket in (['unknown'], [case[7]]), case[0].summary()
