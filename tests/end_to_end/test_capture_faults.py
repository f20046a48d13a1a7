# What goes wrong around a capture: no hang, a file that is whole, and every packet accounted for.
# SPDX-License-Identifier: GPL-2.0-or-later
import collections
import contextlib
import fcntl
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from scapy.layers.inet import IP, UDP

import pcapng
import toolbar
from accounting import COMMENT, DELIVERED, DROPPED, RECEIVED, numbered, numbers
from capturing import SOURCE, Capture, accept_with_capinfos, frame, send_all
from network import Pair, wait_until
from programs import TIMEOUT

STALL_LIMIT = 20  # seconds that a reader gets at the end


def statistics(found):
    return pcapng.of_type(found, pcapng.STATISTICS)


def check_account(found, account):
    """The statistics of the file are those of the log, which balance."""
    blocks = statistics(found)
    assert sum(block.number(DELIVERED) for block in blocks) == len(pcapng.packets(found))
    assert sum(block.number(RECEIVED) for block in blocks) == account['received']
    assert sum(block.number(DROPPED) for block in blocks) == account['dropped']
    assert account['written'] == len(pcapng.packets(found))


def test_an_address_that_is_removed_keeps_the_capture(programs, hosts, log):
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--log-file', log.path)
    wire = hosts.near.wire('near0')
    send_all(wire, numbered(3))
    hosts.far.run('ip', 'address', 'del', f'{Pair.FAR}/24', 'dev', 'far0')
    wait_until(lambda: 'lost the address' in log.text(), 'nothing of it in the log')
    before = hosts.far.received('far0')
    send_all(wire, numbered(3, first=3))
    wait_until(lambda: hosts.far.received('far0') >= before + 3, 'packets did not arrive')
    capture.signal(signal.SIGTERM)
    found, status, error = capture.finish()
    assert (status, error) == (0, '') and numbers(found) == list(range(6))
    check_account(found, log.account())
    accept_with_capinfos(programs, b''.join(Capture.raw(found)))


def add_addresses(host, interface, count):
    lines = ''.join(f'address add 10.77.{number // 250}.{number % 250 + 1}/32 dev {interface}\n'
                    for number in range(count))
    subprocess.run(['nsenter', f'--net={host.path}', 'ip', '-batch', '-'], input=lines.encode(),
                   check=True, timeout=TIMEOUT)


def test_three_hundred_addresses(programs, hosts, log):
    add_addresses(hosts.far, 'far0', 300)
    last = '10.77.1.50'
    listed = programs.ipmon('--extcap-interfaces', host=hosts.far).stdout.decode()
    assert listed.count('interface {value=ipmon:') == 32 + 3  # all, remote and file
    every = programs.ipmon('--list-addresses', host=hosts.far).stdout.decode()
    assert last in every and len(every.splitlines()) >= 302
    capture = Capture(programs, hosts.far, 'ipmon:all', '--local-host', last, '--receive-all-mode', '0',
                      '--log-file', log.path)
    wire = hosts.near.wire('near0')
    send_all(wire, [frame(IP(src=SOURCE, dst=address, id=number) / UDP())
                    for number, address in enumerate(('10.77.0.1', last, Pair.FAR, last))])
    wait_until(lambda: hosts.far.received('far0') >= 4, 'packets did not arrive')
    capture.signal(signal.SIGTERM)
    found, status, error = capture.finish()
    assert (status, error) == (0, '') and numbers(found) == [1, 3]
    interface = pcapng.of_type(found, pcapng.INTERFACE)[0]
    assert len(interface.options[4]) == 301  # if_IPv4addr
    check_account(found, log.account())
    accept_with_capinfos(programs, b''.join(Capture.raw(found)))


def test_many_addresses_at_once_are_one_change_of_the_filter(programs, hosts, log):
    """More than a filter takes: each change of it would be logged."""
    capture = Capture(programs, hosts.far, 'ipmon:all', '--receive-all-mode', '0', '--log-file',
                      log.path)
    capture.signal(signal.SIGSTOP)
    add_addresses(hosts.far, 'far0', 1100)
    capture.signal(signal.SIGCONT, signal.SIGTERM)
    _, status, error = capture.finish()
    assert (status, error) == (0, '')
    assert log.text().count('got the address') == 1100
    assert log.text().count('addresses are too many for one filter') == 1


def test_the_kernel_has_no_room_for_all_changes(programs, hosts, log):
    """While ipmon sleeps more changes than its socket holds, an interface goes and one comes."""
    hosts.far.run('ip', 'link', 'add', 'old0', 'type', 'veth', 'peer', 'name', 'old1')
    capture = Capture(programs, hosts.far, 'ipmon:all', '--log-file', log.path, '--log-level', 'debug')
    capture.signal(signal.SIGSTOP)
    for _ in range(5):
        add_addresses(hosts.far, 'far0', 1000)
        hosts.far.run('ip', 'address', 'flush', 'dev', 'far0', 'to', '10.77.0.0/16')
    hosts.far.run('ip', 'link', 'delete', 'old0')
    hosts.far.run('ip', 'link', 'add', 'new0', 'type', 'veth', 'peer', 'name', 'new1')
    capture.signal(signal.SIGCONT)
    wait_until(lambda: 'read again' in log.text(), 'the overrun was not noticed', TIMEOUT)
    wait_until(lambda: re.search(r'interface new0 \(\d+\) appeared', log.text()), 'no new interface')
    assert re.search(r'interface old0 \(\d+\) was deleted', log.text())
    send_all(hosts.near.wire('near0'), numbered(3))
    wait_until(lambda: hosts.far.received('far0') >= 3, 'packets did not arrive')
    capture.signal(signal.SIGTERM)
    found, status, error = capture.finish()
    assert (status, error) == (0, '') and len(numbers(found)) >= 3
    check_account(found, log.account())


@pytest.fixture
def small_disk(programs):
    folder = programs.readable('small-disk')
    folder.mkdir()
    subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=128k,mode=0777', 'tmpfs', folder], check=True)
    yield folder
    subprocess.run(['umount', folder], check=True)
    folder.rmdir()


def test_a_full_disk_ends_the_capture_with_whole_blocks(programs, hosts, small_disk, log):
    file = small_disk / 'capture.pcapng'
    process = programs.start(
        [programs.ipmon_path, '--capture', '--extcap-interface', f'ipmon:{Pair.FAR}', '--fifo', file,
         '--log-file', log.path], host=hosts.far, capture=True)
    wait_until(hosts.far.is_capturing, 'ipmon never bound its packet socket')
    send_all(hosts.near.wire('near0'), numbered(200, size=1000))
    _, error = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 1
    assert error.startswith(b'ipmon: error 10055: ') and b'ENOSPC' in error and error.count(b'\n') == 1
    found = pcapng.blocks(file.read_bytes())
    assert 90 <= len(pcapng.packets(found)) < 200
    assert log.account()['written'] == len(pcapng.packets(found))
    accept_with_capinfos(programs, file.read_bytes())


def fill(folder):
    with (folder / 'rest').open('wb', buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))


def test_a_log_on_a_full_disk_is_reported_and_the_capture_goes_on(programs, host, small_disk):
    """At the terminal, once; after many commands, since the last page of the log has space left."""
    primary, secondary = os.openpty()
    process = programs.start([programs.ipmon_path, '--capture', '--extcap-interface', 'ipmon:127.0.0.1',
                              '--log-file', small_disk / 'log', '--fifo', '-'], host=host, capture=True,
                             stderr=secondary)
    os.close(secondary)
    printed = os.read(primary, 4096)
    fill(small_disk)
    for times in range(1, 101):
        for number, answer in ((signal.SIGUSR1, b'ipmon: paused'), (signal.SIGUSR2, b'ipmon: resumed')):
            process.send_signal(number)
            while printed.count(answer) < times:
                printed += os.read(primary, 4096)
    process.send_signal(signal.SIGTERM)
    data, _ = process.communicate(timeout=TIMEOUT)
    os.close(primary)
    assert process.returncode == 0 and len(statistics(pcapng.blocks(data))) == 1
    assert printed.count(b'ipmon: the log is incomplete: No space left on device') == 1


def test_a_reader_that_stalls_at_the_end_is_given_up(programs, hosts, log):
    bar = toolbar.Toolbar(programs)
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--log-file', log.path,
                      '--out-buffer-size', '65536', *bar.options)
    size = fcntl.fcntl(capture.reader, fcntl.F_GETPIPE_SZ)
    sent = size // 1000 + 3000
    send_all(hosts.near.wire('near0'), numbered(sent, size=1000))
    wait_until(lambda: hosts.far.received('far0') >= sent, 'packets did not arrive', TIMEOUT)
    begin = time.monotonic()
    capture.signal(signal.SIGTERM)
    capture.process.wait(timeout=TIMEOUT)
    lasted = time.monotonic() - begin
    assert STALL_LIMIT - 0.5 <= lasted < STALL_LIMIT + 8, lasted
    left = capture.reader.read()  # what the pipe held, perhaps with a part of a block behind it
    whole = 0
    while whole + 8 <= len(left) and whole + int.from_bytes(left[whole + 4:whole + 8], 'little') <= len(left):
        whole += int.from_bytes(left[whole + 4:whole + 8], 'little')
    found = pcapng.blocks(left[:whole])
    assert numbers(found) == list(range(len(numbers(found)))) and len(numbers(found)) > 0
    account = log.account()
    assert account['received'] == sent and account['written'] == len(numbers(found))
    assert account['ended'] + account['dropped'] == sent - account['written'] > 0
    bar.read_all()
    assert bar.value(toolbar.PACKETS) == str(account['written'])
    bar.close()


def send_and_wait(hosts, frames):
    before = hosts.far.received('far0')
    send_all(hosts.near.wire('near0'), frames)
    wait_until(lambda: hosts.far.received('far0') >= before + len(frames), 'packets did not arrive')


def check_numbers(found, expected, options):
    at = 14 + 4 if '--use-pcap' in options else 4
    assert [int.from_bytes(packet.bytes[at:at + 2], 'big') for packet in pcapng.packets(found)] == expected


SOURCES = pytest.mark.parametrize('options', [(), ('--receive-all-mode', '2'), ('--use-pcap',)],
                                  ids=['packet', 'raw', 'pcap'])


@SOURCES
@pytest.mark.parametrize('command', [signal.SIGUSR1, signal.SIGTERM])
@pytest.mark.parametrize('by', [-3600, 3600])
def test_packets_wait_while_the_clock_is_set(programs, hosts, log, own_clock, options,
                                             command, by):
    """They arrived before the signal, whatever their time stamps."""
    own_clock(0, by)
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--log-file', log.path, *options)
    capture.signal(signal.SIGSTOP)
    send_and_wait(hosts, numbered(3))
    capture.signal(signal.SIGALRM, command, signal.SIGCONT)
    if command == signal.SIGUSR1:
        wait_until(lambda: 'info: paused' in log.text(), 'not paused')
        capture.signal(signal.SIGTERM)
    found, status, error = capture.finish()
    assert (status, error) == (0, '')
    check_numbers(found, [0, 1, 2], options)
    assert log.account() == {'received': 3, 'written': 3, 'paused': 0, 'ended': 0, 'dropped': 0}
    assert f'the clock was set {"back" if by < 0 else "forward"} by 3600.' in log.text()
    check_account(found, log.account())


@SOURCES
@pytest.mark.parametrize('by', [-3600, 3600])
def test_the_clock_is_set_in_a_pause(programs, hosts, log, own_clock, options, by):
    own_clock(-by, 0)
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--log-file', log.path,
                      '--timeout', '600', *options)
    capture.signal(signal.SIGUSR1)
    wait_until(lambda: 'info: paused' in log.text(), 'not paused')
    capture.signal(signal.SIGALRM)
    send_and_wait(hosts, numbered(4))
    capture.signal(signal.SIGUSR2)
    wait_until(lambda: 'info: resumed' in log.text(), 'not resumed')
    send_and_wait(hosts, numbered(2, first=4))
    begin = time.monotonic()
    capture.signal(signal.SIGTERM)
    found, status, error = capture.finish()
    assert (status, error) == (0, '') and time.monotonic() - begin < STALL_LIMIT / 2
    check_numbers(found, [4, 5], options)
    assert log.account() == {'received': 6, 'written': 2, 'paused': 4, 'ended': 0, 'dropped': 0}
    comment = statistics(found)[0].options[COMMENT][0].decode()
    assert float(re.search(r'Paused 1 times, for ([\d.]+) s', comment)[1]) < 600
    check_account(found, log.account())
    accept_with_capinfos(programs, b''.join(Capture.raw(found)))


class Traced:
    """ipmon under strace, writing into a pipe that is read at once."""

    def __init__(self, programs, host, trace, *inject):
        self.path = programs.readable('stage-pipe')
        self.path.unlink(missing_ok=True)
        os.mkfifo(self.path)
        self.reader = subprocess.Popen(['cat', self.path], stdout=subprocess.PIPE)
        self.process = subprocess.Popen(
            ['nsenter', f'--net={host.path}', 'strace', '-qq', '-o', trace, *inject, programs.ipmon_path,
             '--capture', '--extcap-interface', 'ipmon:127.0.0.1', '--fifo', self.path],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def end(self):
        """strace hands no signal on: its child gets it."""
        pid = self.process.pid
        children = Path(f'/proc/{pid}/task/{pid}/children').read_text().split()
        os.kill(int(children[0]), signal.SIGTERM)

    def finish(self):
        _, error = self.process.communicate(timeout=TIMEOUT)
        # A reader whose writer never came is let go.
        os.close(os.open(self.path, os.O_RDWR))
        data, _ = self.reader.communicate(timeout=TIMEOUT)
        return data, self.process.returncode, error


def stages(programs, host, trace):
    """
    Every system call of a capture's life, by its name and number among those of the name, and where
    in this list it begins to block signals (a library may have done so before) and waits for packets.
    """
    capture = Traced(programs, host, trace)
    wait_until(lambda: trace.exists() and 'poll(' in trace.read_text(), 'no wait for packets')
    capture.end()
    capture.finish()
    seen = collections.Counter()
    calls = []
    begun = None
    for name, arguments in re.findall(r'^(\w+)\((.*)', trace.read_text(), re.M)[1:]:  # strace's execve
        seen[name] += 1
        if begun is None and name == 'rt_sigprocmask' and 'TERM' in arguments:
            begun = len(calls)
        calls.append((name, seen[name]))
    return calls, begun, calls.index(('poll', 1))


def test_a_signal_at_every_stage(programs, host, tmp_path):
    """At each call the first signal, or behind the wait for packets a second one."""
    calls, begun, wait = stages(programs, host, tmp_path / 'trace')
    captured = 0
    for stage in [*range(0, begun, 30), *range(begun, wait, 6), *range(wait, len(calls) - 1, 2)]:
        name, count = calls[stage]
        capture = Traced(programs, host, '/dev/null', '-e',
                         f'inject={name}:signal=SIGTERM:when={count}')
        if stage > wait:
            wait_until(host.is_capturing, 'no capture')
            capture.end()
        data, status, error = capture.finish()
        where = (name, count, status, error)
        assert status in (0, -signal.SIGTERM) and error == b'', where
        assert stage < begun or status == 0, where
        if data:
            assert len(statistics(pcapng.blocks(data))) == 1, where
            captured += 1
    assert captured > 10
