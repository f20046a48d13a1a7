# A replay keeps the options of packets and interfaces in the file: opened or replayed, Wireshark shows
# the same and the record is the same.
# SPDX-License-Identifier: GPL-2.0-or-later
import gzip
import re
import socket
import struct

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6

import pcapng
from capturing import SOURCE, frame
from programs import NOBODY

ETHERNET, RAW = 1, 101
BASE = 1_700_000_000
COMMENT, FLAGS, HASH, DROPS, ID, QUEUE, VERDICT = range(1, 8)
NAME, DESCRIPTION, IPV4, IPV6, MAC, SPEED, RESOLUTION = 2, 3, 4, 5, 6, 8, 9
FILTER, SYSTEM, FCS, OFFSET, HARDWARE = 11, 12, 13, 14, 15

FIELDS = ['frame.comment', 'frame.packet_flags', 'frame.packet_flags_direction',
          'frame.packet_flags_reception_type', 'frame.packet_flags_fcs_length',
          'frame.packet_flags_crc_error', 'frame.packet_flags_symbol_error', 'frame.drop_count',
          'frame.packet_id', 'frame.interface_queue', 'frame.time_epoch', 'frame.encap_type',
          'frame.len', 'frame.cap_len', 'eth.fcs', 'ipmon.event', 'ipmon.error.name',
          'ipmon.error.socket', 'ipmon.error.none', 'ipmon.checksum.status', 'ipmon.ttl']
# A pcap file's packets have none of their own.
INTERFACE_FIELDS = ['frame.interface_id', 'frame.interface_name', 'frame.interface_description']


class File:
    """A pcap-ng file of either byte order."""

    def __init__(self, order):
        self.order = order
        self.data = self._block(pcapng.SECTION, self.pack('IHHq', 0x1A2B3C4D, 1, 0, -1))

    def pack(self, form, *values):
        return struct.pack(self.order + form, *values)

    def _block(self, type_, body):
        body += bytes(-len(body) % 4)
        length = self.pack('I', len(body) + 12)
        return self.pack('I', type_) + length + body + length

    def options(self, pairs):
        return b''.join(self.pack('HH', code, len(value)) + value + bytes(-len(value) % 4)
                        for code, value in pairs) + bytes(4)

    def interface(self, link_type, *pairs, snapshot=262144):
        self.data += self._block(pcapng.INTERFACE, self.pack('HHI', link_type, 0, snapshot) +
                                 self.options(pairs))

    def packet(self, interface, time, bytes_, *pairs):
        head = self.pack('IIIII', interface, time >> 32, time & 0xFFFFFFFF, *[len(bytes_)] * 2)
        self.data += self._block(pcapng.PACKET, head + bytes_ + bytes(-len(bytes_) % 4) +
                                 (self.options(pairs) if pairs else b''))


ADDRESS4 = socket.inet_aton('10.9.0.2') + socket.inet_aton('255.255.255.0')
ADDRESS6 = socket.inet_pton(socket.AF_INET6, '2001:db8::2') + bytes([64])
MAC_ADDRESS = bytes.fromhex('020000000002')
UDP_FRAME = frame(IP(src=SOURCE, dst='10.9.0.2', ttl=1) / UDP(dport=9) / bytes(30))
TCP_PACKET = bytes(IP(src='127.0.0.1', dst='127.0.0.1') / TCP(dport=80, flags='S', chksum=1))
ICMP_ERROR = bytes(IP(src='10.9.0.2', dst=SOURCE) / ICMP(type=3, code=3) /
                   IP(src=SOURCE, dst='10.9.0.2') / UDP(sport=7, dport=9))


def rich_file(order):
    """Every kind of interface and of packet option that is kept."""
    file = File(order)
    file.interface(ETHERNET, (NAME, b'eth0'), (DESCRIPTION, 'the first card, “east”'.encode()),
                   (IPV4, ADDRESS4), (IPV6, ADDRESS6), (IPV4, ADDRESS4[::-1]), (MAC, MAC_ADDRESS),
                   (SPEED, file.pack('Q', 10**9)), (RESOLUTION, b'\x09'), (FILTER, b'\x00udp or arp'),
                   (SYSTEM, b'Windows 11'), (FCS, b'\x20'), (HARDWARE, b'a card'),
                   (COMMENT, b'of the interface'), snapshot=1500)
    file.interface(RAW, (NAME, b'lo'), (RESOLUTION, b'\x06'))
    file.interface(RAW)  # without a name; microseconds, the default
    file.interface(RAW, (NAME, b'unused'))
    file.interface(RAW, (RESOLUTION, b'\x03'), (DESCRIPTION, b'no name, but a description'))
    file.interface(RAW, (NAME, b'binary'), (RESOLUTION, bytes([0x80 | 20])))
    file.interface(RAW, (NAME, b'fine'), (RESOLUTION, b'\x0a'))  # finer than nanoseconds
    file.interface(RAW, (NAME, b'late'), (OFFSET, file.pack('q', BASE)))
    nanoseconds = BASE * 10**9
    flags = [file.pack('I', bits) for bits in (0x6, 0x1 | 4 << 2, 0x2 | 3 << 2 | 4 << 5, 0x81000000)]
    file.packet(0, nanoseconds + 1, UDP_FRAME, (FLAGS, flags[0]), (COMMENT, b'one comment'))
    file.packet(0, nanoseconds + 2, UDP_FRAME + b'FCS!', (FLAGS, flags[1]), (COMMENT, b'two'),
                (DROPS, file.pack('Q', 17)), (COMMENT, 'comments, ä, 日本'.encode()))
    file.packet(0, nanoseconds + 3, UDP_FRAME, (FLAGS, flags[2]))
    file.packet(0, nanoseconds + 4, UDP_FRAME, (FLAGS, flags[3]), (ID, file.pack('Q', 99)),
                (QUEUE, file.pack('I', 5)), (DROPS, file.pack('Q', 0)))
    file.packet(1, BASE * 10**6 + 123456, TCP_PACKET, (FLAGS, flags[0]))
    file.packet(2, BASE * 10**6 + 123457, TCP_PACKET)
    file.packet(4, BASE * 10**3 + 123, ICMP_ERROR, (COMMENT, b''))
    file.packet(5, (BASE << 20) + 1, ICMP_ERROR)
    file.packet(6, BASE * 10**10 + 15, ICMP_ERROR)
    file.packet(7, 5 * 10**6, bytes(IPv6(src='::1', dst='::1') / UDP(dport=9)),
                (HASH, b'\x02abcd'), (VERDICT, b'\x00x'))
    return file.data


@pytest.fixture
def replayed(programs, host):
    """Writes a file and what its replay is, into places where Wireshark's programs may read them."""
    paths = [programs.readable(name) for name in ('original', 'replayed.pcapng')]

    def run(data, *options):
        paths[0].write_bytes(data)
        paths[1].write_bytes(b'')
        for path in paths:
            path.chmod(0o644)
            path.chmod(0o666)
        result = programs.ipmon('--capture', '--extcap-interface', 'ipmon:file', '--file', paths[0],
                                '--fifo', paths[1], *options, host=host)
        assert (result.returncode, result.stderr) == (0, b'')
        return paths
    yield run
    for path in paths:
        path.unlink(missing_ok=True)


def interfaces_shown(programs, path):
    """
    The output of capinfos but for what a copy of the file has of its own: resolutions that are
    not decimal, or finer, become nanoseconds, and an offset is part of the times.
    """
    text = programs.run(['capinfos', path]).stdout.decode()
    own = r'File (name|type|size)|SHA256|RIPEMD160|SHA1|Capture (hardware|oper-sys|application)|' \
          r'\s*(Number of stat entries|Time (resolution|precision|ticks)|Timestamp offset)|Packet size limit'
    return [line for line in text.splitlines() if not re.match(own, line)]


def assert_same(programs, paths, names):
    original, copy = (programs.fields(path, names) for path in paths)
    assert len(original) == len(copy) > 0
    for before, after in zip(original, copy):
        assert dict(zip(names, after)) == dict(zip(names, before))
    return original


@pytest.mark.parametrize('order', '<>')
def test_the_options_of_a_file_are_kept(programs, replayed, order):
    paths = replayed(rich_file(order))
    rows = assert_same(programs, paths, FIELDS + INTERFACE_FIELDS)
    assert interfaces_shown(programs, paths[1]) == interfaces_shown(programs, paths[0])
    shown = [dict(zip(FIELDS + INTERFACE_FIELDS, row)) for row in rows]
    assert shown[1]['frame.comment'] == ['two', 'comments, ä, 日本']
    assert shown[1]['frame.drop_count'] == ['17'] and shown[1]['eth.fcs']
    assert [row['frame.interface_name'] for row in shown[4:7]] == [
        ['lo'], ['unknown'], ['no name, but a description']]
    found = pcapng.blocks(paths[1].read_bytes())
    program = programs.ipmon('--version').stdout.splitlines()[0]
    assert pcapng.of_type(found, pcapng.SECTION)[0].options[4] == [
        program + b', replay of ' + bytes(paths[0])]
    interfaces = pcapng.of_type(found, pcapng.INTERFACE)
    options = interfaces[0].options
    assert options[IPV4] == [ADDRESS4, ADDRESS4[::-1]] and options[IPV6] == [ADDRESS6]
    assert (options[MAC], options[SPEED]) == ([MAC_ADDRESS], [struct.pack('<Q', 10**9)])
    assert (options[COMMENT], options[FILTER]) == ([b'of the interface'], [b'\x00udp or arp'])
    assert [block.options[RESOLUTION][0][0] for block in interfaces] == [9, 6, 6, 6, 3, 9, 9, 6]
    assert set(interfaces[2].options) == {RESOLUTION}
    written = pcapng.of_type(found, pcapng.PACKET)
    assert not any(code in block.options for block in written for code in (HASH, VERDICT))
    # What the file's capture lost is not lost here.
    statistics = pcapng.of_type(found, pcapng.STATISTICS)
    assert len(statistics) == len(interfaces)
    assert [block.number(5) for block in statistics] == [0] * len(statistics)
    assert [block.number(8) for block in statistics] == [4, 1, 1, 0, 1, 1, 1, 1]


def test_times_of_the_statistics_are_in_the_interface_s_resolution(programs, replayed):
    paths = replayed(rich_file('<'))
    found = pcapng.blocks(paths[1].read_bytes())
    interfaces = pcapng.of_type(found, pcapng.INTERFACE)
    seconds = {block.time(3) // 10 ** interfaces[number].options[RESOLUTION][0][0]
               for number, block in enumerate(pcapng.of_type(found, pcapng.STATISTICS))}
    assert max(seconds) - min(seconds) <= 1


def pcap(order, magic, link_type, records):
    data = struct.pack(order + 'IHHiIII', magic, 2, 4, 0, 0, 65535, link_type)
    for number, bytes_ in enumerate(records):
        data += struct.pack(order + 'IIII', BASE, number, *[len(bytes_)] * 2) + bytes_
    return data


@pytest.mark.parametrize('order', '<>')
@pytest.mark.parametrize('magic,resolution', [(0xA1B2C3D4, 6), (0xA1B23C4D, 9)])
def test_a_pcap_file_has_no_names(programs, replayed, order, magic, resolution):
    packets = [TCP_PACKET, ICMP_ERROR, bytes(IP(src='127.0.0.1', dst='127.0.0.1') / UDP(chksum=3))]
    paths = replayed(pcap(order, magic, RAW, packets))
    assert_same(programs, paths, FIELDS)
    assert interfaces_shown(programs, paths[1]) == interfaces_shown(programs, paths[0])
    found = pcapng.blocks(paths[1].read_bytes())
    [interface] = pcapng.of_type(found, pcapng.INTERFACE)
    assert interface.options == {RESOLUTION: [bytes([resolution])]}
    assert all(not block.options for block in pcapng.of_type(found, pcapng.PACKET))


def test_the_length_of_a_pcap_file_s_check_sequence(programs, replayed):
    with_length = 1 << 26 | 2 << 28 | ETHERNET  # 2 units of 16 bits
    paths = replayed(pcap('<', 0xA1B2C3D4, with_length, [UDP_FRAME + b'FCS!']))
    [row] = assert_same(programs, paths, FIELDS)
    assert row[FIELDS.index('eth.fcs')]
    [interface] = pcapng.of_type(pcapng.blocks(paths[1].read_bytes()), pcapng.INTERFACE)
    assert interface.options[FCS] == [b'\x20']


def test_a_compressed_file_keeps_all_but_addresses(programs, replayed):
    paths = replayed(gzip.compress(rich_file('>')))
    assert_same(programs, paths, FIELDS + INTERFACE_FIELDS)
    first = pcapng.of_type(pcapng.blocks(paths[1].read_bytes()), pcapng.INTERFACE)[0]
    assert first.options[NAME] == [b'eth0'] and IPV4 not in first.options


def test_a_section_without_packets(programs, replayed):
    first, second = File('<'), File('>')
    first.interface(RAW, (NAME, b'tun1'), (IPV4, ADDRESS4))
    second.interface(RAW, (NAME, b'tun2'))
    second.packet(0, BASE * 10**6, TCP_PACKET)
    found = pcapng.blocks(replayed(first.data + second.data)[1].read_bytes())
    interfaces = pcapng.of_type(found, pcapng.INTERFACE)
    assert [block.options[NAME] for block in interfaces] == [[b'tun1'], [b'tun2']]
    assert [packet.interface for packet in pcapng.packets(found)] == [1]


def test_filters_are_joined(programs, replayed):
    file = File('<')
    file.interface(RAW, (NAME, b'tun1'), (FILTER, b'\x00tcp'))
    file.interface(RAW, (NAME, b'tun2'), (FILTER, b'\x01' + bytes(8)))  # a program
    file.packet(0, BASE * 10**6, TCP_PACKET)
    found = pcapng.blocks(replayed(file.data, '--extcap-capture-filter', 'port 80')[1].read_bytes())
    assert [block.options[FILTER] for block in pcapng.of_type(found, pcapng.INTERFACE)] == [
        [b'\x00(tcp) and (port 80)'], [b'\x00port 80']]


def test_comments_that_are_too_many(programs, replayed, log):
    """The packet is kept and its block is one that Wireshark takes."""
    file = File('<')
    file.interface(RAW, (NAME, b'tun1'))
    text = 'ä'.encode() * 30_000
    file.packet(0, BASE * 10**6, TCP_PACKET, *[(COMMENT, text)] * 6)
    file.packet(0, BASE * 10**6, ICMP_ERROR, *[(COMMENT, b'%d' % n) for n in range(1500)])
    file.packet(0, BASE * 10**6, UDP_FRAME[14:], (COMMENT, b'short'))
    paths = replayed(file.data, '--log-file', log.path)
    rows = programs.fields(paths[1], ['frame.comment', 'ip.src'])
    assert [len(row[0]) for row in rows] == [5, 1000, 1] and all(row[1] for row in rows)
    assert rows[0][0][:4] == [text.decode()] * 4 and set(rows[0][0][4]) == {'ä'}
    packets = pcapng.of_type(pcapng.blocks(paths[1].read_bytes()), pcapng.PACKET)
    assert 250_000 < max(len(block.raw) for block in packets) <= 262_144
    assert 'warning: 2 packets of the file have comments that are too long' in log.text()


def test_through_tshark_it_is_the_same(programs, host):
    """dumpcap passes everything on."""
    path, out = programs.readable('original'), programs.readable('through.pcapng')
    path.write_bytes(rich_file('<'))
    out.unlink(missing_ok=True)
    result = programs.tshark('-n', '-i', 'ipmon:file', '-o', f'extcap.ipmon_file.file:{path}', '-w',
                             out, host=host)
    assert result.returncode == 0 and out.stat().st_uid == NOBODY, result.stderr
    assert_same(programs, [path, out], FIELDS + INTERFACE_FIELDS)
