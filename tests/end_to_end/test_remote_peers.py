# Captures of other machines whose ipmon is slow, of another byte order, or no ipmon that ends: in its place is
# remote_peer.py.
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import re
import signal
import time
from pathlib import Path

import pytest

import pcapng
from capture_files import write_pcap
from network import wait_until
from programs import TIMEOUT
from remoting import Remote, account, await_nobody, check_statistics, interface_comment, names, numbers_of

PEER = Path(__file__).with_name('remote_peer.py')
CPU_LIMIT = 3  # seconds of its own that ipmon may need for a command; it needs less than 0.3


@pytest.fixture(autouse=True)
def clean(fleet):
    yield
    Remote.end_all()
    await_nobody(fleet)
    fleet.reset()


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
