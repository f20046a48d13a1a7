# Standard error that takes nothing, such as a terminal after Ctrl-S, holds up no capture.
# SPDX-License-Identifier: GPL-2.0-or-later
import contextlib
import os
import re
import select
import signal
import socket
import subprocess
import termios

import pytest
from scapy.layers.inet import IP, UDP

import pcapng
from capture_files import pcap
from capturing import SOURCE, Capture, frame
from network import Pair, wait_until
from programs import NOBODY, TIMEOUT
from replaying import PACKETS


def fill(descriptor):
    """Until nothing more fits; a terminal takes more once its kernel thread has run."""
    os.set_blocking(descriptor, False)
    while select.select([], [descriptor], [], 0.2)[1]:
        for size in (4096, 1):
            with contextlib.suppress(BlockingIOError):
                while True:
                    os.write(descriptor, b'-' * size)
    os.set_blocking(descriptor, True)


def read_some(descriptor):
    ready, _, _ = select.select([descriptor], [], [], TIMEOUT)
    assert ready, 'nothing is printed'
    return os.read(descriptor, 65536).decode()


def lines_of(text):
    """Without what filled it."""
    return text.lstrip('-').splitlines()


class Console:
    """Standard error that takes nothing for now."""

    def __init__(self, kind, owner=0):
        self.kind = kind
        if 'terminal' in kind:
            self.reader, self.writer = os.openpty()
            os.fchown(self.writer, owner, owner)
        elif kind == 'pipe':
            self.reader, self.writer = os.pipe()
            os.fchown(self.writer, owner, owner)
        else:
            self.reader, self.writer = (end.detach() for end in socket.socketpair())
        if kind == 'stopped terminal':
            os.write(self.reader, b'\x13')  # Ctrl-S
        else:
            fill(self.writer)

    def go_on(self):
        if self.kind == 'stopped terminal':
            os.write(self.reader, b'\x11')  # Ctrl-Q

    def read(self):
        """Up to the end."""
        self.close_writer()
        text = b''
        with contextlib.suppress(OSError):  # a terminal's end
            while select.select([self.reader], [], [], TIMEOUT)[0] and (
                    more := os.read(self.reader, 65536)):
                text += more
        return text.decode()

    def close_writer(self):
        if self.writer >= 0:
            os.close(self.writer)
        self.writer = -1

    def close(self):
        self.close_writer()
        os.close(self.reader)


KINDS = ['stopped terminal', 'full terminal', 'pipe', 'socket']


@pytest.fixture(params=[(kind, owner) for kind in KINDS for owner in (0, NOBODY)
                        if kind != 'socket' or owner == 0],
                ids=lambda value: f'{value[0]}, {"own" if value[1] else "of another user"}')
def console(request):
    """Of the user who runs the program, and, as with sudo -u, of another one."""
    made = Console(*request.param)
    yield made
    assert made.writer < 0 or os.get_blocking(made.writer)
    made.close()


@pytest.fixture
def started(programs, monkeypatch, console):
    """Programs have this standard error."""
    start = programs.start
    monkeypatch.setattr(programs, 'start', lambda *arguments, **options: start(
        *arguments, **{'stderr': console.writer, **options}))


def finish(capture):
    """What a capture wrote until its end, and its status."""
    data = capture.read()
    capture.reader.close()
    return pcapng.blocks(data), capture.process.wait(timeout=TIMEOUT)


@pytest.mark.usefixtures('started')
def test_a_signal_ends_a_capture(programs, hosts):
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}')
    hosts.near.wire('near0').send(frame(IP(src=SOURCE, dst=Pair.FAR) / UDP() / b'kept'))
    wait_until(lambda: hosts.far.received('far0') >= 1, 'frame did not arrive')
    for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM):  # each has a line
        capture.signal(number)
    found, status = finish(capture)
    assert status == 0 and len(pcapng.packets(found)) == 1
    assert len(pcapng.of_type(found, pcapng.STATISTICS)) == 1


@pytest.mark.usefixtures('started')
def test_a_signal_ends_a_replay(programs, host, file):
    path = file(pcap([(0, PACKETS[0]), (3600 * 10**9, PACKETS[1])]))
    capture = Capture(programs, host, 'ipmon:file', '--file', path, '--pace', 'original')
    begun = [capture.read_block() for _ in range(3)]
    capture.signal(signal.SIGTERM)
    found, status = finish(capture)
    assert status == 0 and len(pcapng.packets(begun)) == 1
    assert [block.type for block in found] == [pcapng.STATISTICS]


@pytest.mark.usefixtures('started')
def test_a_capture_that_fails_ends_and_keeps_what_it_has(programs, hosts):
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}')
    hosts.near.wire('near0').send(frame(IP(src=SOURCE, dst=Pair.FAR) / UDP() / b'kept'))
    wait_until(lambda: hosts.far.received('far0') >= 1, 'frame did not arrive')
    hosts.far.run('ip', 'link', 'delete', 'far0')
    found, status = finish(capture)
    assert status == 1 and len(pcapng.packets(found)) == 1
    assert len(pcapng.of_type(found, pcapng.STATISTICS)) == 1


@pytest.mark.usefixtures('started')
def test_a_damaged_replay_ends(programs, host, file):
    capture = Capture(programs, host, 'ipmon:file', '--file',
                      file(pcap(list(enumerate(PACKETS)))[:-5]))
    found, status = finish(capture)
    assert status == 1 and len(pcapng.packets(found)) == len(PACKETS) - 1


def failing_start(programs, host):
    """One that takes its signals itself already."""
    process = programs.start([programs.ipmon_path, '--capture', '--extcap-interface', 'ipmon:192.0.2.99',
                              '--fifo', '-'], host=host, capture=True)

    def blocked():
        with open(f'/proc/{process.pid}/status') as status:
            mask = int(re.search(r'^SigBlk:\s*(\w+)$', status.read(), re.M).group(1), 16)
        return mask >> (signal.SIGTERM - 1) & 1
    wait_until(lambda: blocked() or os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT),
               'ipmon does not start')
    return process


@pytest.mark.usefixtures('started')
def test_a_signal_ends_a_start_that_fails(programs, host):
    process = failing_start(programs, host)
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=TIMEOUT) == (b'', None)


@pytest.mark.usefixtures('started')
def test_the_reason_of_a_failed_start_arrives_whole(programs, host, console):
    """Its reader comes when the program is there already."""
    process = failing_start(programs, host)
    console.go_on()
    assert lines_of(console.read()) == [
        'ipmon: error 1118: 192.0.2.99 is not an address of this machine (EADDRNOTAVAIL); '
        "see 'ipmon --list-addresses'"]
    assert process.wait(timeout=TIMEOUT) == 1
    process.stdout.close()


@pytest.mark.usefixtures('started')
@pytest.mark.parametrize('console', [('stopped terminal', NOBODY), ('stopped terminal', 0),
                                     ('full terminal', NOBODY)], indirect=True, ids=str)
def test_lines_that_were_not_printed_are_counted(programs, host, console, log):
    capture = Capture(programs, host, 'ipmon:127.0.0.1', '--log-file', log.path)
    lines = ['captures from ipmon:127.0.0.1 into {}, Ctrl-C ends it'.format(programs.readable('pipe'))]
    for times in range(1, 101):  # more than wait
        for number, line in ((signal.SIGUSR1, 'paused'), (signal.SIGUSR2, 'resumed')):
            capture.signal(number)
            wait_until(lambda: log.text().count(f'info: {line}') == times, 'the signal is not logged')
            lines.append('paused: packets are counted and not kept' if line == 'paused' else line)
    console.go_on()
    printed = ''
    while 'lines were not printed' not in printed:
        printed += read_some(console.reader)
    capture.signal(signal.SIGUSR1)
    wait_until(lambda: log.text().count('info: paused') == 101, 'the signal is not logged')
    capture.signal(signal.SIGTERM)
    assert finish(capture)[1] == 0
    printed += console.read()
    *shown, unprinted, paused, account = lines_of(printed)
    assert shown == [f'ipmon: {line}' for line in lines[:len(shown)]] and len(shown) > 50
    assert unprinted == f'ipmon: {len(lines) - len(shown)} lines were not printed'
    assert paused == f'ipmon: {lines[1]}' and account.startswith('ipmon: received 0 packets: ')


def test_lines_that_are_never_printed_are_counted_in_the_log(programs, host, log):
    console = Console('full terminal')
    process = programs.start([programs.ipmon_path, '--capture', '--extcap-interface', 'ipmon:127.0.0.1',
                              '--fifo', '-', '--log-file', log.path], host=host, capture=True,
                             stderr=console.writer)
    wait_until(lambda: 'captures from' in log.text(), 'the capture does not begin')
    process.send_signal(signal.SIGTERM)
    data, _ = process.communicate(timeout=TIMEOUT)
    console.close()
    assert process.returncode == 0 and len(pcapng.of_type(pcapng.blocks(data), pcapng.STATISTICS)) == 1
    assert log.text().endswith('info: standard error took no more: 2 lines were not printed\n')


def test_a_capture_in_the_background_is_not_stopped(programs, host):
    """Where the terminal stops what prints in the background (stty tostop)."""
    primary, secondary = os.openpty()
    attributes = termios.tcgetattr(secondary)
    attributes[3] |= termios.TOSTOP
    termios.tcsetattr(secondary, termios.TCSANOW, attributes)
    path = programs.readable('background-pipe')
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    os.chmod(path, 0o666)
    shell = programs.start(['setsid', '--ctty', 'sh', '-c', 'set -m; "$0" "$@" 2>&0 & wait', programs.ipmon_path,
                            '--capture', '--extcap-interface', 'ipmon:127.0.0.1', '--fifo', path],
                           host=host, capture=True, stdin=secondary, stdout=subprocess.DEVNULL)
    printed = ''
    with open(path, 'rb') as reader:
        assert reader.read(4) == b'\n\r\r\n'
        while 'Ctrl-C ends it' not in printed:
            printed += read_some(primary)
        [child] = re.findall(r'\d+', open(f'/proc/{shell.pid}/task/{shell.pid}/children').read())
        os.kill(int(child), signal.SIGTERM)
        assert len(pcapng.of_type(pcapng.blocks(b'\n\r\r\n' + reader.read()), pcapng.STATISTICS)) == 1
    shell.communicate(timeout=TIMEOUT)
    os.close(secondary)
    os.close(primary)
