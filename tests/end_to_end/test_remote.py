# Captures on other machines: real servers of ssh, an ipmon on each of them, and the one that puts
# their packets together.
# SPDX-License-Identifier: GPL-2.0-or-later
import json
import os
import re
import signal

import pytest

import pcapng
import toolbar
from capture_files import write_pcap
from network import wait_until
from programs import TIMEOUT, can_find_processes
from remoting import (ONLY_OURS, Remote, Traffic, account, check_statistics, interface_comment, names,
                      numbers_of, processes_of)
from tee import whole_blocks
from toolbar import Toolbar

COMMENT, FILTER = 1, 11

pytestmark = pytest.mark.usefixtures('remote_captures')


def finish(capture):
    """Stops; returns the blocks and standard error of a capture that has not failed."""
    capture.signal(signal.SIGTERM)
    found, status, error = capture.finish()
    assert status == 0, error
    return found, error


# --- one host, two hosts -------------------------------------------------------------------------


def test_one_host(fleet, log):
    server = fleet.servers[0]
    capture = Remote(fleet, 'server1', *ONLY_OURS, '--log-file', log.path, source='eth1')
    Traffic(fleet, server).send(300)
    found, error = finish(capture)
    assert error == '' and names(found) == ['server1:eth1']
    assert numbers_of(found, 'server1:eth1') == list(range(300))
    rows, received, dropped = account(log.text())
    assert rows == {'server1:eth1': (300, 0, 0)} and dropped == 0
    check_statistics(found, received, dropped)
    assert {packet.direction for packet in pcapng.packets(found)} == {1}


def test_the_description_tells_host_version_clock_and_filter(fleet):
    capture = Remote(fleet, 'server1', *ONLY_OURS, source='eth1')
    found, _ = finish(capture)
    [block] = pcapng.of_type(found, pcapng.INTERFACE)
    version, ahead, round_trip = re.fullmatch(
        r'Host server1, ipmon (\S+); its clock is (\d+\.\d+) ms (?:ahead of|behind) this one '
        r'\(median of round trips of (\d+\.\d+) ms\)', interface_comment(found)).groups()
    assert f'ipmon {version}' in fleet.ipmon('--version').stdout.decode()
    assert 0 <= float(ahead) <= float(round_trip) < 1000  # it is the same clock
    server = fleet.servers[0]
    assert block.options[FILTER][0][1:].decode() == (
        f'(src 192.0.2.77) and not (host {server.client_address} and host {server.address} and tcp port 22)')


def test_ssh_does_not_capture_itself(fleet, log):
    """Without a filter the machine's own connection would feed the capture for ever."""
    capture = Remote(fleet, 'server1 server2', '--log-file', log.path, source='all')
    Traffic(fleet, fleet.servers[0]).send(100)
    found, _ = finish(capture)
    assert not [packet for packet in pcapng.packets(found)
                if packet.bytes[9] == 6 and 22 in (int.from_bytes(packet.bytes[20:22], 'big'),
                                                   int.from_bytes(packet.bytes[22:24], 'big'))]
    assert numbers_of(found, 'server1:eth1')


def test_two_hosts(fleet, log):
    capture = Remote(fleet, 'server1 server2', *ONLY_OURS, '--log-file', log.path)
    for server, count in zip(fleet.servers, (200, 300)):
        Traffic(fleet, server).send(count)
    found, _ = finish(capture)
    assert sorted(names(found)) == ['server1:eth1', 'server2:eth2']
    for name, count in (('server1:eth1', 200), ('server2:eth2', 300)):
        assert numbers_of(found, name) == list(range(count))
    rows, received, dropped = account(log.text())
    assert rows == {'server1:eth1': (200, 0, 0), 'server2:eth2': (300, 0, 0)}
    check_statistics(found, received, dropped)


def test_two_sources_of_one_host(fleet):
    capture = Remote(fleet, 'server1', *ONLY_OURS, source='server1=eth1 server1=lo')
    Traffic(fleet, fleet.servers[0]).send(50)
    found, _ = finish(capture)
    assert sorted(names(found)) == ['server1:eth1', 'server1:lo']
    assert len(numbers_of(found, 'server1:eth1')) == 50 and not numbers_of(found, 'server1:lo')


def test_tshark_captures_on_other_machines(fleet):
    file = fleet.programs.readable('remote.pcapng')
    process = fleet.programs.start(
        ['tshark', '-i', 'ipmon:remote', '-w', file, '-c', '100', '-f', f'src {ONLY_OURS[1].split()[1]}',
         '-o', 'extcap.ipmon_remote.remotehost:server1', '-o', 'extcap.ipmon_remote.remotesource:eth1'],
        host=fleet.client)
    wait_until(lambda: fleet.servers[0].host.is_capturing(), 'nobody captures', TIMEOUT)
    Traffic(fleet, fleet.servers[0]).send(120)
    _, error = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0, error
    assert numbers_of(pcapng.blocks(whole_blocks(file.read_bytes())), 'server1:eth1') == list(range(100))


# --- pause, mode, stop, count --------------------------------------------------------------------


def test_a_pause_is_that_of_the_other_machine(fleet, log):
    capture = Remote(fleet, 'server1', *ONLY_OURS, '--log-file', log.path, source='eth1')
    traffic = Traffic(fleet, fleet.servers[0])
    traffic.send(100)
    for number, what, count in ((signal.SIGUSR1, 'paused', 50), (signal.SIGUSR2, 'resumed', 100)):
        capture.signal(number)
        wait_until(lambda what=what: f'server1: {what}' in log.text(), log.text, TIMEOUT)
        traffic.send(count)
    found, _ = finish(capture)
    assert numbers_of(found, 'server1:eth1') == [*range(100), *range(150, 250)]
    rows, received, dropped = account(log.text())
    assert rows == {'server1:eth1': (200, 50, 0)}
    [said] = check_statistics(found, received, dropped)
    assert re.fullmatch(r'Paused 1 times, for \d+\.\d+ s; 50 packets were discarded meanwhile', said)


def test_a_capture_that_starts_paused(fleet, log):
    capture = Remote(fleet, 'server1', *ONLY_OURS, '--log-file', log.path, '--start-paused', source='eth1')
    traffic = Traffic(fleet, fleet.servers[0])
    traffic.send(20)
    capture.signal(signal.SIGUSR2)
    wait_until(lambda: 'server1: resumed' in log.text(), log.text, TIMEOUT)
    traffic.send(30)
    found, _ = finish(capture)
    assert numbers_of(found, 'server1:eth1') == list(range(20, 50))
    assert account(log.text())[0] == {'server1:eth1': (30, 20, 0)}


def test_the_toolbar_pauses_counts_and_changes_the_mode(fleet, log):
    bar = Toolbar(fleet.programs)
    capture = Remote(fleet, 'server1', *ONLY_OURS, '--log-file', log.path, *bar.options, source='eth1')
    traffic = Traffic(fleet, fleet.servers[0])

    def value(control):
        return [payload.decode() for _, number, command, payload in bar.messages
                if (number, command) == (control, toolbar.SET)][-1:]

    bar.wait(lambda: value(toolbar.PAUSE) == ['Pause'], 'no state of the capture')
    bar.send(toolbar.MODE, payload=b'0')
    wait_until(lambda: 'server1: receive-all mode 0 from now on' in log.text(), log.text, TIMEOUT)
    traffic.send(10)
    bar.send(toolbar.PAUSE)
    wait_until(lambda: 'server1: paused' in log.text(), log.text, TIMEOUT)
    traffic.send(7)
    bar.wait(lambda: value(toolbar.PAUSED) == ['7'], 'the pause is not counted while it lasts')
    assert value(toolbar.PACKETS) == ['10'] and value(toolbar.MODE) == ['0']
    found, _ = finish(capture)
    [said] = check_statistics(found, *account(log.text())[1:])
    assert said.endswith('The receive-all mode was changed 1 times, to 0 in the end') and said.count('changed') == 1


def test_what_arrived_before_the_stop_is_written(fleet, log):
    capture = Remote(fleet, 'server1 server2', *ONLY_OURS, '--log-file', log.path)
    later = capture.read_later()
    for server in fleet.servers:
        Traffic(fleet, server, 1000).send(3000)
    capture.signal(signal.SIGTERM)
    found, status, error = later()
    assert status == 0, error
    for name in ('server1:eth1', 'server2:eth2'):
        assert numbers_of(found, name) == list(range(3000))
    check_statistics(found, *account(log.text())[1:])


def test_a_count_is_that_of_all_hosts(fleet, log):
    capture = Remote(fleet, 'server1 server2', *ONLY_OURS, '--log-file', log.path, '-c', '60')
    for server in fleet.servers:
        Traffic(fleet, server).send(50)
    found, status, error = capture.finish()
    assert status == 0 and len(pcapng.packets(found)) == 60, error
    rows, received, dropped = account(log.text())
    assert received == 100 and sum(row[2] for row in rows.values()) == 40
    check_statistics(found, received, dropped)


# --- hosts that go away, stand still, or were never there ------------------------------------------


def test_a_host_that_goes_away_ends_its_interfaces(fleet, log):
    capture = Remote(fleet, 'server1 server2', *ONLY_OURS, '--log-file', log.path, source='server1=eth1 all')
    one, two = (Traffic(fleet, server) for server in fleet.servers)
    one.send(20)
    two.send(20)
    [ipmon] = processes_of(fleet.servers[0].host)
    os.kill(ipmon, signal.SIGKILL)
    wait_until(lambda: 'server1: the capture there has ended' in log.text(), log.text, TIMEOUT)
    two.send(30)
    capture.signal(signal.SIGTERM)
    found, status, error = capture.finish()
    assert status == 1 and error.count('\n') == 1 and 'server1: the capture there has ended' in error
    assert 'an unknown number of packets may be missing' in error
    assert numbers_of(found, 'server2:eth2') == list(range(50))
    said = check_statistics(found, *account(log.text())[1:])
    ended = [text for name, text in zip(names(found), said) if 'there has ended' in text]
    assert len(ended) == 1 and 'server1' in ended[0]


def test_a_host_that_goes_away_without_an_interface_is_told_of(fleet):
    """None of its packets came, which does not mean that none was there."""
    capture = Remote(fleet, 'server1', *ONLY_OURS, source='all')
    [ipmon] = processes_of(fleet.servers[0].host)
    os.kill(ipmon, signal.SIGKILL)
    found, status, error = capture.finish()
    assert status == 1 and names(found) == []
    assert 'server1: the capture there has ended' in error
    assert 'an unknown number of packets may be missing' in error


def test_when_all_hosts_are_gone_the_capture_ends(fleet, log):
    capture = Remote(fleet, 'server1', *ONLY_OURS, '--log-file', log.path, source='eth1')
    Traffic(fleet, fleet.servers[0]).send(10)
    capture.read_block()
    [ipmon] = processes_of(fleet.servers[0].host)
    os.kill(ipmon, signal.SIGTERM)
    _, status, error = capture.finish()
    assert status == 1 and 'server1: the capture there has ended' in error
    assert account(log.text())[0] == {'server1:eth1': (10, 0, 0)}


def test_the_other_ipmon_ends_with_this_one(fleet):
    """Whatever ends this one; `remote_captures` waits for it."""
    capture = Remote(fleet, 'server1 server2')
    assert all(processes_of(server.host) for server in fleet.servers)
    capture.signal(signal.SIGKILL)
    capture.finish()


def test_a_host_that_stands_still_stops_no_other(fleet, log):
    capture = Remote(fleet, 'server1 server2', *ONLY_OURS, '--log-file', log.path)
    [ipmon] = processes_of(fleet.servers[0].host)
    os.kill(ipmon, signal.SIGSTOP)
    try:
        Traffic(fleet, fleet.servers[1]).send(100)
        wait_until(lambda: capture.read_block().type == pcapng.PACKET, 'no packet of server2', TIMEOUT)
        capture.signal(signal.SIGTERM)
        found, status, error = capture.finish()
    finally:
        os.kill(ipmon, signal.SIGCONT)
    assert status == 1 and error.count('\n') == 1 and 'server1: ' in error and 'stop' in error
    assert len([block for block in found if block.type == pcapng.PACKET]) == 99
    account(log.text())


def test_a_missing_host_is_a_failure_and_the_others_are_captured(fleet, log):
    fleet.servers[0].install('')
    capture = Remote(fleet, 'server1 server2', *ONLY_OURS, '--log-file', log.path)
    Traffic(fleet, fleet.servers[1]).send(10)
    capture.signal(signal.SIGTERM)
    found, status, error = capture.finish()
    assert status == 1 and error.count('\n') == 1
    assert 'server1: ' in error and 'ipmon' in error and '--remote-command' in error
    assert numbers_of(found, 'server2:eth2') == list(range(10))


REFUSED = {
    'no ipmon': ('', r'server1: .*ipmon.*not found; install ipmon on that host'),
    'a banner': ('echo "Welcome to $(hostname)"; exec {ipmon} "$@"',
                 r"server1: what comes is no capture of ipmon; it begins with 'Welcome to "),
    'another program': ('exec cat /bin/sh', r"server1: what comes is no capture of ipmon; it begins with '\?ELF"),
    'an end': ('exit 3', r'server1: ssh ended with status 3 and gave no reason'),
    'a refusal': ('exec {ipmon} --no-such-option', r'server1: .*unknown option'),
    'a cut': ('{ipmon} "$@" | head -c 20', r'server1: the stream ends within a block'),
}


@pytest.mark.parametrize('what', REFUSED)
def test_what_is_no_capture_is_refused_in_words(fleet, what):
    script, expected = REFUSED[what]
    fleet.servers[0].install(script.replace('{ipmon}', str(fleet.programs.ipmon_path)))
    result = fleet.ipmon('--capture', '--extcap-interface', 'ipmon:remote', '--remote-host', 'server1', '--fifo', '-')
    error = result.stderr.decode()
    assert (result.returncode, result.stdout, error.count('\n')) == (1, b'', 1), error
    assert re.search(expected, error), error


def test_a_capture_of_another_program_is_refused(fleet, programs):
    """As whole as it is: nobody knows what its statistics mean."""
    file = programs.readable('other.pcapng')
    pcap = write_pcap(programs.readable('other.pcap'), [])
    assert programs.run(['editcap', pcap, file]).returncode == 0
    fleet.servers[0].install(f'exec cat {file}')
    result = fleet.ipmon('--capture', '--extcap-interface', 'ipmon:remote', '--remote-host', 'server1', '--fifo', '-')
    assert result.returncode == 1
    assert b'server1: the capture is not written by ipmon' in result.stderr


def test_a_host_that_answers_nothing_is_given_up(fleet):
    fleet.servers[0].install('exec cat >/dev/null')
    capture = Remote(fleet, 'server1 server2', *ONLY_OURS)
    capture.signal(signal.SIGTERM)
    _, status, error = capture.finish()
    assert status == 1 and 'server1: there was no answer for 20 seconds' in error


def test_a_stop_while_hosts_are_connected(fleet):
    fleet.servers[0].install('touch "$0-begun"; exec cat >/dev/null')
    process = fleet.programs.start([fleet.programs.ipmon_path, '-i', 'ipmon:remote', '--remote-host', 'server1'],
                                   host=fleet.client)
    wait_until(lambda: list(fleet.servers[0].commands.glob('*-begun')), 'never run', TIMEOUT)
    process.send_signal(signal.SIGTERM)
    _, error = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 1 and b'while connecting to other machines' in error


def test_a_stream_that_is_cut_says_that_packets_may_be_missing(fleet, log):
    fleet.servers[0].install(f'{fleet.programs.ipmon_path} "$@" | dd bs=1 count=3001 2>/dev/null')
    capture = Remote(fleet, 'server1', *ONLY_OURS, '--log-file', log.path, source='eth1')
    Traffic(fleet, fleet.servers[0]).send(100)
    found, status, error = capture.finish()
    expected = 'server1: the stream ends within a block; an unknown number of packets may be missing'
    assert status == 1 and error.count('\n') == 1 and expected in error
    assert expected in check_statistics(found, *account(log.text())[1:])[0]


# --- other versions ------------------------------------------------------------------------------

# The program as one behaves that knows nothing of commands on standard input.
OLD = ('''for word; do shift; case $word in --extcap-control-in) skip=1;; *) if [ "$skip" ]; then skip=; else
set -- "$@" "$word"; fi;; esac; done; exec {ipmon} "$@" </dev/null''')


def test_an_ipmon_that_is_too_old_to_be_told(fleet, log):
    fleet.servers[0].install(OLD.replace('{ipmon}', str(fleet.programs.ipmon_path)))
    capture = Remote(fleet, 'server1 server2', *ONLY_OURS, '--log-file', log.path)
    one, two = (Traffic(fleet, server) for server in fleet.servers)
    one.send(10)
    two.send(10)
    [capture.read_block() for _ in range(23)]  # section, two interfaces, packets
    capture.signal(signal.SIGUSR1)
    wait_until(lambda: 'server2: paused' in log.text(), log.text, TIMEOUT)
    one.send(5)
    two.send(5)
    wait_until(lambda: 'server2: paused' in log.text(), log.text, TIMEOUT)
    capture.signal(signal.SIGTERM)
    found, status, error = capture.finish()
    assert status == 0, error
    assert not pcapng.packets(found)
    assert re.search(r'warning: server1: ipmon \S+ is too old to be told anything', log.text())
    account(log.text())


def test_an_ipmon_that_is_too_old_is_not_started_paused(fleet):
    fleet.servers[0].install(OLD.replace('{ipmon}', str(fleet.programs.ipmon_path)))
    result = fleet.ipmon('--capture', '--extcap-interface', 'ipmon:remote', '--remote-host', 'server1', '--fifo', '-',
                         '--start-paused')
    assert result.returncode == 1 and b'too old to be started paused' in result.stderr


# --- losses, processes, records ------------------------------------------------------------------


def test_what_nobody_reads_is_dropped_and_counted_there(fleet, log):
    capture = Remote(fleet, 'server1', *ONLY_OURS, '--log-file', log.path, '--in-buffer-size', str(1 << 20),
                     source='eth1')
    Traffic(fleet, fleet.servers[0], 1400).send(12000)
    later = capture.read_later()
    capture.signal(signal.SIGTERM)
    found, status, error = later()
    assert status == 0, error
    rows, received, dropped = account(log.text())
    assert received == 12000 and dropped > 0
    assert rows['server1:eth1'][0] == len(pcapng.packets(found))
    check_statistics(found, received, dropped)
    order = numbers_of(found, 'server1:eth1')
    gaps = [after - before - 1 for before, after in zip([-1, *order], order)]
    assert sum(packet.drops for packet in pcapng.packets(found)) <= dropped and order == sorted(order)
    assert sum(gaps) + 12000 - 1 - order[-1] == dropped


@pytest.mark.skipif(not can_find_processes(), reason='neither the build nor the kernel finds processes')
def test_processes_come_with_the_packets(fleet, log):
    server = fleet.servers[0]
    capture = Remote(fleet, 'server1', '--extcap-capture-filter', 'udp port 4242', '--process-information', 'name',
                     '--log-file', log.path, source='lo')
    server.host.run('python3', '-c', 'import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n'
                    's.bind(("127.0.0.1", 4242))\ns.sendto(b"x", ("127.0.0.1", 4242))')
    found, _ = finish(capture)
    blocks = pcapng.of_type(found, pcapng.PACKET)
    assert blocks and all(8 in block.options and b'python3' in b''.join(block.options[COMMENT]) for block in blocks)
    assert 'Processes of packets: ' in check_statistics(found, *account(log.text())[1:])[0]


def test_a_record_beside_the_pipe(fleet, folder):
    path = folder / 'record.pcapng'
    capture = Remote(fleet, 'server1 server2', *ONLY_OURS, '--record', path)
    for server in fleet.servers:
        Traffic(fleet, server).send(40)
    found, _ = finish(capture)
    recorded = pcapng.blocks(path.read_bytes())
    for name in ('server1:eth1', 'server2:eth2'):
        assert numbers_of(found, name) == numbers_of(recorded, name) == list(range(40))


def test_ring_files_have_the_interfaces_and_statistics_of_their_time(fleet, folder, log):
    process = fleet.programs.start(
        [fleet.programs.ipmon_path, '-i', 'ipmon:remote', '--remote-host', 'server1 server2', *ONLY_OURS, '-w',
         folder / 'ring.pcapng', '-b', 'packets:50', '--log-file', log.path], host=fleet.client)
    wait_until(lambda: all(server.host.is_capturing() for server in fleet.servers), 'nobody captures', TIMEOUT)
    for server in fleet.servers:
        Traffic(fleet, server).send(70)
    wait_until(lambda: len(list(folder.iterdir())) == 3, 'no third file', TIMEOUT)
    process.send_signal(signal.SIGTERM)
    _, error = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0, error
    files = [pcapng.blocks(path.read_bytes()) for path in sorted(folder.iterdir())]
    assert [len(pcapng.packets(found)) for found in files] == [50, 50, 40]
    for found in files:
        check_statistics(found, len(pcapng.packets(found)), 0)
        assert all(name in ('server1:eth1', 'server2:eth2') for name in names(found))
    assert sorted(number for found in files for name in names(found) for number in numbers_of(found, name)) == sorted(
        [*range(70), *range(70)])


def test_packets_are_printed(fleet):
    process = fleet.programs.start(
        [fleet.programs.ipmon_path, '-i', 'ipmon:remote', '--remote-host', 'server1 server2', '--json', '-c', '20',
         *ONLY_OURS[1:]], host=fleet.client)
    wait_until(lambda: all(server.host.is_capturing() for server in fleet.servers), 'nobody captures', TIMEOUT)
    for server in fleet.servers:
        Traffic(fleet, server).send(10)
    out, error = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0, error
    rows = [json.loads(line) for line in out.splitlines()]
    assert len(rows) == 20
    assert re.search(r'^ipmon: received 20 packets: 20 printed, 0 discarded while paused, 0 discarded at the end, '
                     '0 dropped$', error.decode(), re.M), error
