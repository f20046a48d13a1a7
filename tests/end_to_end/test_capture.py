# Capturing: what one host sends is what ipmon delivers on the other, and how a capture starts,
# fails and ends.
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import signal
import socket
import struct
import subprocess

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP, fragment
from scapy.layers.inet6 import (IPv6, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, PadN, fragment6)
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.packet import Raw

import pcapng
from capturing import (BROADCAST, INBOUND, MULTICAST, OUTBOUND, PROMISCUOUS, SOURCE, SOURCE6,
                       UNICAST, UNKNOWN, Capture, accept_with_capinfos, frame, refusal, send_all)
from network import Pair, wait_until
from programs import TIMEOUT

def mixed_traffic():
    """IP packets of many kinds, as bytes from the IP header on."""
    to, to6 = {'src': SOURCE, 'dst': Pair.FAR}, {'src': SOURCE6, 'dst': 'fd09::2'}
    packets = [
        IP(**to, tos=0x90) / UDP(sport=4000, dport=9) / b'hello',
        IP(**to, flags='DF', ttl=1) / TCP(sport=4001, dport=80, flags='S'),
        IP(**to) / ICMP() / Raw(bytes(range(200))),
        IP(**to, options=[b'\x94\x04\x00\x00']) / UDP(sport=1, dport=2) / b'router alert',
        *fragment(IP(**to, id=77) / UDP(sport=5, dport=6) / Raw(b'x' * 3000), fragsize=1000),
        IP(**to, chksum=0xDEAD) / UDP(sport=7, dport=8) / b'bad header checksum',
        IP(**to, len=9) / UDP(sport=7, dport=8) / b'total length below the header',
        IP(**to, len=4000) / UDP(sport=7, dport=8) / b'total length beyond the frame',
        IP(**to, ihl=15) / b'header longer than the packet',
        IP(**to, proto=132) / struct.pack('>HHII', 36412, 36413, 1, 0),
        IPv6(**to6, tc=0xB8) / UDP(sport=4000, dport=9) / b'hello six',
        IPv6(**to6) / IPv6ExtHdrHopByHop(options=[PadN(optdata=bytes(4))]) / UDP() / b'options',
        *fragment6(IPv6(**to6) / IPv6ExtHdrFragment(id=0x12345678) / UDP() / Raw(b'y' * 2500), 1280),
        IPv6(**to6, plen=5000) / UDP() / b'payload length beyond the frame',
        IPv6(**to6, nh=59) / b'no next header, with data',
    ]
    return [bytes(packet) for packet in packets]


def test_what_is_sent_is_what_tshark_shows(programs, hosts):
    sent = mixed_traffic()
    file = programs.readable('shown.pcapng')
    file.unlink(missing_ok=True)
    tshark = programs.start(['tshark', '-n', '-i', f'ipmon:{Pair.FAR}', '-o',
                             f'extcap.ipmon_10_9_0_2.packetcount:{len(sent)}', '-w', file],
                            host=hosts.far, capture=True)
    wait_until(hosts.far.is_capturing, 'tshark started no capture')
    wire = hosts.near.wire('near0')
    for packet in sent:
        wire.send(bytes(Ether(src=Pair.NEAR_MAC, dst=Pair.FAR_MAC) /
                        ARP(op=1, psrc=SOURCE, pdst='10.9.0.3')))  # not IP: must not be captured
        wire.send(Ether(src=Pair.NEAR_MAC, dst=Pair.FAR_MAC,
                        type=0x86DD if packet[0] >> 4 == 6 else 0x0800).build() + packet)
    _, error = tshark.communicate(timeout=TIMEOUT)
    assert tshark.returncode == 0, error
    found = pcapng.blocks(file.read_bytes())
    assert [packet.bytes for packet in pcapng.packets(found)] == sent
    assert [packet.wire_length for packet in pcapng.packets(found)] == [len(p) for p in sent]
    accept_with_capinfos(programs, file.read_bytes())


def test_the_file_describes_its_interface(programs, hosts):
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--packet-count', '1',
                      '--extcap-capture-filter', 'udp')
    send_all(hosts.near.wire('near0'), [frame(IP(src=SOURCE, dst=Pair.FAR) / UDP())])
    found, status, error = capture.finish()
    assert (status, error) == (0, '')
    section, interface = found[0], found[1]
    assert section.type == pcapng.SECTION and len(section.body) + 12 <= 2048
    assert section.options[4][0].startswith(b'ipmon ')
    assert interface.type == pcapng.INTERFACE
    assert struct.unpack_from('<H', interface.body)[0] == 101
    assert interface.options[2] == [b'far0']
    assert interface.options[4] == [socket.inet_aton(Pair.FAR) + socket.inet_aton('255.255.255.0')]
    assert interface.options[6] == [bytes.fromhex(Pair.FAR_MAC.replace(':', ''))]
    assert interface.options[8] == [struct.pack('<Q', 10_000_000_000)]
    assert interface.options[9] == [b'\x09']
    assert interface.options[11] == [b'\x00udp']
    assert [block.type for block in found[2:]] == [pcapng.PACKET, pcapng.STATISTICS]


def test_direction_and_reception_type(programs, hosts):
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--packet-count', '7')
    wire = hosts.near.wire('near0')
    udp = UDP(sport=1, dport=2) / b'to'
    inbound = [(Pair.FAR_MAC, Pair.FAR, UNICAST), ('01:00:5e:00:00:05', '224.0.0.5', MULTICAST),
               ('ff:ff:ff:ff:ff:ff', '10.9.0.255', BROADCAST),
               (Pair.OTHER_MAC, '10.9.0.3', PROMISCUOUS)]
    for mac, address, _ in inbound:
        wire.send(frame(IP(src=SOURCE, dst=address) / udp, mac))
    wait_until(lambda: hosts.far.received('far0') >= len(inbound), 'frames did not arrive')
    out = hosts.far.socket(socket.AF_INET, socket.SOCK_DGRAM)
    out.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(Pair.FAR))
    outbound = [(Pair.NEAR, UNICAST), ('224.0.0.5', MULTICAST), ('10.9.0.255', BROADCAST)]
    for address, _ in outbound:
        out.sendto(b'out', (address, 2))
    found, status, error = capture.finish()
    assert (status, error) == (0, '')
    shown = [(packet.direction, packet.reception) for packet in pcapng.packets(found)
             if packet.bytes[9] == 17]
    assert shown[:4] == [(INBOUND, reception) for _, _, reception in inbound]
    assert shown[4:] == [(OUTBOUND, reception) for _, reception in outbound][:len(shown) - 4]
    assert len(shown) >= 6


def test_loopback_packets_come_once_and_have_no_direction(programs, host):
    capture = Capture(programs, host, 'ipmon:127.0.0.1', '--packet-count', '6')
    receiver = host.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(('127.0.0.1', 0))
    sender = host.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for number in range(6):
        sender.sendto(b'%d' % number, receiver.getsockname())
    found, status, _ = capture.finish()
    assert status == 0
    packets = pcapng.packets(found)
    assert [packet.bytes[28:] for packet in packets] == [b'%d' % n for n in range(6)]
    assert {packet.direction for packet in packets} == {UNKNOWN}
    assert [packet.time for packet in packets] == sorted(packet.time for packet in packets)


def test_all_interfaces_with_a_description_each(programs, hosts):
    capture = Capture(programs, hosts.far, 'ipmon:all', '--packet-count', '2')
    local = hosts.far.socket(socket.AF_INET, socket.SOCK_DGRAM)
    local.bind(('127.0.0.1', 0))
    local.sendto(b'over lo', local.getsockname())
    wait_until(lambda: hosts.far.received('lo') >= 1, 'nothing on lo')
    send_all(hosts.near.wire('near0'), [frame(IP(src=SOURCE, dst=Pair.FAR) / UDP() / b'over far0')])
    found, status, error = capture.finish()
    assert (status, error) == (0, '')
    names = [block.options[2][0] for block in pcapng.of_type(found, pcapng.INTERFACE)]
    shown = [(names[packet.interface], packet.bytes[28:]) for packet in pcapng.packets(found)]
    assert shown == [(b'lo', b'over lo'), (b'far0', b'over far0')]
    statistics = pcapng.of_type(found, pcapng.STATISTICS)
    assert [struct.unpack_from('<I', block.body)[0] for block in statistics] == [0, 1]


def test_statistics_count_every_packet(programs, hosts):
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--packet-count', '300')
    send_all(hosts.near.wire('near0'),
             [frame(IP(src=SOURCE, dst=Pair.FAR, id=n) / UDP() / Raw(bytes(n))) for n in range(300)])
    found, status, _ = capture.finish()
    assert status == 0
    packets = pcapng.packets(found)
    assert [struct.unpack_from('>H', packet.bytes, 4)[0] for packet in packets] == list(range(300))
    statistics = pcapng.of_type(found, pcapng.STATISTICS)
    assert len(statistics) == 1
    assert (statistics[0].number(4), statistics[0].number(5), statistics[0].number(8)) == (300, 0, 300)
    assert statistics[0].time(2) <= packets[0].time <= packets[-1].time <= statistics[0].time(3)


def test_snapshot_length_keeps_the_wire_length(programs, hosts):
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--packet-count', '1',
                      '--snapshot-length', '64')
    packet = IP(src=SOURCE, dst=Pair.FAR) / UDP() / Raw(b'z' * 500)
    send_all(hosts.near.wire('near0'), [frame(packet)])
    found, _, _ = capture.finish()
    [shown] = pcapng.packets(found)
    assert shown.bytes == bytes(packet)[:64] and shown.wire_length == len(packet)


def test_a_short_snapshot_does_not_change_the_reception_type(programs, hosts):
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--packet-count', '1',
                      '--snapshot-length', '1')
    out = hosts.far.socket(socket.AF_INET, socket.SOCK_DGRAM)
    out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(Pair.FAR))
    out.sendto(b'out', ('224.0.0.5', 2))
    found, _, _ = capture.finish()
    [shown] = pcapng.packets(found)
    assert shown.bytes == b'\x45' and shown.wire_length == 31
    assert (shown.direction, shown.reception) == (OUTBOUND, MULTICAST)


def test_receive_all_mode_3_leaves_other_hosts_out(programs, hosts):
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--packet-count', '1',
                      '--receive-all-mode', '3')
    send_all(hosts.near.wire('near0'),
             [frame(IP(src=SOURCE, dst='10.9.0.3') / UDP() / b'other', Pair.OTHER_MAC),
              frame(IP(src=SOURCE, dst=Pair.FAR) / UDP() / b'mine')])
    found, _, _ = capture.finish()
    assert [packet.bytes[28:] for packet in pcapng.packets(found)] == [b'mine']


def test_capture_filter(programs, hosts):
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--packet-count', '2',
                      '--extcap-capture-filter', 'udp port 53 or ip6')
    send_all(hosts.near.wire('near0'),
             [frame(IP(src=SOURCE, dst=Pair.FAR) / TCP(dport=53)),
              frame(IP(src=SOURCE, dst=Pair.FAR) / UDP(dport=53) / b'four'),
              frame(IP(src=SOURCE, dst=Pair.FAR) / UDP(sport=1, dport=54)),
              frame(IPv6(src=SOURCE6, dst='fd09::2') / UDP(dport=54) / b'it is six')])
    found, _, _ = capture.finish()
    assert [packet.bytes[-4:] for packet in pcapng.packets(found)] == [b'four', b' six']


def test_a_filter_that_the_kernel_refuses_runs_in_the_program(programs, hosts):
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--packet-count', '2',
                      '--snapshot-length', '50', '--extcap-capture-filter', 'ip6 protochain 17')
    packet = IPv6(src=SOURCE6, dst='fd09::2') / IPv6ExtHdrHopByHop() / UDP(dport=54) / b'behind'
    send_all(hosts.near.wire('near0'),
             [frame(IP(src=SOURCE, dst=Pair.FAR) / UDP(dport=53)), frame(packet),
              frame(IPv6(src=SOURCE6, dst='fd09::2') / TCP(dport=54)), frame(packet)])
    found, status, error = capture.finish()
    assert (status, error) == (0, '')
    assert [packet.bytes for packet in pcapng.packets(found)] == [bytes(packet)[:50]] * 2
    [statistics] = pcapng.of_type(found, pcapng.STATISTICS)
    assert (statistics.number(4), statistics.number(8)) == (2, 2)


def test_a_filter_too_long_for_the_kernel_s_memory_runs_in_the_program(programs, hosts):
    # Of each namespace since Linux 6.9; kernels before have 20480 in all of them.
    limit = '/proc/sys/net/core/optmem_max'
    hosts.far.run('sh', '-c', f'test ! -e {limit} || echo 20480 > {limit}')
    ports = ' or '.join(f'udp port {port}' for port in range(1000, 1500))
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--packet-count', '2',
                      '--extcap-capture-filter', ports)
    send_all(hosts.near.wire('near0'),
             [frame(IP(src=SOURCE, dst=Pair.FAR) / UDP(sport=1, dport=port))
              for port in (1499, 999, 1500, 1000)])
    found, status, error = capture.finish()
    assert (status, error) == (0, '')
    assert [packet.bytes[22:24] for packet in pcapng.packets(found)] == [b'\x05\xdb', b'\x03\xe8']


def test_frames_that_carry_vlan_tags(programs, hosts):
    """Sent frames keep their tag; received ones have lost it before they are seen."""
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--packet-count', '4')
    packets = [IP(src=SOURCE, dst=Pair.FAR) / UDP(dport=53) / b'four',
               IPv6(src=SOURCE6, dst='fd09::2') / UDP(dport=54) / b'it is six']
    tagged = [bytes(Ether(src=Pair.NEAR_MAC, dst=Pair.FAR_MAC) / Dot1Q(vlan=5) / packet)
              for packet in packets]
    other = bytes(Ether(src=Pair.NEAR_MAC, dst=Pair.FAR_MAC) / Dot1Q(vlan=5) /
                  ARP(psrc=SOURCE, pdst='10.9.0.3'))
    send_all(hosts.near.wire('near0'), [other, *tagged])
    wait_until(lambda: hosts.far.received('far0') >= 3, 'frames did not arrive')
    send_all(hosts.far.wire('far0'), [other, *tagged])
    found, status, _ = capture.finish()
    assert status == 0
    assert [packet.bytes for packet in pcapng.packets(found)] == [bytes(p) for p in packets] * 2


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_capture_with_all_packets(programs, hosts, number):
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}')
    send_all(hosts.near.wire('near0'),
             [frame(IP(src=SOURCE, dst=Pair.FAR, id=n) / UDP()) for n in range(50)])
    wait_until(lambda: hosts.far.received('far0') >= 50, 'frames did not arrive')
    capture.process.send_signal(number)
    found, status, error = capture.finish()
    assert (status, error) == (0, '')
    assert len(pcapng.packets(found)) == 50
    assert [block.number(4) for block in pcapng.of_type(found, pcapng.STATISTICS)] == [50]


@pytest.fixture
def hangup():
    """Sets what the programs inherit; the tests themselves may run without a terminal."""
    before = signal.getsignal(signal.SIGHUP)
    yield lambda handler: signal.signal(signal.SIGHUP, handler)
    signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize('handler,shown', [(signal.SIG_DFL, [0]), (signal.SIG_IGN, [0, 1])])
def test_a_terminal_that_is_closed(programs, hosts, hangup, handler, shown):
    """It ends the capture, packets and all, unless the caller wants it to go on (nohup)."""
    hangup(handler)
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--packet-count', str(len(shown)))
    wire = hosts.near.wire('near0')
    frames = [frame(IP(src=SOURCE, dst=Pair.FAR, id=n) / UDP()) for n in range(2)]
    wire.send(frames[0])
    wait_until(lambda: hosts.far.received('far0') >= 1, 'frame did not arrive')
    capture.signal(signal.SIGHUP)
    if handler == signal.SIG_IGN:
        wire.send(frames[1])
    found, status, error = capture.finish()
    assert (status, error) == (0, '')
    assert [int.from_bytes(packet.bytes[4:6], 'big') for packet in pcapng.packets(found)] == shown
    assert [block.number(8) for block in pcapng.of_type(found, pcapng.STATISTICS)] == [len(shown)]


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_waiting_for_the_reader(programs, host, hangup, number):
    hangup(signal.SIG_DFL)
    path = programs.readable('lonely')
    os.mkfifo(path)
    os.chmod(path, 0o666)
    process = programs.start([programs.ipmon_path, '--capture', '--extcap-interface',
                              'ipmon:127.0.0.1', '--fifo', path], host=host, capture=True)
    wait_until(host.is_capturing, 'ipmon never bound its packet socket')
    process.send_signal(number)
    _, error = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, error) == (0, b'')
    path.unlink()


def test_a_reader_that_goes_away_ends_an_idle_capture(programs, host):
    capture = Capture(programs, host, 'ipmon:127.0.0.1')
    capture.reader.close()
    _, error = capture.process.communicate(timeout=TIMEOUT)
    assert (capture.process.returncode, error) == (0, b'')


def test_an_interface_that_goes_down_and_up_keeps_the_capture(programs, hosts):
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--packet-count', '2')
    wire = hosts.near.wire('near0')
    wire.send(frame(IP(src=SOURCE, dst=Pair.FAR) / UDP() / b'before'))
    wait_until(lambda: hosts.far.received('far0') >= 1, 'frame did not arrive')
    hosts.far.run('ip', 'link', 'set', 'far0', 'down')
    hosts.far.run('ip', 'link', 'set', 'far0', 'up')
    hosts.far.await_line('far0')
    hosts.near.await_line('near0')
    wire = hosts.near.wire('near0')
    wire.send(frame(IP(src=SOURCE, dst=Pair.FAR) / UDP() / b'after'))
    found, status, error = capture.finish()
    assert (status, error) == (0, '')
    assert [packet.bytes[28:] for packet in pcapng.packets(found)] == [b'before', b'after']


def test_a_deleted_interface_ends_the_capture_with_its_error(programs, hosts):
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}')
    send_all(hosts.near.wire('near0'), [frame(IP(src=SOURCE, dst=Pair.FAR) / UDP() / b'kept')])
    wait_until(lambda: hosts.far.received('far0') >= 1, 'frame did not arrive')
    hosts.far.run('ip', 'link', 'delete', 'far0')
    found, status, error = capture.finish()
    assert status == 1 and error.count('\n') == 1
    assert error.startswith('ipmon: error 10050: ') and 'ENODEV' in error
    assert [packet.bytes[28:] for packet in pcapng.packets(found)] == [b'kept']
    assert len(pcapng.of_type(found, pcapng.STATISTICS)) == 1


@pytest.mark.parametrize('source,options,code,part', [
    ('ipmon:192.0.2.99', [], 1118, '192.0.2.99 is not an address of this machine'),
    ('ipmon:2001:db8::99', [], 1118, 'is not an address of this machine'),
    ('ipmon:127.0.0.1%eth9', [], 1118, 'is not an address of this machine'),
    ('ipmon:nonsense', [], 1118, 'numeric'),
    ('eth0', [], 1118, 'not a capture source'),
    ('ipmon:127.0.0.1', ['--packet-count', '-1'], 10022, '--packet-count'),
    ('ipmon:127.0.0.1', ['--receive-all-mode', '9'], 10022, '--receive-all-mode'),
    ('ipmon:127.0.0.1', ['--no-such-option'], 10022, '--no-such-option'),
    ('ipmon:127.0.0.1', ['--extcap-capture-filter', 'udp und tcp'], 10022, 'udp und tcp'),
    ('ipmon:127.0.0.1', ['--extcap-capture-filter', 'vlan 5'], 10022, '--use-pcap'),
    ('ipmon:127.0.0.1', ['--extcap-capture-filter', 'host localhost'], 10022, 'numeric addresses'),
])
def test_refusals(programs, host, source, options, code, part):
    data, error = refusal(programs, host, source, *options)
    assert data == b'', 'no header may be written'
    assert error.startswith(f'ipmon: error {code}: ') and part in error


def test_no_permission_names_the_command_that_gives_it(programs, host):
    data, error = refusal(programs, host, 'ipmon:127.0.0.1', capture=False)
    assert data == b''
    assert error.startswith('ipmon: error 10013: ')
    assert f'sudo setcap cap_net_raw=ep {programs.ipmon_path}' in error


def test_an_interface_that_is_down(programs, hosts):
    hosts.far.run('ip', 'link', 'set', 'far0', 'down')
    data, error = refusal(programs, hosts.far, f'ipmon:{Pair.FAR}')
    assert data == b'' and error.startswith('ipmon: error 10050: ') and 'far0' in error


def test_a_fifo_that_cannot_be_opened(programs, host):
    for path in ('/no/such/folder/pipe', '/proc/version', '/'):
        _, error = refusal(programs, host, 'ipmon:127.0.0.1', fifo=path)
        assert '--fifo' in error and path in error


LOOPBACK = 'extcap.ipmon_127_0_0_1.'


@pytest.mark.parametrize('options,capture,code', [
    ([], False, 10013),
    (['-f', 'udp und tcp'], True, 10022),
    (['-f', 'ether host 02:00:00:00:00:01'], True, 10022),
    (['-f', 'host no.such.name'], True, 10022),
    (['-o', LOOPBACK + 'packetcount:x'], True, 10022),
    (['-o', LOOPBACK + 'packetcount:-1'], True, 10022),
    (['-o', LOOPBACK + 'receiveallmode:9'], True, 10022),
    (['-o', LOOPBACK + 'snapshotlength:262001'], True, 10022),
    (['-o', LOOPBACK + 'inbuffersize:1'], True, 10022),
    (['-o', LOOPBACK + 'selectedinterface:1'], True, 10022),
    (['-o', LOOPBACK + 'usepcap:true', '-o', LOOPBACK + 'selectedinterface:9999'], True, 10022),
])
def test_tshark_shows_the_error_and_does_not_hang(programs, host, options, capture, code):
    file = programs.readable('refused.pcapng')
    file.unlink(missing_ok=True)
    result = programs.tshark('-n', '-i', 'ipmon:127.0.0.1', '-w', file, *options, host=host,
                             capture=capture)
    assert result.returncode != 0
    assert b'ipmon: error %d: ' % code in result.stderr


def test_tshark_reports_a_deleted_interface(programs, hosts):
    """tshark's own status stays 0 once a capture has begun; its message is ipmon's error."""
    result = programs.start(['tshark', '-n', '-i', f'ipmon:{Pair.FAR}', '-w',
                             programs.readable('deleted.pcapng')], host=hosts.far, capture=True)
    wait_until(hosts.far.is_capturing, 'tshark started no capture')
    hosts.far.run('ip', 'link', 'delete', 'far0')
    _, error = result.communicate(timeout=TIMEOUT)
    assert b'ipmon: error 10050: interface far0 was deleted' in error


def test_unknown_extcap_options_of_a_newer_wireshark_are_ignored(programs, host):
    capture = Capture(programs, host, 'ipmon:127.0.0.1', '--extcap-novelty', 'value',
                      '--extcap-other=1', '--packet-count', '1')
    sender = host.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.sendto(b'x', ('127.0.0.1', 9))
    found, status, _ = capture.finish()
    assert status == 0 and len(pcapng.packets(found)) == 1


def send_to_itself(host, count):
    """Datagrams over the loopback that nothing answers."""
    sender = host.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver = host.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(('127.0.0.1', 0))
    for _ in range(count):
        sender.sendto(b'x', receiver.getsockname())


def test_a_capture_into_a_file(programs, host):
    folder = programs.readable('files')
    folder.mkdir(exist_ok=True)
    folder.chmod(0o777)
    file = folder / 'capture.pcapng'
    file.unlink(missing_ok=True)
    process = programs.start([programs.ipmon_path, '--capture', '--extcap-interface',
                              'ipmon:127.0.0.1', '--packet-count', '3', '--fifo', file],
                             host=host, capture=True)
    wait_until(host.is_capturing, 'ipmon never bound its packet socket')
    send_to_itself(host, 3)
    _, error = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, error) == (0, b'')
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(pcapng.packets(pcapng.blocks(file.read_bytes()))) == 3
    accept_with_capinfos(programs, file.read_bytes())


def test_a_terminal_is_refused_and_standard_output_serves(programs, host):
    process = programs.start([programs.ipmon_path, '--capture', '--extcap-interface',
                              'ipmon:127.0.0.1', '--packet-count', '1', '--fifo', '-'],
                             host=host, capture=True)
    wait_until(host.is_capturing, 'ipmon never bound its packet socket')
    host.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))
    data, _ = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0 and len(pcapng.packets(pcapng.blocks(data))) == 1
    primary, secondary = os.openpty()
    process = programs.start([programs.ipmon_path, '--capture', '--extcap-interface',
                              'ipmon:127.0.0.1', '--fifo', '-'], host=host, capture=True,
                             stdout=secondary, stderr=subprocess.PIPE)
    _, error = process.communicate(timeout=TIMEOUT)
    os.close(primary)
    os.close(secondary)
    assert process.returncode == 1 and b'terminal' in error


def read_until(terminal, text):
    """What comes from a terminal, up to a line with this text. It may come in pieces."""
    read = b''
    while text not in read or not read.endswith(b'\n'):
        read += os.read(terminal, 4096)
    return read


def test_a_terminal_shows_what_became_of_the_packets(programs, host):
    primary, secondary = os.openpty()
    process = programs.start([programs.ipmon_path, '--capture', '--extcap-interface', 'ipmon:127.0.0.1',
                              '--packet-count', '2', '--fifo', '-'], host=host, capture=True,
                             stderr=secondary)
    os.close(secondary)
    printed = read_until(primary, b'ends it')
    for number, answer in ((signal.SIGUSR1, b'not kept'), (signal.SIGUSR2, b'resumed')):
        process.send_signal(number)
        printed += read_until(primary, answer)
    send_to_itself(host, 2)
    data, _ = process.communicate(timeout=TIMEOUT)
    lines = (printed + os.read(primary, 4096)).decode().splitlines()
    os.close(primary)
    assert process.returncode == 0 and len(pcapng.packets(pcapng.blocks(data))) == 2
    assert lines == ['ipmon: captures from ipmon:127.0.0.1 into -, Ctrl-C ends it',
                     'ipmon: paused: packets are counted and not kept', 'ipmon: resumed',
                     'ipmon: received 2 packets: 2 written, 0 discarded while paused, '
                     '0 discarded at the end, 0 dropped']


def test_tshark_reports_what_ends_a_capture_midway(programs, hosts):
    file = programs.readable('midway.pcapng')
    file.unlink(missing_ok=True)
    tshark = programs.start(['tshark', '-n', '-i', f'ipmon:{Pair.FAR}', '-w', file], host=hosts.far,
                            capture=True)
    wait_until(hosts.far.is_capturing, 'tshark started no capture')
    send_all(hosts.near.wire('near0'), [frame(IP(src=SOURCE, dst=Pair.FAR) / UDP() / b'kept')])
    wait_until(lambda: file.exists() and len(pcapng.packets(pcapng.blocks(file.read_bytes()))) == 1,
               'the packet was not saved')
    hosts.far.run('ip', 'link', 'delete', 'far0')
    _, error = tshark.communicate(timeout=TIMEOUT)
    assert b'error 10050' in error, error
    assert len(pcapng.packets(pcapng.blocks(file.read_bytes()))) == 1
    accept_with_capinfos(programs, file.read_bytes())


def test_a_killed_tshark_leaves_nothing_running(programs, host):
    """Killed with signal 9 on an idle line: ipmon gets no signal, and dumpcap keeps the pipe open."""
    file = programs.readable('killed.pcapng')
    file.unlink(missing_ok=True)
    tshark = programs.start(['tshark', '-n', '-i', 'ipmon:127.0.0.1', '-w', file], host=host,
                            capture=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(host.is_capturing, 'tshark started no capture')
    wait_until(lambda: file.exists() and file.stat().st_size > 0, 'dumpcap wrote no header')
    tshark.kill()
    tshark.wait()
    wait_until(lambda: not host.is_capturing(), 'ipmon goes on without tshark')
