# Checksums of messages as the receiving stack verifies them: compared with the counters of real kernels,
# in tunnels whose checksums a real kernel made, and of senders that leave theirs to the network card.
# SPDX-License-Identifier: GPL-2.0-or-later
import re
import socket
import threading

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6

from capture_files import ETHERNET, write_pcap
from dissecting import V4, ethernet, expert_summary, partial_sum
from network import ETH_P_ALL, Pair, Path
from truth import Watch

# Packets for the client by the counter of its kernel for each, and the event of it. The last one of
# each row is the nearest that is good.
TO4 = {'src': Path.ROUTER[4], 'dst': Path.CLIENT[4]}
TO6 = {'src': Path.ROUTER[6], 'dst': Path.CLIENT[6]}
PORT = 7  # nobody listens there
KERNEL = [
    ('IpInHdrErrors', 'ipintr-badsum', [IP(**TO4, chksum=1) / UDP(dport=PORT), IP(**TO4, chksum=0) / UDP(dport=PORT),
                                        IP(**TO4, chksum=1) / TCP(dport=PORT)], IP(**TO4) / UDP(dport=PORT)),
    ('TcpInCsumErrors', 'tcp_input-badsum', [IP(**TO4) / TCP(dport=PORT, chksum=1), IPv6(**TO6) / TCP(dport=PORT, chksum=1),
                                             IP(**TO4) / TCP(dport=PORT, chksum=0)], IP(**TO4) / TCP(dport=PORT)),
    ('UdpInCsumErrors', 'udp_input-badsum', [IP(**TO4) / UDP(dport=PORT, chksum=1)], IP(**TO4) / UDP(dport=PORT, chksum=0)),
    ('Udp6InCsumErrors', 'udp_input-badsum', [IPv6(**TO6) / UDP(dport=PORT, chksum=0), IPv6(**TO6) / UDP(dport=PORT, chksum=1)],
     IPv6(**TO6) / UDP(dport=PORT)),
    ('IcmpInCsumErrors', 'icmp_input-badsum', [IP(**TO4) / ICMP(chksum=1), IP(**TO4) / ICMP(chksum=0)], IP(**TO4) / ICMP()),
    ('Icmp6InCsumErrors', 'icmp_input-badsum', [IPv6(**TO6) / ICMPv6EchoRequest(cksum=1)], IPv6(**TO6) / ICMPv6EchoRequest()),
]


def counters(host):
    """What the host's kernel has counted, by names as in /proc/net/snmp6."""
    lines = [line.split() for line in host.run('cat', '/proc/net/snmp').stdout.decode().splitlines()]
    found = {names[0].rstrip(':') + name: int(value)
             for names, values in zip(lines[::2], lines[1::2]) for name, value in zip(names[1:], values[1:])}
    for line in host.run('cat', '/proc/net/snmp6').stdout.decode().splitlines():
        name, value = line.split()
        found[name] = int(value)
    return found


def test_a_kernel_counts_what_is_reported(programs, path):
    """Each packet is counted as an error if and only if ipmon raises its event."""
    expected = []
    with Watch(programs, path) as watch:
        fence = watch.fence.getsockname()[1]
        for counter, event, bad, good in KERNEL:
            for packet in [*bad, good]:
                before = counters(path.client)
                watch.put(packet)
                after = counters(path.client)
                assert after[counter] - before[counter] == (packet is not good), (counter, packet.summary())
                expected.append([] if packet is good else [event])
        watch.read()
    rows = programs.fields(programs.readable('truth.pcapng'), ['ipmon.event', 'ipmon.src.text', 'ipmon.dstport'])
    assert [events for events, [source], port in rows
            if source in Path.ROUTER.values() and port != [str(fence)]] == expected


PAYLOAD = bytes(range(256)) * 400


def transfer(server, client, address, port):
    """Sends the payload over TCP, both ways."""
    listener = server.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind((address, port))
    listener.listen(1)
    listener.settimeout(20)

    def answer():
        with listener, listener.accept()[0] as near:
            near.settimeout(20)
            got = b''
            while len(got) < len(PAYLOAD):
                got += near.recv(65536)
            near.sendall(got)

    thread = threading.Thread(target=answer)
    thread.start()
    with client.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.settimeout(20)
        sock.connect((address, port))
        sock.sendall(PAYLOAD)
        back = b''
        while len(back) < len(PAYLOAD):
            back += sock.recv(65536)
    thread.join()
    assert back == PAYLOAD


@pytest.mark.parametrize('options', [(), ('gso_max_segs', '1')], ids=['segmentation offload', 'one segment'])
def test_a_tunnel_of_a_kernel_has_no_wrong_checksum(programs, hosts, options):
    """A VXLAN with checksums, captured where it is sent: local checksum offload, and segmentation offload."""
    for host, own, other, interface in ((hosts.near, Pair.NEAR, Pair.FAR, 'near0'), (hosts.far, Pair.FAR, Pair.NEAR, 'far0')):
        host.run('ip', 'link', 'add', 'tunnel', 'type', 'vxlan', 'id', '7', 'local', own, 'remote', other, 'dstport',
                 '4789', 'udpcsum', 'dev', interface)
        host.run('ip', 'link', 'set', 'tunnel', *options, 'up')
        host.run('ip', 'address', 'add', f'10.8.0.{own[-1]}/24', 'dev', 'tunnel')
    with hosts.near.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)) as tap:
        tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 23)
        tap.bind(('near0', ETH_P_ALL))
        transfer(hosts.far, hosts.near, '10.8.0.2', 5000)
        tap.setblocking(False)
        frames = []
        while True:
            try:
                frames.append(tap.recv(1 << 18))
            except BlockingIOError:
                break
    file = write_pcap(programs.readable('tunnel.pcap'), frames, ETHERNET)
    rows = programs.fields(file, ['ipmon.src.text', 'ipmon.layer', 'ipmon.event', 'tcp.len'])
    lengths = [int(length[0]) for _, layers, _, length in rows if layers == ['0', '1'] and length]
    assert sum(lengths) >= 2 * len(PAYLOAD) and (max(lengths) > 1500) == (not options)
    assert {event for row in rows for event in row[2]} == set()
    # Among them are some of which the card was to complete the sum inside, else this would prove nothing.
    off = programs.fields(file, ['udp.checksum.status', 'tcp.checksum.status'], '-o', 'udp.check_checksum:TRUE',
                          '-o', 'tcp.check_checksum:TRUE', '-Y', 'tcp && ip.src == 10.8.0.1')
    assert [udp for udp, tcp in off if udp == ['0'] or tcp == ['0']]


def wrong(number, protocol=UDP, source='10.9.0.1', **fields):
    return ethernet(IP(src=source, dst='10.9.0.2', id=number) / protocol(chksum=number + 1, **fields) / b'data')


def right(protocol=UDP, source='10.9.0.1', **fields):
    return ethernet(IP(src=source, dst='10.9.0.2') / protocol(**fields) / b'data')


def excused(programs, packets, *arguments):
    """Numbers of packets with a wrong checksum, and of those whose checksum is perhaps wrong."""
    file = write_pcap(programs.readable('sums.pcap'), packets, ETHERNET)
    text = programs.tshark('-n', '-r', file, '-O', 'ipmon', *arguments).stdout.decode()
    certain, perhaps = [], []
    for frame in re.split(r'^Frame (?=\d+:)', text, flags=re.M)[1:]:
        number = int(frame.split(':')[0])
        for line in re.findall(r'\[Expert Info [(].*[)]: (?:tcp|udp|icmp)_input-badsum: .*\]', frame):
            certain.append(number)
            perhaps += [number] if line.endswith('(perhaps checksum offload)]') else []
    return certain, perhaps


PARTIAL = partial_sum(17, 12, V4['src'], V4['dst'])


@pytest.mark.parametrize('packets,in_one_pass,in_two', [
    ([wrong(1)], [], []),
    ([wrong(1), wrong(2)], [2], [1, 2]),
    ([wrong(1), wrong(2), wrong(3)], [2, 3], [1, 2, 3]),
    ([wrong(1, TCP, flags='A'), wrong(2, TCP, flags='A')], [2], [1, 2]),
    ([right(), wrong(1), wrong(2)], [], []),
    ([wrong(1), wrong(2), right(), wrong(3)], [2], []),
    ([wrong(1), wrong(2), right(chksum=PARTIAL), wrong(3)], [2], []),
    ([wrong(1), wrong(2), right(chksum=0), wrong(3)], [2, 4], [1, 2, 4]),
    ([wrong(1), right(source='10.9.0.3'), wrong(2)], [3], [1, 3]),
    ([wrong(1), wrong(2, source='10.9.0.3')], [], []),
    ([wrong(1), right(TCP), wrong(2)], [3], [1, 3]),
    ([wrong(1), wrong(2, TCP, flags='A')], [], []),
], ids=['once', 'twice', 'three times', 'TCP', 'one right before', 'one right between', 'one partial', 'one without',
        'another sender is right', 'two senders', 'another protocol is right', 'two protocols'])
def test_a_sender_whose_every_checksum_is_wrong(programs, packets, in_one_pass, in_two):
    certain, perhaps = excused(programs, packets)
    assert perhaps == in_one_pass and set(in_two) <= set(certain)
    assert excused(programs, packets, '-2') == (certain, in_two)


def test_perhaps_in_an_expert_item(programs):
    file = write_pcap(programs.readable('sums.pcap'), [wrong(1), wrong(2)], ETHERNET)
    text = programs.tshark('-n', '-2', '-r', file, '-V').stdout.decode()
    assert text.count('(Error/Protocol): udp_input-badsum: the UDP checksum is wrong (perhaps checksum offload)') == 2
    assert expert_summary(programs, file) == expert_summary(programs, file, '-2') == {'udp_input-badsum': 2}
