# Replaying files: formats, several link types in one file, filters, pace, pauses and damage.
# SPDX-License-Identifier: GPL-2.0-or-later
import gzip
import os
import signal
import struct
import time

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6

import pcapng
from capture_files import BASE, ETHERNET, RAW, block, pcap, pcapng_file
from capturing import SILENCE, SOURCE, Capture, frame
from programs import NOBODY
from replaying import PACKETS, replay


@pytest.mark.parametrize('compress', [bytes, gzip.compress])
def test_a_pcap_file(programs, host, file, compress):
    path = file(compress(pcap(list(enumerate(PACKETS)))))
    found, status, error = replay(programs, host, path)
    assert (status, error) == (0, '')
    packets = pcapng.packets(found)
    assert [packet.bytes for packet in packets] == PACKETS
    assert [packet.time for packet in packets] == [BASE * 10**9 + n for n in range(len(PACKETS))]
    [interface] = pcapng.of_type(found, pcapng.INTERFACE)
    assert struct.unpack_from('<H', interface.body)[0] == RAW
    [statistics] = pcapng.of_type(found, pcapng.STATISTICS)
    assert (statistics.number(4), statistics.number(8)) == (50, 50)


def test_several_link_types_in_several_sections(programs, host, file):
    ethernet = frame(IP(src=SOURCE, dst='10.9.0.2') / UDP() / b'framed')
    first = pcapng_file([(RAW, b'tun0'), (ETHERNET, b'eth0')], [(1, ethernet), (0, PACKETS[0])])
    second = pcapng_file([(ETHERNET, b'eth9')], [(0, ethernet)])
    found, status, error = replay(programs, host, file(first + second))
    assert (status, error) == (0, '')
    described = [(struct.unpack_from('<H', block_.body)[0], block_.options[2][0])
                 for block_ in pcapng.of_type(found, pcapng.INTERFACE)]
    assert described == [(RAW, b'tun0'), (ETHERNET, b'eth0'), (ETHERNET, b'eth9')]
    assert [(packet.interface, packet.bytes) for packet in pcapng.packets(found)] == [
        (1, ethernet), (0, PACKETS[0]), (2, ethernet)]


def test_each_of_thousands_of_interfaces_has_its_statistics(programs, host, file):
    many = 6000  # their blocks are more than the write buffer takes
    data = pcapng_file([(RAW, b'a%d' % number) for number in range(many)],
                       [(number, PACKETS[0]) for number in range(many)])
    found, status, error = replay(programs, host, file(data))
    assert (status, error) == (0, '')
    statistics = pcapng.of_type(found, pcapng.STATISTICS)
    assert [struct.unpack_from('<I', block_.body)[0] for block_ in statistics] == list(range(many))
    assert all(block_.number(4) == block_.number(8) == 1 for block_ in statistics)


def test_filter_count_and_snapshot(programs, host, file):
    path = file(pcap(list(enumerate(PACKETS))))
    found, status, _ = replay(programs, host, path, '--extcap-capture-filter', 'dst portrange 10-19',
                              '--packet-count', '5', '--snapshot-length', '24')
    packets = pcapng.packets(found)
    assert status == 0 and [packet.bytes for packet in packets] == [p[:24] for p in PACKETS[10:15]]
    assert packets[0].wire_length == len(PACKETS[10])


def test_a_link_layer_filter_fits_the_file_s_link_type(programs, host, file):
    frames = [(0, frame(IP(src=SOURCE) / UDP())), (1, frame(IPv6() / UDP()))]
    found, status, _ = replay(programs, host, file(pcap(frames, ETHERNET)),
                              '--extcap-capture-filter', 'ether proto 0x86dd')
    assert status == 0 and [packet.bytes for packet in pcapng.packets(found)] == [frames[1][1]]


def test_a_damaged_file_gives_what_can_be_read(programs, host, file):
    data = pcap(list(enumerate(PACKETS)))
    found, status, error = replay(programs, host, file(data[:-5]))
    assert status == 1 and error.count('\n') == 1
    assert error.startswith('ipmon: error 650: ') and 'after 49 packets' in error and 'byte ' in error
    assert [packet.bytes for packet in pcapng.packets(found)] == PACKETS[:-1]
    assert len(pcapng.of_type(found, pcapng.STATISTICS)) == 1


@pytest.mark.parametrize('data,options,code', [
    (b'this is no capture file, whatever its name says', [], 650),
    (b'hello\n', [], 650),  # libwiretap takes it for a film
    (b'', [], 650),
    (pcap([(0, PACKETS[0])])[:30], [], 650),
    (pcap([(0, PACKETS[0])]), ['--extcap-capture-filter', 'vlan 5'], 10022),
    (None, [], 650),
    ('', [], 10022),
])
def test_files_that_are_refused(programs, host, file, data, options, code):
    path = file(data) if isinstance(data, bytes) else '/no/such/file' if data is None else ''
    found, status, error = replay(programs, host, path, *options)
    assert status == 1 and found == [] and error.startswith(f'ipmon: error {code}: ')
    assert error.count('\n') == 1


def test_times_that_are_none(programs, host, file, log):
    """They become 1970, and no other time that could seem valid."""
    seconds = [18_446_744_072, 18_446_744_074, 2**63 - 1, 2**63, 2**64 - 5, 7]
    data = block(pcapng.SECTION, struct.pack('<IHHq', 0x1A2B3C4D, 1, 0, -1))
    resolution = struct.pack('<HHBxxx', 9, 1, 0)  # whole seconds
    data += block(pcapng.INTERFACE, struct.pack('<HHI', RAW, 0, 0) + resolution + bytes(4))
    for second in seconds:
        times = struct.pack('<IIIII', 0, second >> 32, second & 0xFFFFFFFF, *[len(PACKETS[0])] * 2)
        data += block(pcapng.PACKET, times + PACKETS[0])
    found, status, error = replay(programs, host, file(data), '--log-file', log.path)
    assert (status, error) == (0, '')
    assert [packet.time for packet in pcapng.packets(found)] == [*seconds[:3], 0, 0, 7]
    assert 'warning: 2 packets of the file have no valid time' in log.text()


def test_fractions_of_a_second_that_are_none(programs, host, file, log):
    data = struct.pack('<IHHiIII', 0xA1B2C3D4, 2, 4, 0, 0, 262144, RAW)
    for seconds, microseconds in ((BASE, 999_999), (BASE, 999_999_999), (BASE, 1_000_000), (BASE, 0)):
        data += struct.pack('<IIII', seconds, microseconds, *[len(PACKETS[0])] * 2) + PACKETS[0]
    found, status, error = replay(programs, host, file(data), '--log-file', log.path)
    assert (status, error) == (0, '')
    assert [packet.time for packet in pcapng.packets(found)] == [
        BASE * 10**6 + 999_999, 0, 0, BASE * 10**6]
    assert 'warning: 2 packets of the file have no valid time' in log.text()


@pytest.mark.parametrize('option', ['--fifo', '--log-file'])
def test_the_file_to_replay_is_not_spoiled(programs, host, file, option):
    data = pcap([(0, PACKETS[0])])
    path = file(data)
    os.chown(path, NOBODY, NOBODY)
    found, status, error = replay(programs, host, path, option, path)
    assert status == 1 and found == [] and path.read_bytes() == data
    assert error == f"ipmon: error 10022: {option} '{path}' is the file to replay (EINVAL)\n"


def test_the_log_does_not_go_into_the_capture(programs, host, file):
    out = programs.readable('log-and-capture')
    _, status, error = replay(programs, host, file(pcap([(0, PACKETS[0])])), '--fifo', out,
                              '--log-file', f'{programs.stage}/home/../{out.name}')
    assert status == 1
    assert error.startswith('ipmon: error 10022: ') and 'is the file of --fifo' in error
    out.unlink()


def test_an_empty_file(programs, host, file):
    found, status, error = replay(programs, host, file(pcap([])))
    assert (status, error) == (0, '')
    assert [block_.type for block_ in found] == [pcapng.SECTION, pcapng.INTERFACE, pcapng.STATISTICS]


def test_the_original_pace_and_a_pause(programs, host, file):
    path = file(pcap([(0, PACKETS[0]), (500_000_000, PACKETS[1]), (900_000_000, PACKETS[2])]))
    begin = time.monotonic()
    found, status, _ = replay(programs, host, path, '--pace', 'original')
    assert status == 0 and len(pcapng.packets(found)) == 3
    assert 0.85 <= time.monotonic() - begin < 5
    capture = Capture(programs, host, 'ipmon:file', '--file', path, '--start-paused')
    assert capture.read_block().type == pcapng.SECTION
    capture.signal(signal.SIGUSR2)
    found, status, _ = capture.finish()
    assert status == 0 and len(pcapng.packets(found)) == 3


def test_a_signal_ends_a_slow_replay(programs, host, file):
    path = file(pcap([(0, PACKETS[0]), (3600 * 10**9, PACKETS[1])]))
    capture = Capture(programs, host, 'ipmon:file', '--file', path, '--pace', 'original')
    assert [capture.read_block().type for _ in range(3)][-1] == pcapng.PACKET
    begin = time.monotonic()
    capture.signal(signal.SIGTERM)
    found, status, _ = capture.finish()
    assert status == 0 and time.monotonic() - begin < SILENCE / 5
    assert [block_.type for block_ in found] == [pcapng.STATISTICS]


def test_through_tshark(programs, host, file):
    good = file(pcap(list(enumerate(PACKETS))))
    out = programs.readable('replay-out.pcapng')
    out.unlink(missing_ok=True)
    result = programs.tshark('-n', '-i', 'ipmon:file', '-o', f'extcap.ipmon_file.file:{good}', '-w',
                             out, host=host)
    assert result.returncode == 0, result.stderr
    assert [p.bytes for p in pcapng.packets(pcapng.blocks(out.read_bytes()))] == PACKETS
    bad = file(b'no capture file')
    result = programs.tshark('-n', '-i', 'ipmon:file', '-o', f'extcap.ipmon_file.file:{bad}',
                             host=host)
    assert result.returncode != 0 and b'error 650' in result.stderr
