# Captures of other machines whose ipmon is slow, of another byte order, or no ipmon that ends: in its place is
# remote_peer.py.
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import re
import signal
import struct
import time
from pathlib import Path

import pytest

import pcapng
from capture_files import block, write_pcap
from network import wait_until
from programs import TIMEOUT
from remoting import (Remote, account, check_statistics, interface_comment, names, numbers_of,
                      processes_of)

PEER = Path(__file__).with_name('remote_peer.py')
CPU_LIMIT = 3  # seconds of its own that ipmon may need for a command; it needs less than 0.3

pytestmark = pytest.mark.usefixtures('remote_captures')


def install(server, *options):
    server.install(f'exec {PEER} {" ".join(options)}')


def stop(capture):
    capture.signal(signal.SIGTERM)
    found, status, error = capture.finish()
    assert (status, error) == (0, '')
    return found


def test_the_other_byte_order(fleet, log):
    install(fleet.servers[0], '--order', 'big', '--packets', '100')
    install(fleet.servers[1], '--order', 'little', '--packets', '50')
    capture = Remote(fleet, 'server1 server2', '--log-file', log.path)
    begun = [capture.read_block() for _ in range(1 + 2 + 150)]
    found = begun + stop(capture)
    for name, count in (('server1:peer0', 100), ('server2:peer0', 50)):
        assert numbers_of(found, name) == list(range(count))
    rows, received, dropped = account(log.text())
    assert rows == {'server1:peer0': (100, 0, 0), 'server2:peer0': (50, 0, 0)}
    check_statistics(found, received, dropped)
    for number in range(2):
        assert re.search(r'; its clock is \d+\.\d+ ms ', interface_comment(found, number))


def test_a_host_that_answers_slowly(fleet):
    """Its clock cannot be compared; it is captured from all the same."""
    install(fleet.servers[0], '--delay', '1.1', '--packets', '10')
    capture = Remote(fleet, 'server1')
    begun = [capture.read_block() for _ in range(1 + 1 + 10)]
    found = begun + stop(capture)
    assert numbers_of(found, 'server1:peer0') == list(range(10))
    assert interface_comment(found) == 'Host server1, ipmon 1; its clock was not compared'


def test_a_slow_reader_loses_nothing_of_a_replay(fleet, programs, log):
    """What is not read here holds up the replay there."""
    count = 12000
    packets = [number.to_bytes(2, 'big').join((bytes.fromhex('4500057c'), bytes.fromhex('0000401100000a0000010a000002')))
               + bytes(1384) for number in range(count)]
    file = write_pcap(programs.readable('replayed.pcap'), packets)
    fleet.servers[0].install(f'exec {programs.ipmon_path} --capture --extcap-interface ipmon:file --file {file} --fifo -')
    capture = Remote(fleet, 'server1', '--log-file', log.path)
    data = b''
    for _ in range(20):
        data += capture.read(65536)
        time.sleep(0.05)
    data += capture.read()
    _, error = capture.process.communicate(timeout=TIMEOUT)
    found = pcapng.blocks(data)
    assert numbers_of(found, names(found)[0]) == list(range(count))
    _, received, dropped = account(log.text())
    assert (received, dropped) == (count, 0) and 'incomplete' not in log.text(), error
    check_statistics(found, received, dropped)


def option(code, value):
    return struct.pack('<HH', code, len(value)) + value + bytes(-len(value) % 4)


def write_mixed(path, count):
    """Packets of two interfaces in turns; some have comments, losses before them, or no options."""
    data = block(pcapng.SECTION, struct.pack('<IHHq', 0x1A2B3C4D, 1, 0, -1))
    for name in (b'a', b'b'):
        data += block(pcapng.INTERFACE, struct.pack('<HHI', 101, 0, 0) + option(2, name) + bytes(4))
    for number in range(count):
        packet = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 20, number, 0, 64, 17, 0, bytes(4), bytes(4)) + bytes(number % 7)
        options = b'' if number % 90 == 7 else option(2, struct.pack('<I', 1 | 1 << 2 | (number % 60 == 0) << 5))
        options += option(1, f'comment {number}'.encode()) if number % 11 == 0 else b''
        options += option(4, struct.pack('<Q', number)) if number % 50 == 1 else b''
        data += block(pcapng.PACKET, struct.pack('<IIIII', number % 2, 0, number, len(packet), len(packet)) + packet +
                      bytes(-len(packet) % 4) + (options + bytes(4) if options else b''))
    path.write_bytes(data)
    return path


def packets_of(found, name):
    """The packets of an interface with everything that their blocks have."""
    number = names(found).index(name)
    return [(found_block.body[4:], found_block.options) for found_block in pcapng.of_type(found, pcapng.PACKET)
            if found_block.body[:4] == struct.pack('<I', number)]


@pytest.mark.parametrize('options', [(), ('--packet-count', '1000000')], ids=['in runs', 'one by one'])
def test_packets_of_all_kinds_are_relayed_as_they_are(fleet, programs, log, options):
    """Blocks in which nothing changes but the interface are not taken apart, unless each packet is counted."""
    count = 9000
    file = write_mixed(programs.readable('mixed.pcapng'), count)
    replay = ['--capture', '--extcap-interface', 'ipmon:file', '--file', str(file), '--fifo', '-']
    for server in fleet.servers:
        server.install(f'exec {programs.ipmon_path} {" ".join(replay)} --extcap-control-in -')
    expected = pcapng.blocks(fleet.ipmon(*replay).stdout)
    capture = Remote(fleet, 'server1 server2', '--log-file', log.path, *options)
    found = pcapng.blocks(capture.read())
    capture.process.communicate(timeout=TIMEOUT)
    assert len(pcapng.packets(expected)) == count and len(pcapng.packets(found)) == 2 * count
    for name in ('a', 'b'):
        for server in ('server1', 'server2'):
            assert packets_of(found, f'{server}:{name}') == packets_of(expected, name)
            assert f' {server}:{name}: {count // 2} written, 0 discarded while paused, ' in log.text()
    assert f': received {2 * count} packets: ' in log.text()


def cpu_seconds(process):
    ticks = Path(f'/proc/{process.pid}/stat').read_text().rpartition(')')[2].split()[11:13]
    return sum(map(int, ticks)) / os.sysconf('SC_CLK_TCK')


def test_hosts_that_send_statistics_without_end(fleet, log):
    """There are always some to be read; commands are handled between them, and the end comes."""
    for server in fleet.servers:
        install(server, '--endless', 'statistics')
    capture = Remote(fleet, 'server1 server2', '--log-file', log.path,
                     source='server1=a server1=b server2=a server2=b')
    [capture.read_block() for _ in range(1 + 4)]
    for count in range(1, 4):
        for number, said in ((signal.SIGUSR1, 'paused: packets are counted'), (signal.SIGUSR2, 'resumed')):
            before = cpu_seconds(capture.process)
            capture.signal(number)
            wait_until(lambda said=said, count=count: log.text().count(said) == count, log.text, TIMEOUT)
            assert cpu_seconds(capture.process) - before < CPU_LIMIT
    capture.signal(signal.SIGTERM)
    capture.process.wait(timeout=TIMEOUT)
    capture.finish()
    assert len(account(log.text())[0]) == 4


def test_a_host_that_sends_packets_without_end(fleet, log):
    install(fleet.servers[0], '--endless', 'packets')
    capture = Remote(fleet, 'server1', '--log-file', log.path)
    capture.read(1 << 20)
    capture.signal(signal.SIGTERM)
    capture.read()
    assert capture.process.wait(timeout=TIMEOUT) == 0
    assert account(log.text())[0]['server1:peer0'][0] > 1000
    assert 'dropped; the counts of 1 host are incomplete' in log.text()


def test_a_pause_while_hosts_are_connected(fleet, folder, log):
    """It holds when they are."""
    install(fleet.servers[0], '--delay', '0.5', '--packets', '10')
    process = fleet.programs.start([fleet.programs.ipmon_path, '-i', 'server1:peer0', '-w', folder / 'out.pcapng',
                                    '--log-file', log.path], host=fleet.client)
    Remote.started.append(process)
    wait_until(lambda: processes_of(fleet.servers[0].host, 'python3'), 'nobody connects', TIMEOUT)
    process.send_signal(signal.SIGUSR1)
    wait_until(lambda: 'paused: packets are counted and not kept' in log.text(), log.text, TIMEOUT)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=TIMEOUT) == 0


def test_a_log_without_an_end_does_not_keep_a_capture(fleet, log):
    """While it is read, it is read as fast as it comes."""
    install(fleet.servers[0], '--flood')
    install(fleet.servers[1], '--packets', '20')
    capture = Remote(fleet, 'server1 server2', '--log-file', log.path)
    begun = [capture.read_block() for _ in range(1 + 2 + 20)]
    capture.signal(signal.SIGTERM)
    found, status, error = capture.finish()
    assert status == 1 and 'server1: ' in error and error.count('\n') == 1
    assert numbers_of(begun + found, 'server2:peer0') == list(range(20))
