# ipmon:all while interfaces come, go, and get and lose addresses; --local-host; --use-pcap.
# SPDX-License-Identifier: GPL-2.0-or-later
import re
import select
import signal
import socket
import struct
import subprocess

import pytest
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrHopByHop
from scapy.layers.l2 import ARP, Ether

import pcapng
from accounting import numbered
from capturing import SOURCE, SOURCE6, Capture, frame, refusal, send_all
from network import Pair, wait_until
from programs import TIMEOUT

ETHERNET, COOKED = 1, 113


def names(found):
    return [block.options[2][0] for block in pcapng.of_type(found, pcapng.INTERFACE)]


def add_twin(host, number, address):
    """A veth pair of which both ends are on the host; what enters the one leaves the other."""
    host.run('ip', 'link', 'add', f'twin{number}', 'type', 'veth', 'peer', 'name', f'niwt{number}')
    for name in (f'twin{number}', f'niwt{number}'):
        host.write(f'/proc/sys/net/ipv6/conf/{name}/disable_ipv6', '1')
    host.run('ip', 'address', 'add', f'{address}/24', 'dev', f'twin{number}')
    for name in (f'twin{number}', f'niwt{number}'):
        host.run('ip', 'link', 'set', name, 'up')
    for name in (f'twin{number}', f'niwt{number}'):
        host.await_line(name)


def send_on(host, interface, text, packet=None):
    packet = packet or IP(src=SOURCE, dst='203.0.113.1') / UDP(sport=1, dport=2) / text
    host.wire(interface).send(frame(packet))


def test_interfaces_that_come_and_go(programs, hosts):
    capture = Capture(programs, hosts.far, 'ipmon:all')
    send_all(hosts.near.wire('near0'), [frame(IP(src=SOURCE, dst=Pair.FAR) / UDP() / b'before')])
    blocks = [capture.read_block() for _ in range(3)]
    for number in (1, 2):
        add_twin(hosts.far, number, f'10.8.{number}.1')
        send_on(hosts.far, f'niwt{number}', b'new %d' % number)
        blocks += [capture.read_block() for _ in range(4)]  # out of one end, into the other
        hosts.far.run('ip', 'link', 'delete', f'twin{number}')
    send_all(hosts.near.wire('near0'), [frame(IP(src=SOURCE, dst=Pair.FAR) / UDP() / b'after')])
    blocks.append(capture.read_block())
    capture.signal(signal.SIGTERM)
    found, status, error = capture.finish()
    found = blocks + found
    assert (status, error) == (0, '')
    assert sorted(names(found)) == sorted([b'far0', b'twin1', b'niwt1', b'twin2', b'niwt2'])
    twin = next(block for block in pcapng.of_type(found, pcapng.INTERFACE)
                if block.options[2][0] == b'twin2')
    assert twin.options[4] == [socket.inet_aton('10.8.2.1') + socket.inet_aton('255.255.255.0')]
    assert len(twin.options[6][0]) == 6
    shown = [(names(found)[packet.interface], packet.bytes[28:]) for packet in pcapng.packets(found)]
    assert shown[0] == (b'far0', b'before') and shown[-1] == (b'far0', b'after')
    assert sorted(shown[1:3]) == [(b'niwt1', b'new 1'), (b'twin1', b'new 1')]
    statistics = pcapng.of_type(found, pcapng.STATISTICS)
    assert sum(block.number(4) for block in statistics) == len(shown) == 6


def test_interfaces_that_are_gone_before_their_packets_are_read(programs, hosts):
    capture = Capture(programs, hosts.far, 'ipmon:all')
    capture.read_block()
    capture.signal(signal.SIGSTOP)
    for number in (1, 2):
        add_twin(hosts.far, number, f'10.8.{number}.1')
        send_on(hosts.far, f'niwt{number}', b'new %d' % number)
    for number in (1, 2):
        hosts.far.run('ip', 'link', 'delete', f'twin{number}')
    capture.signal(signal.SIGCONT, signal.SIGTERM)
    found, status, error = capture.finish()
    assert (status, error) == (0, '')
    assert sorted(names(found)) == [b'niwt1', b'niwt2', b'twin1', b'twin2']
    assert len(pcapng.packets(found)) == 4


def test_promiscuous_mode_on_an_interface_that_appears(programs, hosts):
    capture = Capture(programs, hosts.far, 'ipmon:all')
    add_twin(hosts.far, 1, '10.8.1.1')

    def promiscuity():
        return hosts.far.run('ip', '-d', 'link', 'show', 'twin1').stdout
    wait_until(lambda: b'promiscuity 1' in promiscuity(), 'never promiscuous')
    capture.signal(signal.SIGTERM)
    assert capture.finish()[1] == 0
    assert b'promiscuity 0' in promiscuity()


def test_mode_0_on_all_follows_the_addresses(programs, hosts):
    capture = Capture(programs, hosts.far, 'ipmon:all', '--receive-all-mode', '0', '--packet-count',
                      '2', '--log-file', '/dev/null')
    wire = hosts.near.wire('near0')
    to = [frame(IP(src=SOURCE, dst=address) / UDP(sport=1, dport=2) / text) for address, text in (
        ('10.9.0.77', b'too early'), (Pair.FAR, b'first'), ('10.9.0.77', b'second'))]
    send_all(wire, to[:2])
    blocks = [capture.read_block() for _ in range(3)]
    hosts.far.run('ip', 'address', 'add', '10.9.0.77/24', 'dev', 'far0')
    # The program is notified of the address some time later.
    wait_until(lambda: wire.send(to[2]) and select.select([capture.reader], [], [], 0)[0],
               'nothing to the new address is captured')
    found, status, _ = capture.finish()
    texts = [packet.bytes[28:] for packet in pcapng.packets(blocks + found)]
    assert status == 0 and texts == [b'first', b'second']


def test_mode_0_on_all_without_any_address_shows_nothing(programs, hosts):
    for interface in ('lo', 'far0'):
        hosts.far.run('ip', 'address', 'flush', 'dev', interface)
    capture = Capture(programs, hosts.far, 'ipmon:all', '--receive-all-mode', '0')
    capture.read_block()
    wire = hosts.near.wire('near0')
    frames = [frame(IP(src=SOURCE, dst=address) / UDP(sport=1, dport=2))
              for address in ('10.9.0.77', Pair.FAR)]
    before = hosts.far.received('far0')
    send_all(wire, frames)
    wait_until(lambda: hosts.far.received('far0') >= before + 2, 'frames did not arrive')
    hosts.far.run('ip', 'address', 'add', f'{Pair.FAR}/24', 'dev', 'far0')
    wait_until(lambda: send_all(wire, frames) or select.select([capture.reader], [], [], 0)[0],
               'nothing to the new address is captured')
    capture.signal(signal.SIGTERM)
    found, status, error = capture.finish()
    assert (status, error) == (0, '')
    assert {socket.inet_ntoa(packet.bytes[16:20]) for packet in pcapng.packets(found)} == {Pair.FAR}


def test_local_host_restricts_ipmon_all(programs, hosts):
    capture = Capture(programs, hosts.far, 'ipmon:all', '--local-host', Pair.FAR,
                      '--packet-count', '1')
    hosts.far.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'on lo', ('127.0.0.1', 9))
    send_all(hosts.near.wire('near0'), [frame(IP(src=SOURCE, dst=Pair.FAR) / UDP() / b'on far0')])
    found, status, _ = capture.finish()
    assert status == 0 and names(found) == [b'far0']
    assert [packet.bytes[28:] for packet in pcapng.packets(found)] == [b'on far0']


@pytest.mark.parametrize('source,options,code,part', [
    ('ipmon:all', ['--local-host', '192.0.2.99'], 1118, '192.0.2.99'),
    ('ipmon:127.0.0.1', ['--local-host', '127.0.0.1'], 10022, '--local-host'),
    ('ipmon:127.0.0.1', ['--file', 'x'], 10022, '--file'),
    ('ipmon:all', ['--selected-interface', '1'], 10022, '--use-pcap'),
    ('ipmon:all', ['--use-pcap', '--selected-interface', '999'], 10022, '--list-interfaces'),
    ('ipmon:all', ['--use-pcap', '--receive-all-mode', '2'], 10022, 'mode 2'),
    ('ipmon:127.0.0.1', ['--use-pcap', '--extcap-capture-filter', 'udp und'], 10022, 'udp und'),
    ('ipmon:127.0.0.1', ['--use-pcap', '--extcap-capture-filter', 'host localhost'], 10022, 'host'),
])
def test_refusals(programs, host, source, options, code, part):
    data, error = refusal(programs, host, source, *options)
    assert data == b'' and error.startswith(f'ipmon: error {code}: ') and part in error


def test_the_dialog_offers_the_addresses(programs, hosts):
    config = programs.ipmon('--extcap-config', '--extcap-interface', 'ipmon:all',
                            host=hosts.far).stdout.decode()
    assert f'{{value={Pair.FAR}}}{{display={Pair.FAR} on far0}}{{default=false}}' in config
    hosts.far.run('ip', 'address', 'add', '10.9.0.88/24', 'dev', 'far0')
    again = programs.ipmon('--extcap-config', '--extcap-interface', 'ipmon:all',
                           '--extcap-reload-option', 'local-host', host=hosts.far).stdout.decode()
    assert again.startswith('value {arg=0}{value=all}') and '{value=10.9.0.88}' in again
    assert 'arg {number' not in again


def with_libpcap(programs, host, source, *options):
    return Capture(programs, host, source, '--use-pcap', *options)


def link_types(found):
    return [struct.unpack_from('<H', block.body)[0]
            for block in pcapng.of_type(found, pcapng.INTERFACE)]


def test_libpcap_gives_whole_frames_and_link_layer_filters(programs, hosts):
    capture = with_libpcap(programs, hosts.far, f'ipmon:{Pair.FAR}', '--packet-count', '2',
                   '--extcap-capture-filter', f'ether dst {Pair.FAR_MAC}')
    arp = bytes(Ether(src=Pair.NEAR_MAC, dst=Pair.FAR_MAC) / ARP(psrc=SOURCE, pdst='10.9.0.3'))
    frames = [frame(IP(src=SOURCE, dst='10.9.0.3') / UDP() / b'other', Pair.OTHER_MAC), arp,
              frame(IP(src=SOURCE, dst=Pair.FAR) / TCP(dport=80))]
    send_all(hosts.near.wire('near0'), frames)
    found, status, error = capture.finish()
    assert (status, error) == (0, '')
    assert names(found) == [b'far0'] and link_types(found) == [ETHERNET]
    assert [packet.bytes for packet in pcapng.packets(found)] == frames[1:]
    [statistics] = pcapng.of_type(found, pcapng.STATISTICS)
    assert (statistics.number(4), statistics.number(8)) == (2, 2)


def test_libpcap_counts_every_packet(programs, hosts):
    capture = with_libpcap(programs, hosts.far, f'ipmon:{Pair.FAR}', '--in-buffer-size', '1048576',
                   '--out-buffer-size', '4096', '--snapshot-length', '2000')
    one = frame(IP(src=SOURCE, dst=Pair.FAR) / UDP() / bytes(1200))
    wire = hosts.near.wire('near0')
    for _ in range(4000):
        wire.send(one)
    wait_until(lambda: hosts.far.received('far0') >= 4000, 'frames did not arrive')
    capture.signal(signal.SIGTERM)
    found, status, _ = capture.finish()
    assert status == 0
    [statistics] = pcapng.of_type(found, pcapng.STATISTICS)
    packets = [packet for packet in pcapng.packets(found) if packet.wire_length == len(one)]
    others = len(pcapng.packets(found)) - len(packets)  # answers of the host
    assert statistics.number(8) == len(pcapng.packets(found))
    assert statistics.number(4) == statistics.number(8) + statistics.number(5)
    assert statistics.number(5) > 0 and statistics.number(4) >= 4000 + others


@pytest.mark.parametrize('source', [f'ipmon:{Pair.FAR}', 'ipmon:127.0.0.1', 'ipmon:all'])
@pytest.mark.parametrize('expression', ['', 'udp', 'ip protochain 17'])
def test_libpcap_counts_packets_of_the_loopback_once(programs, hosts, source, expression):
    capture = with_libpcap(programs, hosts.far, source, '--extcap-capture-filter', expression)
    own = hosts.far.socket(socket.AF_INET, socket.SOCK_DGRAM)
    own.bind(('127.0.0.1', 0))
    for _ in range(3):
        own.sendto(b'own', own.getsockname())
    send_all(hosts.near.wire('near0'), [frame(IP(src=SOURCE, dst=Pair.FAR) / UDP(dport=1))] * 2)
    wait_until(lambda: hosts.far.received('far0') >= 2 and hosts.far.received('lo') >= 3,
               'packets did not arrive')
    capture.signal(signal.SIGTERM)
    found, status, _ = capture.finish()  # libpcap itself reports a filter that it runs itself
    expected = {f'ipmon:{Pair.FAR}': 2, 'ipmon:127.0.0.1': 3, 'ipmon:all': 5}[source]
    assert (status, len(pcapng.packets(found))) == (0, expected)
    [statistics] = pcapng.of_type(found, pcapng.STATISTICS)
    assert (statistics.number(4), statistics.number(8)) == (expected, expected)


def test_libpcap_mode_0_and_all_interfaces(programs, hosts):
    capture = with_libpcap(programs, hosts.far, f'ipmon:{Pair.FAR}', '--receive-all-mode', '0',
                   '--packet-count', '1', '--extcap-capture-filter', 'udp or tcp')
    send_all(hosts.near.wire('near0'),
             [frame(IP(src=SOURCE, dst='10.9.0.3') / UDP() / b'other'),
              frame(IP(src=SOURCE, dst=Pair.FAR) / UDP() / b'mine')])
    found, status, _ = capture.finish()
    assert status == 0 and [packet.bytes[42:] for packet in pcapng.packets(found)] == [b'mine']
    capture = with_libpcap(programs, hosts.far, 'ipmon:all', '--packet-count', '1')
    send_all(hosts.near.wire('near0'), [frame(IP(src=SOURCE, dst=Pair.FAR) / UDP() / b'mine')])
    found, status, _ = capture.finish()
    assert status == 0 and names(found) == [b'any'] and link_types(found) == [COOKED]


def test_libpcap_with_a_filter_that_the_kernel_does_not_run(programs, hosts, log):
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--use-pcap', '--log-file', log.path,
                      '--extcap-capture-filter', 'ip6 protochain 17')
    packet = frame(IPv6(src=SOURCE6, dst='fd09::2') / IPv6ExtHdrHopByHop() / UDP(dport=54) / b'behind')
    send_all(hosts.near.wire('near0'), [*numbered(50), packet, *numbered(20), packet])
    wait_until(lambda: hosts.far.received('far0') >= 72, 'packets did not arrive')
    capture.signal(signal.SIGTERM)
    found, status, error = capture.finish()
    assert (status, error) == (0, '')
    assert [block.bytes for block in pcapng.packets(found)] == [packet] * 2
    account = log.account()
    assert (account['received'], account['written']) == (2, 2)


def test_libpcap_device_by_number(programs, hosts):
    lines = programs.ipmon('--list-interfaces', host=hosts.far).stdout.decode().splitlines()
    number = next(line.split('\t')[0] for line in lines if line.split('\t')[1] == 'far0')
    capture = with_libpcap(programs, hosts.far, 'ipmon:127.0.0.1', '--selected-interface', number,
                   '--packet-count', '1')
    send_all(hosts.near.wire('near0'), [frame(IP(src=SOURCE, dst=Pair.FAR) / UDP() / b'mine')])
    found, status, _ = capture.finish()
    assert status == 0 and names(found) == [b'far0']


def test_libpcap_device_that_is_no_interface(programs, host):
    """What a firewall rule logs; libpcap needs CAP_NET_ADMIN, which root has."""
    listed = programs.ipmon('--list-interfaces', host=host).stdout.decode()
    number = re.search(r'^(\d+)\tnflog\t', listed, re.M).group(1)
    host.run('nft', 'add table ip t; add chain ip t c { type filter hook output priority 0; };')
    try:
        host.run('nft', 'add rule ip t c udp dport 9 log group 0')
    except subprocess.CalledProcessError:
        pytest.skip('this kernel has no log of packets for programs')
    file = programs.readable('logged')
    process = subprocess.Popen(
        ['nsenter', f'--net={host.path}', programs.ipmon_path, '--capture', '--extcap-interface',
         'ipmon:all', '--use-pcap', '--selected-interface', number, '--packet-count', '1', '--fifo',
         file, '--timeout', str(TIMEOUT // 2), '--absolute-timeout'], stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE)
    sender = host.socket(socket.AF_INET, socket.SOCK_DGRAM)
    wait_until(lambda: sender.sendto(b'logged', ('127.0.0.1', 9)) and process.poll() is not None,
               'nothing is captured')
    _, error = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, error) == (0, b'')
    [packet] = pcapng.packets(pcapng.blocks(file.read_bytes()))
    assert b'logged' in packet.bytes


def test_libpcap_without_permission_and_on_a_deleted_interface(programs, hosts):
    data, error = refusal(programs, hosts.far, f'ipmon:{Pair.FAR}', '--use-pcap', capture=False)
    assert data == b'' and error.startswith('ipmon: error 10013: ') and 'setcap' in error
    capture = with_libpcap(programs, hosts.far, f'ipmon:{Pair.FAR}')
    hosts.far.run('ip', 'link', 'delete', 'far0')
    found, status, error = capture.finish()
    assert status == 1 and error.startswith('ipmon: error 10050: ') and 'ENODEV' in error
    assert len(pcapng.of_type(found, pcapng.STATISTICS)) == 1
