# Frames with VLAN tags: IP packets behind up to eight of them are captured in every mode, received
# and sent ones, as dumpcap (libpcap) shows the same frames at the same time.
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import select
import signal
import struct
import subprocess

import pytest
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP
from scapy.packet import Raw

import pcapng
import toolbar
from capturing import INBOUND, OUTBOUND, PROMISCUOUS, SILENCE, UNICAST, Capture, send_all
from network import Pair, wait_until
from programs import TIMEOUT

Q, AD, OLD = 0x8100, 0x88A8, 0x9100  # 802.1Q, 802.1ad, and what the kernel does not know as a tag
IPV4, IPV6, ARP_TYPE, MPLS = 0x0800, 0x86DD, 0x0806, 0x8847
LABEL = b'\x00\x01\x01\x40'  # an MPLS label, the only one
NEAR6, FAR6 = 'fd09::1', 'fd09::2'
END = b'the end of the frames'

# Ethertype and TCI of each tag; a TCI of priority 2 or 3 begins as an IP header does.
STACKS = {
    'none': [],
    'one': [(Q, 5)],
    'one 802.1ad': [(AD, 5)],
    'one of priority 2': [(Q, 0x4500)],
    'two': [(Q, 5), (Q, 6)],
    'two mixed': [(AD, 5), (Q, 6)],
    'two, inner 802.1ad': [(Q, 5), (AD, 6)],
    'two, inner of priority 2': [(AD, 5), (Q, 0x4500)],
    'two, inner of priority 3': [(AD, 5), (Q, 0x6123)],
    'two, inner of priority 3, VLAN 0': [(Q, 0), (Q, 0x6000)],
    'three': [(AD, 5), (Q, 6), (Q, 7)],
    'three of priority 2 and 3': [(Q, 0x4555), (AD, 0x4F00), (Q, 0x6FFF)],
    'seven': [(Q, number) for number in range(7)],
    'eight': [(AD if number % 2 else Q, 0x4500 + number) for number in range(8)],
}


def tagged(tags, type_, payload, destination=Pair.FAR_MAC):
    macs = bytes.fromhex((destination + Pair.NEAR_MAC).replace(':', ''))
    return macs + b''.join(struct.pack('>HH', *tag) for tag in tags) + struct.pack('>H', type_) + payload


def resets(name, source=Pair.NEAR, destination=Pair.FAR, source6=NEAR6, destination6=FAR6):
    """An IPv4 and an IPv6 packet that nobody answers."""
    tcp = TCP(sport=4000, dport=80, flags='R') / Raw(name.encode() + b' ' + bytes(100))
    return [(IPV4, bytes(IP(src=source, dst=destination) / tcp)),
            (IPV6, bytes(IPv6(src=source6, dst=destination6) / tcp))]


def behind_tags(frame, types=(Q, AD)):
    """The frame's tags, type and payload."""
    tags, at = 0, 12
    while struct.unpack_from('>H', frame, at)[0] in types:
        tags, at = tags + 1, at + 4
    return tags, struct.unpack_from('>H', frame, at)[0], frame[at + 2:]


def ip_packets(frames):
    """What ipmon is to show of frames."""
    found = map(behind_tags, frames)
    return [payload for tags, type_, payload in found if tags <= 8 and type_ in (IPV4, IPV6)]


class Dumpcap:
    """What libpcap shows at the same time."""

    def __init__(self, host):
        self.process = subprocess.Popen(
            ['nsenter', f'--net={host.path}', 'dumpcap', '-q', '-i',
             'near0' if host.name == 'near' else 'far0', '-w', '-'],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.data = self._read()

    def _read(self):
        ready, _, _ = select.select([self.process.stdout], [], [], SILENCE)
        assert ready, 'dumpcap fell silent'
        return os.read(self.process.stdout.fileno(), 1 << 20)

    def frames(self):
        """Up to the last one that is sent."""
        while END not in self.data:
            more = self._read()
            assert more, 'dumpcap ended'
            self.data += more
        self.process.terminate()
        rest, _ = self.process.communicate(timeout=TIMEOUT)
        found = pcapng.packets(pcapng.blocks(self.data + rest))
        assert END in found[-1].bytes
        return [packet.bytes for packet in found[:-1]]


def finish(capture):
    """Ends a capture; its packets, none of which is unaccounted for."""
    capture.signal(signal.SIGTERM)
    found, status, error = capture.finish()
    assert (status, error) == (0, '')
    packets = pcapng.packets(found)
    counts = [(block.number(4), block.number(5), block.number(8))
              for block in pcapng.of_type(found, pcapng.STATISTICS)]
    assert sum(received for received, _, _ in counts) == len(packets)
    assert sum(written for _, _, written in counts) == len(packets)
    assert {dropped for _, dropped, _ in counts} == {0}
    return packets


def exchange(programs, hosts, at, frames, *options, address=None):
    """
    Sends frames from near to far, and captures at one of them with ipmon and dumpcap, beginning when
    both are ready. Returns ipmon's packets and dumpcap's frames.
    """
    host = hosts.near if at == 'near' else hosts.far
    dumpcap = Dumpcap(host)
    own = address or (Pair.NEAR if at == 'near' else Pair.FAR)
    capture = Capture(programs, host, f'ipmon:{own}', *options)
    before = hosts.far.received('far0')
    last = tagged([], IPV4, bytes(IP(src='192.0.2.1', dst='192.0.2.2') / END), Pair.OTHER_MAC)
    send_all(hosts.near.wire('near0'), [*frames, last])
    wait_until(lambda: hosts.far.received('far0') >= before + len(frames) + 1, 'frames did not arrive')
    expected = dumpcap.frames()
    assert expected == frames, 'dumpcap does not show what was sent'
    packets = [packet for packet in finish(capture)
               if packet.wire_length not in (len(last), len(last) - 14)]
    return packets, expected


def all_kinds():
    """Every stack of tags before IPv4, IPv6 and what is not IP, and too many tags."""
    frames = []
    for name, tags in STACKS.items():
        frames += [tagged(tags, *packet) for packet in resets(name)]
        if tags:
            arp = bytes(ARP(psrc='192.0.2.8', pdst='192.0.2.9'))
            frames += [tagged(tags, ARP_TYPE, arp), tagged(tags, MPLS, LABEL + resets(name)[0][1]),
                       tagged([*tags, (OLD, 5)], IPV4, resets(name)[0][1])]
    nine = [(Q, number) for number in range(9)]
    return frames + [tagged(nine, *packet) for packet in resets('nine')]


@pytest.mark.parametrize('mode', ['1', '3'])
@pytest.mark.parametrize('at,direction', [('far', INBOUND), ('near', OUTBOUND)])
def test_tags_are_taken_off(programs, hosts, at, direction, mode):
    packets, frames = exchange(programs, hosts, at, all_kinds(), '--receive-all-mode', mode)
    expected = ip_packets(frames)
    assert len(expected) == 2 * len(STACKS)
    assert [packet.bytes for packet in packets] == expected
    assert [packet.wire_length for packet in packets] == [len(packet) for packet in expected]
    assert {(packet.direction, packet.reception) for packet in packets} == {(direction, UNICAST)}


@pytest.mark.parametrize('at', ['far', 'near'])
def test_mode_0_finds_addresses_behind_tags(programs, hosts, at):
    own = Pair.FAR if at == 'far' else Pair.NEAR
    frames = [tagged(tags, *packet) for name, tags in STACKS.items()
              for packet in resets(name) + resets(name, '192.0.2.1', '192.0.2.2')]
    packets, _ = exchange(programs, hosts, at, frames, '--receive-all-mode', '0', address=own)
    assert [packet.bytes for packet in packets] == [resets(name)[0][1] for name in STACKS]


def test_mode_0_finds_ipv6_addresses_behind_tags(programs, hosts):
    hosts.far.write('/proc/sys/net/ipv6/conf/far0/disable_ipv6', '0')
    hosts.far.run('ip', 'address', 'add', f'{FAR6}/64', 'dev', 'far0', 'nodad')
    capture = Capture(programs, hosts.far, f'ipmon:{FAR6}', '--receive-all-mode', '0')
    before = hosts.far.received('far0')
    frames = [tagged(tags, *packet) for name, tags in STACKS.items()
              for packet in resets(name) + resets(name, destination6='fd09::3')]
    send_all(hosts.near.wire('near0'), frames)
    wait_until(lambda: hosts.far.received('far0') >= before + len(frames), 'frames did not arrive')
    shown = [packet.bytes for packet in finish(capture) if b' ' + bytes(100) in packet.bytes]
    assert [bytes_ for bytes_ in shown if bytes_[6] == 6] == [resets(name)[1][1] for name in STACKS]


@pytest.mark.parametrize('at', ['far', 'near'])
@pytest.mark.parametrize('mode', ['0', '1', '3'])
def test_libpcap_hands_on_whole_frames(programs, hosts, at, mode):
    own = Pair.FAR if at == 'far' else Pair.NEAR
    packets, frames = exchange(programs, hosts, at, all_kinds(), '--use-pcap', '--receive-all-mode',
                               mode, address=own)
    if mode == '0':
        found = [(frame, *behind_tags(frame, (Q, AD, OLD))) for frame in frames]
        frames = [frame for frame, tags, type_, _ in found if tags <= 8 and type_ == IPV4]
    assert [packet.bytes for packet in packets] == frames


@pytest.mark.parametrize('numbers', [1, 2, 3, 8])
def test_mode_2_shows_what_sockets_get(programs, hosts, numbers):
    """A tag with VLAN number 0 has a priority only: the kernel hands the packet to the host itself."""
    hosts.far.write('/proc/sys/net/ipv4/conf/all/rp_filter', '0')
    hosts.far.write('/proc/sys/net/ipv4/conf/far0/rp_filter', '0')
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--receive-all-mode', '2')
    packets = [resets(f'number {number}')[0][1] for number in range(2)]
    before = hosts.far.received('far0')
    send_all(hosts.near.wire('near0'), [tagged([(Q, 0x6000)] * numbers, IPV4, packets[0]),
                                        tagged([(Q, 5)] * numbers, IPV4, packets[0]),
                                        tagged([], IPV4, packets[1])])
    wait_until(lambda: hosts.far.received('far0') >= before + 3, 'frames did not arrive')
    assert [packet.bytes for packet in finish(capture)] == packets


# In the kernel, on each packet here, and looking at what a short snapshot has no more.
FILTERS = {
    'kernel': ('tcp port 80', []),
    'here': ('protochain 6 and tcp port 80', []),
    'beyond the snapshot': ('(ip[59] = 0x21 or ip6[79] = 0x21) and tcp', ['--snapshot-length', '44']),
}


@pytest.mark.parametrize('at', ['far', 'near'])
@pytest.mark.parametrize('mode', ['0', '1', '3'])
@pytest.mark.parametrize('kind', FILTERS)
def test_filters_see_what_is_behind_tags(programs, hosts, at, mode, kind):
    expression, options = FILTERS[kind]
    match = Raw(b'x' * 19 + b'!' + bytes(100))
    expected, frames = [], []
    for tags in STACKS.values():
        for port, body in ((80, match), (81, bytes(match).replace(b'!', b'?'))):
            tcp = TCP(sport=4000, dport=port, flags='R') / body
            four = bytes(IP(src=Pair.NEAR, dst=Pair.FAR) / tcp)
            six = bytes(IPv6(src=NEAR6, dst=FAR6) / tcp)
            frames += [tagged(tags, IPV4, four), tagged(tags, IPV6, six)]
            if port == 80:
                expected += [four] if mode == '0' else [four, six]
    packets, _ = exchange(programs, hosts, at, frames, '--receive-all-mode', mode,
                          '--extcap-capture-filter', expression, *options)
    length = int(options[1]) if options else None
    assert [packet.bytes for packet in packets] == [packet[:length] for packet in expected]
    assert [packet.wire_length for packet in packets] == [len(packet) for packet in expected]


@pytest.mark.parametrize('length', [1, 20, 64, 139, 140, 141, 1000])
@pytest.mark.parametrize('at', ['far', 'near'])
def test_the_snapshot_begins_behind_tags(programs, hosts, at, length):
    frames = [tagged(tags, *resets('x' * 19)[0]) for tags in STACKS.values()]
    whole = resets('x' * 19)[0][1]
    packets, _ = exchange(programs, hosts, at, frames, '--snapshot-length', str(length))
    assert len(packets) == len(STACKS)
    assert {(packet.bytes, packet.wire_length) for packet in packets} == {(whole[:length], len(whole))}


def test_headers_that_look_like_tags(programs, hosts):
    """An IPv4 packet of 2048 (0x0800) bytes, and a flow label that ends in an Ethertype."""
    for host, interface in ((hosts.near, 'near0'), (hosts.far, 'far0')):
        host.run('ip', 'link', 'set', interface, 'mtu', '9000')
    for at in ('far', 'near'):
        packets = [(IPV4, bytes(IP(src=Pair.NEAR, dst=Pair.FAR, id=0x4500) / TCP(flags='R') /
                                Raw(bytes(2008))))]
        packets += [(IPV6, bytes(IPv6(src=NEAR6, dst=FAR6, fl=label) / TCP(flags='R')))
                    for label in (IPV4, IPV6, Q, AD)]
        frames = [tagged(tags, *packet) for tags in STACKS.values() for packet in packets]
        shown, _ = exchange(programs, hosts, at, frames)
        assert [packet.bytes for packet in shown] == [bytes_ for _, bytes_ in packets] * len(STACKS)


def test_packets_for_other_hosts(programs, hosts):
    frames = [tagged(tags, *packet, Pair.OTHER_MAC) for name, tags in STACKS.items()
              for packet in resets(name)]
    packets, _ = exchange(programs, hosts, 'far', frames)
    assert [packet.bytes for packet in packets] == ip_packets(frames)
    assert {packet.reception for packet in packets} == {PROMISCUOUS}
    assert exchange(programs, hosts, 'far', frames, '--receive-all-mode', '3')[0] == []


@pytest.mark.parametrize('options', [[], ['--receive-all-mode', '0'],
                                     ['--extcap-capture-filter', 'tcp port 80']])
def test_frames_cut_anywhere(programs, hosts, options):
    """What is cut within the tags is left out; from the IP header on it is shown as without tags."""
    [(type_, packet), _] = resets('cut')
    frames = [tagged(tags, type_, packet)[:length] for tags in ([(Q, 5), (Q, 0x4500)], STACKS['eight'])
              for length in range(15, 14 + 4 * len(tags) + len(packet))]
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', *options)
    send_all(hosts.near.wire('near0'), [*frames, tagged([], type_, packet)])
    wait_until(lambda: hosts.far.received('far0') >= len(frames) + 1, 'frames did not arrive')
    shown = [packet.bytes for packet in finish(capture)]
    least = 0 if not options else 20 if '0' in options else 24  # what each demand has to see
    assert shown == [packet[:length] for length in range(least, len(packet))] * 2 + [packet]


def test_a_change_of_the_mode(programs, hosts):
    """Each packet is judged by the mode in which it arrived."""
    bar = toolbar.Toolbar(programs)
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--extcap-capture-filter', 'tcp port 80',
                      *bar.options)
    expected = []
    for step, mode in enumerate('1301031'):
        if step:
            bar.send(toolbar.MODE, payload=mode.encode())
            bar.wait_value(toolbar.MODE, mode)
        before = hosts.far.received('far0')
        frames = [tagged(tags, *packet, mac) for tags in STACKS.values()
                  for mac in (Pair.FAR_MAC, Pair.OTHER_MAC) for packet in resets(f'{step} {mac}')]
        send_all(hosts.near.wire('near0'), frames)
        wait_until(lambda: hosts.far.received('far0') >= before + len(frames), 'frames did not arrive')
        taken = [packet for mac in (Pair.FAR_MAC, Pair.OTHER_MAC) if mac == Pair.FAR_MAC or mode == '1'
                 for type_, packet in resets(f'{step} {mac}') if type_ == IPV4 or mode != '0']
        expected += taken * len(STACKS)
    assert [packet.bytes for packet in finish(capture)] == expected
    bar.close()


def test_udp_over_a_loopback_with_tags(programs, host):
    """The loopback hands back what is sent: it is shown once."""
    wire = host.wire('lo')
    capture = Capture(programs, host, 'ipmon:127.0.0.1')
    packet = bytes(IP(src='127.0.0.1', dst='127.0.0.1') / UDP(sport=1, dport=2) / b'once')
    send_all(wire, [tagged(tags, IPV4, packet, '00:00:00:00:00:00') for tags in STACKS.values()
                    if tags])
    shown = [packet.bytes for packet in finish(capture)]
    assert shown == [packet] * (len(STACKS) - 1)


def test_frames_that_a_bridge_forwards(programs, hosts):
    """They are sent, and begin with tags all the same: all but one."""
    for command in ('link add out0 type veth peer name end0', 'link add bridge0 type bridge',
                    'address add 10.8.0.1/24 dev out0', 'link set out0 master bridge0',
                    'link set far0 master bridge0', 'link set end0 up', 'link set out0 up',
                    'link set bridge0 up'):
        hosts.far.run('ip', *command.split())
    wait_until(lambda: b'forwarding' in hosts.far.run('ip', '-d', 'link', 'show', 'out0').stdout,
               'the bridge never forwarded')
    capture = Capture(programs, hosts.far, 'ipmon:10.8.0.1', '--extcap-capture-filter', 'tcp')
    frames = [tagged(tags, *packet, Pair.OTHER_MAC) for name, tags in STACKS.items()
              for packet in resets(name)]
    before = hosts.far.received('far0')
    send_all(hosts.near.wire('near0'), frames)
    wait_until(lambda: hosts.far.received('far0') >= before + len(frames), 'frames did not arrive')
    packets = finish(capture)
    assert [packet.bytes for packet in packets] == ip_packets(frames)
    assert {packet.direction for packet in packets} == {OUTBOUND}
