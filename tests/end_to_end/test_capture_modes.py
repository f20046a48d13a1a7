# What each receive-all mode shows of one known mix of packets, on IPv4 and IPv6: to the host, to
# another host's link-layer address, multicast, broadcast, fragmented, malformed, blocked by the
# host's firewall, sent by the host, and over its loopback to itself.
# SPDX-License-Identifier: GPL-2.0-or-later
import re
import signal
import socket
import subprocess

import pytest
from scapy.layers.inet import IP, UDP, fragment
from scapy.layers.inet6 import (HBHOptUnknown, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment,
                                IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, PadN, fragment6, in6_chksum)
from scapy.packet import Raw

import pcapng
from capturing import UNICAST, Capture, frame, refusal, send_all
from network import Pair, wait_until
from programs import TIMEOUT

# Sources without a route back, so that the host answers nothing.
PEER, PEER6, OWN6, OTHER6 = '192.0.2.77', '2001:db8::77', 'fd09::2', 'fd09::3'
BLOCKED_PORT, END = 666, b'the end'


@pytest.fixture
def far(hosts):
    """The receiving host, with IPv6 and a firewall."""
    hosts.far.write('/proc/sys/net/ipv6/conf/far0/disable_ipv6', '0')
    hosts.far.write('/proc/sys/net/ipv6/conf/far0/accept_dad', '0')
    hosts.far.write('/proc/sys/net/ipv4/conf/all/rp_filter', '0')
    hosts.far.write('/proc/sys/net/ipv4/conf/far0/rp_filter', '0')
    hosts.far.run('ip', 'address', 'add', f'{OWN6}/64', 'dev', 'far0', 'nodad')
    hosts.far.run('ip', 'route', 'add', 'default', 'via', Pair.NEAR)
    hosts.far.run('ip', 'route', 'add', 'blackhole', f'{PEER6}/128')
    hosts.far.run('nft', 'add table inet t; add chain inet t c '
                  '{ type filter hook input priority 0; }; '
                  f'add rule inet t c udp dport {BLOCKED_PORT} drop')
    return hosts.far


def mix():
    """Name to (packets, destination's link-layer address); every payload begins with the name."""
    to, to6 = {'src': PEER, 'dst': Pair.FAR}, {'src': PEER6, 'dst': OWN6}
    udp = UDP(sport=1, dport=2)
    big, big6 = Raw(b'fragments ' + bytes(2990)), Raw(b'fragments6' + bytes(2990))
    return {
        'host': ([IP(**to) / udp / b'host'], Pair.FAR_MAC),
        'host6': ([IPv6(**to6) / udp / b'host6'], Pair.FAR_MAC),
        'other': ([IP(src=PEER, dst='10.9.0.3') / udp / b'other'], Pair.OTHER_MAC),
        'other6': ([IPv6(src=PEER6, dst=OTHER6) / udp / b'other6'], Pair.OTHER_MAC),
        # Another host's address in a frame for this one: it is not a router, and drops it.
        'astray': ([IP(src=PEER, dst='10.9.0.3') / udp / b'astray'], Pair.FAR_MAC),
        'multicast': ([IP(src=PEER, dst='224.0.0.1') / udp / b'multicast'], '01:00:5e:00:00:01'),
        'multicast6': ([IPv6(src=PEER6, dst='ff02::1') / udp / b'multicast6'], '33:33:00:00:00:01'),
        'broadcast': ([IP(src=PEER, dst='10.9.0.255') / udp / b'broadcast'], 'ff:ff:ff:ff:ff:ff'),
        'fragments': (fragment(IP(**to, id=7) / udp / big, fragsize=1000), Pair.FAR_MAC),
        'fragments6': (fragment6(IPv6(**to6) / IPv6ExtHdrFragment(id=7) / udp / big6, 1280),
                       Pair.FAR_MAC),
        'malformed': ([IP(**to, chksum=0xDEAD) / udp / b'malformed'], Pair.FAR_MAC),
        'malformed6': ([IPv6(**to6, plen=4000) / udp / b'malformed6'], Pair.FAR_MAC),
        'blocked': ([IP(**to) / UDP(sport=1, dport=BLOCKED_PORT) / b'blocked'], Pair.FAR_MAC),
        'blocked6': ([IPv6(**to6) / UDP(sport=1, dport=BLOCKED_PORT) / b'blocked6'], Pair.FAR_MAC),
    }


def payload_of(bytes_):
    """The name that a packet carries; fragments behind the first one have none."""
    found = re.search(rb'(host|other|astray|multicast|broadcast|fragments|malformed|blocked|sent|'
                      rb'own)6?', bytes_)
    return found.group().decode() if found else 'more'


def send_mix(hosts):
    wire = hosts.near.wire('near0')
    before = hosts.far.received('far0')
    frames = [frame(packet, mac) for packets, mac in mix().values() for packet in packets]
    send_all(wire, frames)
    wait_until(lambda: hosts.far.received('far0') >= before + len(frames), 'frames did not arrive')
    for family, source, destination in ((socket.AF_INET, Pair.FAR, Pair.NEAR),
                                        (socket.AF_INET6, OWN6, 'fd09::1')):
        sender = hosts.far.socket(family, socket.SOCK_DGRAM)
        sender.bind((source, 0))
        sender.sendto(b'sent' if family == socket.AF_INET else b'sent6', (destination, 9))
    own = hosts.far.socket(socket.AF_INET, socket.SOCK_DGRAM)
    own.bind((Pair.FAR, 0))
    own.sendto(b'own', own.getsockname())


def shown(found):
    """Names of the packets, without the answers of the host's own protocols."""
    names = []
    for packet in pcapng.packets(found):
        protocol = packet.bytes[9] if packet.bytes[0] >> 4 == 4 else packet.bytes[6]
        if protocol not in (1, 2, 58) and not (protocol == 0 and packet.bytes[40] == 58):
            names.append(payload_of(packet.bytes))
    return sorted(names)


def capture_mix(programs, hosts, far, mode, source=f'ipmon:{Pair.FAR}'):
    capture = Capture(programs, far, source, '--receive-all-mode', mode)
    far.run('ip', 'neigh', 'add', 'fd09::1', 'lladdr', Pair.NEAR_MAC, 'dev', 'far0')
    send_mix(hosts)
    capture.signal(signal.SIGTERM)
    found, status, error = capture.finish()
    assert (status, error) == (0, '')
    return found


WHOLE_FRAGMENTS = ['fragments', 'fragments6', *['more'] * 5]
AT_THE_HOST = sorted(['host', 'host6', 'astray', 'multicast', 'multicast6', 'broadcast', 'malformed',
                      'malformed6', 'blocked', 'blocked6', 'sent', 'sent6', *WHOLE_FRAGMENTS])


def test_mode_1_shows_everything_that_the_card_sees(programs, hosts, far):
    assert shown(capture_mix(programs, hosts, far, '1')) == sorted([*AT_THE_HOST, 'other', 'other6'])


def test_mode_3_shows_what_the_ip_layer_is_given(programs, hosts, far):
    assert shown(capture_mix(programs, hosts, far, '3')) == AT_THE_HOST


def test_mode_0_shows_what_comes_from_or_goes_to_the_address(programs, hosts, far):
    found = capture_mix(programs, hosts, far, '0')
    assert shown(found) == sorted(['host', 'malformed', 'blocked', 'sent', 'fragments', *['more'] * 3,
                                   'own'])
    names = [block.options[2][0] for block in pcapng.of_type(found, pcapng.INTERFACE)]
    assert names == [b'far0', b'lo']
    [own] = [packet for packet in pcapng.packets(found) if payload_of(packet.bytes) == 'own']
    assert own.interface == 1 and own.direction == 0


def test_mode_0_of_an_ipv6_address(programs, hosts, far):
    found = capture_mix(programs, hosts, far, '0', f'ipmon:{OWN6}')
    assert shown(found) == sorted(['host6', 'malformed6', 'blocked6', 'sent6', 'fragments6',
                                   *['more'] * 2])


def test_mode_0_on_all_interfaces_shows_the_hosts_own_packets(programs, hosts, far):
    found = capture_mix(programs, hosts, far, '0', 'ipmon:all')
    assert shown(found) == sorted(['host', 'malformed', 'blocked', 'sent', 'fragments',
                                   'host6', 'malformed6', 'blocked6', 'sent6', 'fragments6',
                                   *['more'] * 5, 'own'])


def test_mode_2_shows_what_reaches_sockets(programs, hosts, far):
    found = capture_mix(programs, hosts, far, '2')
    # To sockets, a packet to the host's own address comes from the interface that holds it.
    assert shown(found) == sorted(['host', 'host6', 'multicast', 'multicast6', 'broadcast',
                                   'fragments', 'fragments6', 'own'])
    [interface] = pcapng.of_type(found, pcapng.INTERFACE)
    assert interface.options[2] == [b'far0 (socket level)']
    assert b'rebuilt' in interface.options[3][0]
    packets = {payload_of(packet.bytes): packet for packet in pcapng.packets(found)}
    sent = {name: bytes(packets_[0]) for name, (packets_, _) in mix().items()}
    for name in ('host', 'host6', 'multicast', 'multicast6', 'broadcast'):
        assert packets[name].bytes == sent[name], name
    whole = IP(packets['fragments'].bytes)
    assert (whole.flags, whole.frag, whole.len) == (0, 0, 20 + 8 + 3000)
    whole = IPv6(packets['fragments6'].bytes)
    assert (whole.nh, whole.plen) == (17, 8 + 3000) and whole[UDP].len == 3008
    assert packets['host'].reception == UNICAST
    [statistics] = pcapng.of_type(found, pcapng.STATISTICS)
    assert statistics.number(4) == statistics.number(8) == len(pcapng.packets(found))


def test_mode_2_rebuilds_every_field_of_an_ipv6_header(programs, hosts, far):
    to = {'src': PEER6, 'dst': OWN6, 'hlim': 17, 'tc': 0xB9, 'fl': 0xABCDE}
    mobility = bytearray([59, 1] + [0] * 14)  # the kernel verifies its checksum
    mobility[4:6] = in6_chksum(135, IPv6(**to), bytes(mobility)).to_bytes(2, 'big')
    packets = [
        IPv6(**to) / UDP(sport=1, dport=2) / b'plain',
        IPv6(**to) / IPv6ExtHdrHopByHop(options=[PadN(optdata=bytes(4))]) / UDP(sport=1, dport=2),
        IPv6(**to) / IPv6ExtHdrDestOpt(options=[PadN(optdata=bytes(4))]) / UDP(sport=1, dport=2),
        IPv6(**to) / IPv6ExtHdrHopByHop(options=[PadN(optdata=bytes(4))]) /
        IPv6ExtHdrDestOpt(options=[PadN(optdata=bytes(4))]) /
        IPv6ExtHdrRouting(type=0, addresses=[OWN6], segleft=0) / UDP(sport=1, dport=2) / b'all',
        IPv6(**to, nh=135) / Raw(bytes(mobility)),
        IPv6(**to, nh=139) / Raw(bytes([59, 4] + [0] * 38)),
        IPv6(**to, nh=140) / Raw(bytes([59, 0] + [0] * 6)),
        IPv6(**to, nh=253) / Raw(b'for experiments'),
        IPv6(**to, nh=255) / Raw(b'reserved'),
    ]
    capture = Capture(programs, far, f'ipmon:{OWN6}', '--receive-all-mode', '2')
    before = far.received('far0')
    send_all(hosts.near.wire('near0'), [frame(packet) for packet in packets])
    wait_until(lambda: far.received('far0') >= before + len(packets), 'frames did not arrive')
    capture.signal(signal.SIGTERM)
    found, status, _ = capture.finish()
    assert status == 0
    got = [packet.bytes for packet in pcapng.packets(found)
           if packet.bytes[8:24] == socket.inet_pton(socket.AF_INET6, PEER6)]
    assert [bytes_.hex() for bytes_ in got] == [bytes(packet).hex() for packet in packets]


def test_mode_2_leaves_out_headers_for_which_there_is_no_room(programs, hosts, far):
    """Without them the packet is whole: what comes last is not cut off in the middle."""
    option = HBHOptUnknown(otype=0x1E, optdata=bytes(252))  # for experiments: skipped
    long = {'options': [option] * 8 + [PadN(optdata=bytes(4))]}
    to = {'src': PEER6, 'dst': OWN6}
    end = UDP(sport=1, dport=2) / b'behind long headers'
    packet = IPv6(**to) / IPv6ExtHdrDestOpt(**long) / IPv6ExtHdrDestOpt(**long) / end
    for interface, host in (('near0', hosts.near), ('far0', far)):
        host.run('ip', 'link', 'set', interface, 'mtu', '9000')
    capture = Capture(programs, far, f'ipmon:{OWN6}', '--receive-all-mode', '2')
    before = far.received('far0')
    send_all(hosts.near.wire('near0'), [frame(packet)])
    wait_until(lambda: far.received('far0') > before, 'the frame did not arrive')
    capture.signal(signal.SIGTERM)
    found, status, _ = capture.finish()
    [got] = [packet.bytes for packet in pcapng.packets(found) if packet.bytes[6] == 60]
    assert status == 0
    assert got.hex() == bytes(IPv6(**to) / IPv6ExtHdrDestOpt(**long) / end).hex()


def test_mode_2_takes_every_protocol_once_and_in_order(programs, hosts, far):
    protocols = [number for number in range(1, 256) if number not in (2, 4, 6, 41, 47, 50, 51, 103)]
    packets = [IP(src=PEER, dst=Pair.FAR, proto=number, id=number) / Raw(bytes([number] * 40))
               for number in protocols]
    capture = Capture(programs, far, f'ipmon:{Pair.FAR}', '--receive-all-mode', '2',
                      '--packet-count', str(len(packets)))
    send_all(hosts.near.wire('near0'), [frame(packet) for packet in packets])
    found, status, _ = capture.finish()
    assert status == 0
    got = [packet for packet in pcapng.packets(found)]
    assert [packet.bytes for packet in got] == [bytes(packet) for packet in packets]
    assert [packet.time for packet in got] == sorted(packet.time for packet in got)


def test_mode_2_filters_and_cuts_in_the_program(programs, hosts, far):
    capture = Capture(programs, far, f'ipmon:{Pair.FAR}', '--receive-all-mode', '2',
                      '--packet-count', '2', '--snapshot-length', '50', '--extcap-capture-filter',
                      'udp port 53')
    send_all(hosts.near.wire('near0'),
             [frame(packet) for dport in (52, 53) for packet in (
                 IP(src=PEER, dst=Pair.FAR) / UDP(sport=1, dport=dport) / bytes(100),
                 IPv6(src=PEER6, dst=OWN6) / UDP(sport=1, dport=dport) / bytes(100))])
    found, status, _ = capture.finish()
    assert status == 0
    four, six = pcapng.packets(found)
    assert (len(four.bytes), four.wire_length) == (50, 128) and four.bytes[0] == 0x45
    assert (len(six.bytes), six.wire_length) == (50, 148) and six.bytes[0] == 0x60


def test_mode_2_counts_what_its_sockets_lose(programs, hosts, far):
    capture = Capture(programs, far, f'ipmon:{Pair.FAR}', '--receive-all-mode', '2',
                      '--out-buffer-size', '4096', '--in-buffer-size', '1048576')
    count = 3000
    wire = hosts.near.wire('near0')
    one = frame(IP(src=PEER, dst=Pair.FAR) / UDP(sport=1, dport=2) / bytes(1000))
    before = far.received('far0')
    for _ in range(count):
        wire.send(one)
    wait_until(lambda: far.received('far0') >= before + count, 'frames did not arrive')
    capture.signal(signal.SIGTERM)
    found, status, _ = capture.finish()
    assert status == 0
    [statistics] = pcapng.of_type(found, pcapng.STATISTICS)
    packets = pcapng.packets(found)
    assert statistics.number(5) > 0 and statistics.number(8) == len(packets)
    assert statistics.number(4) == len(packets) + statistics.number(5) == count


def test_mode_2_is_refused_when_the_kernel_is_short_of_something(programs, host):
    """Without one of its sockets the packets of a protocol would be missing silently."""
    result = subprocess.run(
        ['nsenter', f'--net={host.path}', 'strace', '-qq', '-o', '/dev/null', '-e', 'trace=socket',
         '-e', 'inject=socket:error=ENOBUFS:when=40', programs.ipmon_path, '--capture',
         '--extcap-interface', 'ipmon:127.0.0.1', '--receive-all-mode', '2', '--fifo', '/dev/null',
         '--timeout', '1'],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT)
    assert result.returncode == 1
    assert result.stderr.startswith(b'ipmon: error 10055: cannot open a raw socket: ')


def test_mode_2_without_permission(programs, host):
    data, error = refusal(programs, host, 'ipmon:127.0.0.1', '--receive-all-mode', '2', capture=False)
    assert data == b'' and error.startswith('ipmon: error 10013: ') and 'setcap' in error
