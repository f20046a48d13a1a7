# What a user is told of other machines that are not captured on, from the beginning or from some time on: at the
# terminal, in Wireshark's window, and in the account.
# SPDX-License-Identifier: GPL-2.0-or-later
import contextlib
import os
import re
import select
import signal

import pytest

import pcapng
from network import wait_until
from programs import TIMEOUT
from remoting import ONLY_OURS, Remote, Traffic, account, check_statistics, names, numbers_of, processes_of
from toolbar import Toolbar

NOT_FOUND = 'ipmon: error 11001: {0}: ssh: Could not resolve hostname {0}: '

pytestmark = pytest.mark.usefixtures('remote_captures')


class Terminal:
    """A command at a terminal of its own, which its standard error is."""

    def __init__(self, fleet, *words, capture=False):
        self.primary, secondary = os.openpty()
        self.process = fleet.programs.start([fleet.programs.ipmon_path, *words], host=fleet.client, stderr=secondary,
                                            capture=capture)
        os.close(secondary)
        Remote.started.append(self.process)
        self.text = ''

    def read(self, end=None):
        """Up to a line with the text, or all; returns the lines so far."""
        with contextlib.suppress(OSError):  # the end
            while end is None or end not in self.text or not self.text.endswith('\n'):
                assert select.select([self.primary], [], [], TIMEOUT)[0], self.text
                self.text += os.read(self.primary, 4096).decode()
        return self.text.splitlines()

    def finish(self):
        lines = self.read()
        os.close(self.primary)
        return lines, self.process.wait(timeout=TIMEOUT)


def add_link(host):
    """An interface that can be deleted."""
    host.run('ip', 'link', 'add', 'gone0', 'type', 'veth', 'peer', 'name', 'gone1')
    host.run('ip', 'link', 'set', 'gone0', 'up')


def test_missing_hosts_are_named_at_the_start_and_at_the_end(fleet, folder):
    capture = Terminal(fleet, '-i', 'nosuch1.invalid:eth0', '-i', 'server2:eth2', '-i', 'nosuch2.invalid:eth0', '-w',
                       folder / 'out.pcapng')
    *missing, start = capture.read('Ctrl-C')
    assert start == f'ipmon: captures from server2 (1 of 3 hosts) into {folder}/out.pcapng, Ctrl-C ends it'
    assert len(missing) == 2
    for host in ('nosuch1.invalid', 'nosuch2.invalid'):
        assert len([line for line in missing if line.startswith(NOT_FOUND.format(host))]) == 1, missing
    capture.process.send_signal(signal.SIGINT)
    lines, status = capture.finish()
    assert status == 1 and sorted(lines[-2:]) == sorted(missing)
    assert lines[3:-2] == ['ipmon: received 0 packets: 0 written, 0 discarded while paused, 0 discarded at the end, '
                           '0 dropped']


def test_a_host_that_goes_away_is_named_at_once_and_at_the_end(fleet, folder):
    capture = Terminal(fleet, '-i', 'server1:eth1', '-i', 'server2:eth2', '-w', folder / 'out.pcapng')
    assert capture.read('Ctrl-C') == [
        f'ipmon: captures from server1 server2 into {folder}/out.pcapng, Ctrl-C ends it']
    [ipmon] = processes_of(fleet.servers[0].host)
    os.kill(ipmon, signal.SIGKILL)
    gone = ('ipmon: error 10054: server1: the capture there has ended, or the connection was lost; an unknown number of '
            'packets may be missing (ECONNRESET)')
    assert capture.read('has ended')[1:] == [gone]
    capture.process.send_signal(signal.SIGINT)
    lines, status = capture.finish()
    assert status == 1 and lines[-1] == gone and lines.count(gone) == 2
    assert lines[-2].endswith(', 0 dropped; the counts of 1 host are incomplete')
    first, second = sorted(lines[2:4])  # the one that answered first comes first
    assert re.fullmatch(r'ipmon: server1:eth1: .*; the counts are incomplete', first)
    assert re.fullmatch(r'ipmon: server2:eth2: .* discarded at the end', second)


def test_the_last_host_that_goes_away_is_named_once(fleet, folder):
    capture = Terminal(fleet, '-i', 'server1:eth1', '-w', folder / 'out.pcapng')
    capture.read('Ctrl-C')
    [ipmon] = processes_of(fleet.servers[0].host)
    os.kill(ipmon, signal.SIGKILL)
    lines, status = capture.finish()
    assert status == 1 and len([line for line in lines if 'error' in line]) == 1


def test_when_all_are_missing_each_is_named_once(fleet, folder):
    for words in (['-w', folder / 'out.pcapng'], []):
        capture = Terminal(fleet, '-i', 'nosuch1.invalid:eth0', '-i', 'nosuch2.invalid:eth0', *words)
        lines, status = capture.finish()
        assert status == 1 and len(lines) == 2, lines
        assert sorted(line[:len(NOT_FOUND.format('nosuch1.invalid'))] for line in lines) == [
            NOT_FOUND.format('nosuch1.invalid'), NOT_FOUND.format('nosuch2.invalid')]


def test_a_command_without_a_terminal_reports_it_as_well(fleet, folder):
    process = fleet.programs.start([fleet.programs.ipmon_path, '-i', 'nosuch1.invalid:eth0', '-i', 'server2:eth2', '-w',
                                    folder / 'out.pcapng'], host=fleet.client)
    Remote.started.append(process)
    first = process.stderr.readline().decode()
    assert first.startswith(NOT_FOUND.format('nosuch1.invalid'))
    process.send_signal(signal.SIGINT)
    *_, last = process.stderr.read().decode().splitlines(keepends=True)
    assert process.wait(timeout=TIMEOUT) == 1 and last == first


def test_a_full_disk_is_the_reason_also_when_a_host_is_missing(fleet):
    process = fleet.programs.start([fleet.programs.ipmon_path, '-i', 'nosuch1.invalid:eth0', '-i', 'server2:eth2', '-w',
                                    '/dev/full'], host=fleet.client)
    Remote.started.append(process)
    wait_until(fleet.servers[1].host.is_capturing, 'nobody captures', TIMEOUT)
    Traffic(fleet, fleet.servers[1]).send(10)
    error = process.stderr.read().decode()
    assert process.wait(timeout=TIMEOUT) == 1 and error.count('No space left on device') == 1
    assert error.count(NOT_FOUND.format('nosuch1.invalid')) == 2  # at the start, and at the end


def test_sources_of_a_host_that_is_not_reached_are_not_all_tried(fleet, folder):
    sources = [word for number in range(1, 9) for word in ('-i', f'nosuch1.invalid:127.0.0.{number}')]
    capture = Terminal(fleet, *sources, '-i', 'server2:eth2', '-w', folder / 'out.pcapng')
    *missing, start = capture.read('Ctrl-C')
    assert start.startswith('ipmon: captures from server2 (1 of 9 sources) into ')
    skipped = [line for line in missing if line.endswith('not tried, since that host is not reached (EHOSTUNREACH)')]
    assert len(missing) == 8 and len(skipped) == 4
    assert all(re.match(r'ipmon: error 10065: nosuch1\.invalid:127\.0\.0\.[5-8]: ', line) for line in skipped)
    capture.process.send_signal(signal.SIGINT)
    assert capture.finish()[1] == 1


def test_a_local_failure_is_printed_once(fleet, folder):
    add_link(fleet.client)
    capture = Terminal(fleet, '-i', 'gone0', '-w', folder / 'out.pcapng', capture=True)
    capture.read('Ctrl-C')
    fleet.client.run('ip', 'link', 'delete', 'gone0')
    lines, status = capture.finish()
    assert status == 1 and len([line for line in lines if 'interface gone0 was deleted' in line]) == 1, lines


def test_the_window_shows_every_missing_host(fleet, log):
    bar = Toolbar(fleet.programs)
    capture = Remote(fleet, 'nosuch1.invalid server1 nosuch2.invalid', *ONLY_OURS, *bar.options, '--log-file', log.path,
                     source='eth1')
    for host in ('nosuch1.invalid', 'nosuch2.invalid'):
        bar.wait_status(NOT_FOUND.format(host))
        bar.wait(lambda host=host: f'warning: error 11001: {host}: ' in bar.log(), 'not in the log')
    bar.wait_status('ipmon: 2 other machines or sources are missing, see the log')
    capture.signal(signal.SIGTERM)
    _, status, error = capture.finish()
    bar.close()
    assert status == 1 and error.count('\n') == 2  # what the window shows at the end
    assert 'captures from server1 (1 of 3 hosts), ' in log.text()


def test_a_file_tells_of_what_is_not_counted(fleet, log):
    capture = Remote(fleet, 'server1 server2', *ONLY_OURS, '--log-file', log.path, source='server1=eth1 server2=eth2')
    Traffic(fleet, fleet.servers[0]).send(20)
    [capture.read_block() for _ in range(2)]
    [ipmon] = processes_of(fleet.servers[0].host)
    os.kill(ipmon, signal.SIGKILL)
    wait_until(lambda: 'server1: the capture there has ended' in log.text(), log.text, TIMEOUT)
    capture.signal(signal.SIGTERM)
    _, status, error = capture.finish()
    text = log.text()
    account(text)
    assert status == 1 and error.count('\n') == 1
    assert re.search(r'info: server1:eth1: .*; the counts are incomplete\n', text)
    assert re.search(r'info: received .* dropped; the counts of 1 host are incomplete\n', text)


def test_the_comment_tells_that_counts_are_incomplete(fleet, log):
    capture = Remote(fleet, 'server1', *ONLY_OURS, '--log-file', log.path, source='eth1')
    Traffic(fleet, fleet.servers[0]).send(20)
    [ipmon] = processes_of(fleet.servers[0].host)
    os.kill(ipmon, signal.SIGKILL)
    found, status, _ = capture.finish()
    [said] = check_statistics(found, *account(log.text())[1:])
    assert status == 1 and said.startswith('The counts are incomplete; error 10054: server1: ')


# --- several sources of one host -------------------------------------------------------------------


def test_many_sources_of_one_host(fleet, log):
    """Its server has the default MaxStartups, and refuses some of more than ten that log in at a time."""
    words = [word for number in range(1, 21) for word in ('-i', f'server1:127.0.0.{number}')]
    server = fleet.servers[0].host
    for number in range(2, 21):
        server.run('ip', 'address', 'add', f'127.0.0.{number}/8', 'dev', 'lo')
    try:
        process = fleet.programs.start([fleet.programs.ipmon_path, *words, '-w', '-', '--log-file', log.path],
                                       host=fleet.client, stderr=-1)
        Remote.started.append(process)
        wait_until(lambda: log.path.exists() and 'captures from' in log.text(), log.text, TIMEOUT)
        wait_until(lambda: len(processes_of(server)) == 20, 'not all of them run', TIMEOUT)
        process.send_signal(signal.SIGTERM)
        out, error = process.communicate(timeout=TIMEOUT)
    finally:
        for number in range(2, 21):
            server.run('ip', 'address', 'delete', f'127.0.0.{number}/8', 'dev', 'lo')
    assert process.returncode == 0, error
    assert sorted(names(pcapng.blocks(out))) == sorted(f'server1:lo (127.0.0.{number})' for number in range(1, 21))
    assert 'captures from server1, ' in log.text()


def test_sources_that_overlap_are_told_apart(fleet):
    capture = Remote(fleet, 'server1', *ONLY_OURS, source='server1=eth1 server1=10.8.1.2 server1=all')
    Traffic(fleet, fleet.servers[0]).send(10)
    capture.signal(signal.SIGTERM)
    found, status, error = capture.finish()
    assert status == 0, error
    assert sorted(names(found)) == ['server1:eth1', 'server1:eth1 (10.8.1.2)', 'server1:eth1 (all)']
    for name in names(found):
        assert numbers_of(found, name) == list(range(10))


def test_a_missing_source_is_named(fleet, log):
    capture = Remote(fleet, 'server1', *ONLY_OURS, '--log-file', log.path, source='server1=eth1 server1=nope')
    capture.signal(signal.SIGTERM)
    _, status, error = capture.finish()
    assert status == 1 and error == (
        "ipmon: error 1118: server1:nope: 'nope' is no interface or address there; "
        "see 'ipmon -D --remote-host server1'\n")
    assert 'captures from server1 (1 of 2 sources), ' in log.text()


def test_a_failure_there_has_its_own_code_and_text(fleet):
    host = fleet.servers[0].host
    add_link(host)
    capture = Remote(fleet, 'server1', source='gone0')
    host.run('ip', 'link', 'delete', 'gone0')
    _, status, error = capture.finish()
    assert status == 1 and error.startswith(
        'ipmon: error 10050: server1: interface gone0 was deleted while capturing on it'), error
    assert error.endswith(' (ENODEV)\n')
