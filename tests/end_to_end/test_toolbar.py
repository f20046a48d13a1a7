# The toolbar: commands and what it shows, with every packet accounted for, and a Wireshark that sends
# nonsense, reads nothing, or goes away.
# SPDX-License-Identifier: GPL-2.0-or-later
import calendar
import os
import re
import select
import signal
import socket
import struct
import time

import pytest
from scapy.layers.inet import IP, UDP

import pcapng
import toolbar
from accounting import COMMENT, DELIVERED, DROPPED, RECEIVED, flood, numbered, numbers
from capturing import SOURCE, Capture, accept_with_capinfos, frame, send_all
from network import Pair, wait_until
from programs import TIMEOUT
from toolbar import MODE, PACKETS, PAUSE, PAUSED, Toolbar

COUNTERS = (PACKETS, toolbar.DROPPED, PAUSED)
ETH_P_IP = 0x0800
SO_RCVBUFFORCE, SO_TIMESTAMPNS = 33, 35  # asm-generic/socket.h


@pytest.fixture
def bar(programs):
    bar = Toolbar(programs)
    yield bar
    bar.close()


def start(programs, hosts, bar, log, *options, source=f'ipmon:{Pair.FAR}'):
    return Capture(programs, hosts.far, source, *bar.options, '--log-file', log.path, *options)


def send(hosts, frames):
    """Sends and returns when all of them are on the capturing host's interface."""
    before = hosts.far.received('far0')
    send_all(hosts.near.wire('near0'), frames)
    wait_until(lambda: hosts.far.received('far0') >= before + len(frames), 'frames did not arrive')


def end(capture, bar=None):
    capture.signal(signal.SIGTERM)
    found, status, error = capture.finish()
    assert (status, error) == (0, '')
    if bar:
        bar.read_all()
    return found


def test_the_toolbar_is_declared(programs, host):
    output = programs.ipmon('--extcap-interfaces', host=host).stdout.decode()
    controls = dict(re.findall(r'^control \{number=(\d)\}\{type=(\w+)\}', output, re.M))
    assert controls == {'0': 'button', '1': 'string', '2': 'string', '3': 'selector', '4': 'button',
                        '5': 'button', '6': 'button', '7': 'string'}
    roles = re.findall(r'^control \{number=(\d)\}.*\{role=(\w+)\}', output, re.M)
    assert roles == [('4', 'logger'), ('5', 'help'), ('6', 'restore')]
    modes = re.findall(r'^value \{control=3\}\{value=(\d)\}\{display=[^}]+\}\{default=(\w+)\}$', output,
                       re.M)
    assert modes == [('0', 'false'), ('1', 'true'), ('3', 'false')]
    # A file: URL is what the toolbar's help button does not open.
    assert re.search(r'^extcap \{.*\{help=/[^}]+/ipmon\.html\}', output)


def test_what_a_new_capture_shows(programs, hosts, bar, log):
    capture = start(programs, hosts, bar, log, '--receive-all-mode', '3')
    bar.wait(lambda: bar.value(PAUSE), 'no state')
    bar.wait_value(MODE, '3')
    assert bar.value(PAUSE) == 'Pause' and bar.enabled(PAUSE) and bar.enabled(MODE)
    for counter in COUNTERS:
        bar.wait_value(counter, '0')
        assert not bar.enabled(counter)
    bar.wait(lambda: 'info: ipmon ' in bar.log(), 'nothing in the log window')
    end(capture, bar)
    assert bar.log() == log.text()[:len(bar.log())] and bar.log().endswith('\n')


def test_pause_and_resume(programs, hosts, bar, log):
    capture = start(programs, hosts, bar, log)
    send(hosts, numbered(10))
    bar.send(PAUSE)  # at once: what came before is written all the same
    bar.wait_value(PAUSE, 'Resume')
    send(hosts, numbered(20, 10))
    bar.send(PAUSE)
    bar.wait_value(PAUSE, 'Pause')
    send(hosts, numbered(5, 30))
    bar.wait_value(PACKETS, '15')
    bar.wait_value(PAUSED, '20')
    found = end(capture, bar)
    assert numbers(found) == [*range(10), *range(30, 35)]
    assert log.account() == {'received': 35, 'written': 15, 'paused': 20, 'ended': 0, 'dropped': 0}
    assert [text.split(':')[1] for text in bar.status()] == [' paused', ' resumed']
    assert bar.value(toolbar.DROPPED) == '0'
    [statistics] = pcapng.of_type(found, pcapng.STATISTICS)
    assert statistics.options[COMMENT][0].startswith(b'Paused 1 times')
    accept_with_capinfos(programs, b''.join(Capture.raw(found)))


class Recorder:
    """Gets what comes to the capturing host, with the kernel's stamps, which captures see, too."""

    def __init__(self, hosts):
        self.hosts = hosts
        self.socket = hosts.far.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
        self.socket.bind(('far0', ETH_P_IP))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        # It takes a moment until packets are stamped as they arrive, not as they are read.
        wait_until(self._is_stamped_early, 'the kernel does not stamp what arrives')

    def _is_stamped_early(self):
        send(self.hosts, numbered(1))
        arrived = time.time_ns()
        return self._read()[1] < arrived

    def _read(self):
        bytes_, [(_, _, data)], _, _ = self.socket.recvmsg(65536, 64)
        seconds, nanoseconds = struct.unpack('qq', data)
        return int.from_bytes(bytes_[4:6], 'big'), seconds * 10**9 + nanoseconds

    def stamps(self, count):
        """Of the next packets, by their numbers."""
        self.socket.settimeout(toolbar.SILENCE)
        found = dict(self._read() for _ in range(count))
        self.socket.close()
        assert len(found) == count
        return found


def changes_of(log, pattern):
    """(microseconds since 1970, text) of the log's lines that match."""
    return [(calendar.timegm(time.strptime(date, '%Y-%m-%dT%H:%M:%S')) * 10**6 + int(rest), text)
            for date, rest, text in re.findall(
                r'^(\S+)\.(\d{6})Z \w+: (' + pattern + ')', log.text(), re.M)]


def state_at(changes, stamp, before):
    """What held for a packet; None: stamped in the very microsecond of a change."""
    if stamp // 1000 in [when for when, _ in changes]:
        return None
    return ([before] + [text for when, text in changes if when < stamp // 1000])[-1]


def check_times(found, stamps):
    """The recorder has the times of the capture."""
    times = {number: packet.time for number, packet in zip(numbers(found), pcapng.packets(found))}
    assert times == {number: stamps[number] for number in times}


def test_pausing_in_the_middle_of_a_stream(programs, hosts, bar, log):
    """Nobody waits for anything: the times decide what is written."""
    recorder = Recorder(hosts)
    capture = start(programs, hosts, bar, log)
    bar.wait_value(MODE, '1')
    before = hosts.far.received('far0')
    wire, count, pressed = hosts.near.wire('near0'), 6000, 0
    one = bytearray(numbered(1)[0])
    for number in range(count):
        if number % 500 == 250:
            bar.send(PAUSE)
            pressed += 1
        one[18:20] = number.to_bytes(2, 'big')
        wire.send(one)
    wait_until(lambda: hosts.far.received('far0') >= before + count, 'frames did not arrive')
    bar.wait(lambda: len(bar.status()) == pressed, 'not all commands were carried out')
    found, stamps = end(capture, bar), recorder.stamps(count)
    account = log.account()
    written = set(numbers(found))
    assert account['received'] == count and account['written'] == len(written)
    assert account['paused'] == count - len(written) > 0
    assert (bar.value(PACKETS), bar.value(PAUSED)) == (str(account['written']),
                                                       str(account['paused']))
    check_times(found, stamps)
    changes = changes_of(log, 'paused|resumed')
    assert [text for _, text in changes] == ['paused', 'resumed'] * (pressed // 2)
    for number, stamp in stamps.items():
        state = state_at(changes, stamp, 'resumed')
        assert state is None or (number in written) == (state == 'resumed'), (number, stamp, state)


def test_many_pauses_while_the_reader_stalls(programs, hosts, bar, log):
    capture = start(programs, hosts, bar, log, '--out-buffer-size', '4096')
    bar.wait_value(MODE, '1')
    send(hosts, numbered(1500, size=1400))  # more than the pipe and the write buffer take
    for text in ['Resume', 'Pause'] * 40:
        bar.send(PAUSE)
        bar.wait_value(PAUSE, text)
    send(hosts, numbered(1, first=1500))
    bar.send(PAUSE)
    bar.wait_value(PAUSE, 'Resume')
    send(hosts, numbered(1, first=1501))
    found = end(capture, bar)
    assert numbers(found) == list(range(1501))
    assert log.account()['paused'] == 1


def test_starting_paused(programs, hosts, bar, log):
    capture = start(programs, hosts, bar, log, '--start-paused')
    assert [capture.read_block().type for _ in range(2)] == [pcapng.SECTION, pcapng.INTERFACE]
    bar.wait_value(PAUSE, 'Resume')
    send(hosts, numbered(7))
    bar.send(PAUSE)
    bar.wait_value(PAUSE, 'Pause')
    send(hosts, numbered(3, 7))
    assert numbers(end(capture)) == [7, 8, 9]
    assert log.account() == {'received': 10, 'written': 3, 'paused': 7, 'ended': 0, 'dropped': 0}


def test_a_message_in_single_bytes(programs, hosts, bar, log):
    capture = start(programs, hosts, bar, log)
    for byte in toolbar.message(PAUSE, toolbar.SET) + toolbar.message(MODE, toolbar.SET, b'3'):
        bar.write(bytes([byte]))
    bar.wait_value(PAUSE, 'Resume')
    bar.wait_value(MODE, '3')
    end(capture, bar)


KINDS = {  # texts of the packets that each mode takes
    '0': ['mine', 'own'],
    '1': ['mine', 'astray', 'other'],
    '3': ['mine', 'astray'],
}


def send_kinds(hosts, tag):
    """One packet of each kind, all of them on the interfaces when this returns."""
    lo = hosts.far.received('lo')
    send(hosts, [frame(IP(src=SOURCE, dst=address) / UDP(sport=1, dport=2) / f'{name} {tag}'.encode(),
                       mac) for name, address, mac in (
                           ('mine', Pair.FAR, Pair.FAR_MAC), ('astray', '10.9.0.77', Pair.FAR_MAC),
                           ('other', Pair.FAR, Pair.OTHER_MAC))])
    own = hosts.far.socket(socket.AF_INET, socket.SOCK_DGRAM)
    own.bind((Pair.FAR, 0))
    own.sendto(f'own {tag}'.encode(), own.getsockname())
    wait_until(lambda: hosts.far.received('lo') > lo, 'nothing on lo')


def promiscuity(hosts):
    text = hosts.far.run('ip', '-d', 'link', 'show', 'far0').stdout.decode()
    return int(re.search(r'promiscuity (\d+)', text).group(1))


@pytest.mark.parametrize('first', ['0', '1', '3'])
@pytest.mark.parametrize('extra', [[], ['--extcap-capture-filter', 'udp and not port 3'],
                                   ['--extcap-capture-filter', 'ip protochain 17']])
def test_changing_the_mode(programs, hosts, bar, log, first, extra):
    """Packets from before a command are of the mode before, also when it follows at once."""
    capture = start(programs, hosts, bar, log, '--receive-all-mode', first, *extra)
    bar.wait_value(MODE, first)
    modes = [first, *(mode for _ in range(2) for mode in '01310301' if mode != first)]
    expected = []
    for step, mode in enumerate(modes):
        if step:
            bar.send(MODE, payload=mode.encode())
            bar.wait_value(MODE, mode)
        assert promiscuity(hosts) == (1 if mode == '1' else 0)
        send_kinds(hosts, step)
        # a mode 0 on far0 gets what is to 10.9.0.2 for another host neither
        expected += [f'{name} {step}' for name in KINDS[mode]]
    found = end(capture, bar)
    shown = [packet.bytes[28:].decode() for packet in pcapng.packets(found) if packet.bytes[9] == 17]
    assert sorted(shown) == sorted(expected)
    assert log.account()['written'] == len(pcapng.packets(found))
    statistics = pcapng.of_type(found, pcapng.STATISTICS)
    assert sum(block.number(RECEIVED) for block in statistics) == len(pcapng.packets(found))
    assert b'The receive-all mode was changed' in statistics[0].options[COMMENT][0]


def test_a_short_snapshot_does_not_change_what_a_mode_takes(programs, hosts, bar, log):
    capture = start(programs, hosts, bar, log, '--snapshot-length', '16')
    bar.wait_value(MODE, '1')
    bar.send(MODE, payload=b'0')
    bar.wait_value(MODE, '0')
    send(hosts, numbered(5))
    assert numbers(end(capture, bar)) == list(range(5))


@pytest.mark.parametrize('by', [-3600, 3600])
def test_the_clock_is_set_after_a_change(programs, hosts, bar, log, own_clock, by):
    own_clock(-by, 0)
    capture = start(programs, hosts, bar, log, '--receive-all-mode', '3')
    bar.wait_value(MODE, '3')
    bar.send(MODE, payload=b'1')
    bar.wait_value(MODE, '1')
    capture.signal(signal.SIGALRM)
    send_kinds(hosts, 0)
    found = end(capture, bar)
    assert [packet.bytes[28:].decode() for packet in pcapng.packets(found)] == \
        [f'{name} 0' for name in KINDS['1']]


def kernel_filter(hosts):
    """The program on the capture's packet socket, as the kernel returns it."""
    return re.findall(rb'bpf filter \((.*)', hosts.far.run('ss', '--packet', '--bpf').stdout)


def test_the_kernel_filters_again_some_time_after_a_change(programs, hosts, bar, log):
    filters = []
    for mode in '30':
        other = Toolbar(programs, name='other')
        capture = start(programs, hosts, other, log, '--receive-all-mode', mode)
        filters.append(kernel_filter(hosts))
        end(capture)
        other.close()
    assert len(filters[0]) == 1 and filters[0] != filters[1]
    capture = start(programs, hosts, bar, log, '--receive-all-mode', '3')
    bar.wait_value(MODE, '3')
    assert kernel_filter(hosts) == filters[0]
    bar.send(MODE, payload=b'0')
    bar.wait_value(MODE, '0')

    def is_narrow():
        send(hosts, numbered(1))
        return kernel_filter(hosts) == filters[1]
    wait_until(is_narrow, 'the filter of the change stays')
    end(capture)


def test_changing_the_mode_in_the_middle_of_a_stream(programs, hosts, bar, log):
    recorder = Recorder(hosts)
    capture = start(programs, hosts, bar, log, '--in-buffer-size', '33554432')
    bar.wait_value(MODE, '1')
    before = hosts.far.received('far0')
    wire, count = hosts.near.wire('near0'), 0
    frames = [bytearray(frame(IP(src=SOURCE, dst=address) / UDP(sport=1, dport=2), mac))
              for address, mac in ((Pair.FAR, Pair.FAR_MAC), ('10.9.0.77', Pair.FAR_MAC),
                                   (Pair.FAR, Pair.OTHER_MAC))]
    commands = '301030131031'
    for mode in commands:
        bar.send(MODE, payload=mode.encode())
        for _ in range(1500):
            kind = count % 3
            frames[kind][18:20] = count.to_bytes(2, 'big')
            wire.send(frames[kind])
            count += 1
        # the packets of the next mode shall not all come before this one holds
        bar.wait_value(MODE, mode)
    wait_until(lambda: hosts.far.received('far0') >= before + count, 'frames did not arrive')
    found, stamps = end(capture, bar), recorder.stamps(count)
    check_times(found, stamps)
    changes = [(when, text[-1]) for when, text in changes_of(log, r'receive-all mode \d')]
    assert ''.join(mode for _, mode in changes) == commands
    takes = {'0': (0,), '1': (0, 1, 2), '3': (0, 1)}
    written = set(numbers(found))
    for number, stamp in stamps.items():
        mode = state_at(changes, stamp, '1')
        assert mode is None or (number in written) == (number % 3 in takes[mode]), (number, mode)
    assert log.account()['written'] == len(pcapng.packets(found)) == len(written)


def test_mode_changes_on_all_interfaces_follow_addresses_and_interfaces(programs, hosts, bar, log):
    capture = start(programs, hosts, bar, log, source='ipmon:all')
    bar.wait_value(MODE, '1')
    bar.send(MODE, payload=b'0')
    bar.wait_value(MODE, '0')
    hosts.far.run('ip', 'address', 'add', '10.9.0.77/24', 'dev', 'far0')
    bar.wait(lambda: 'far0 got the address 10.9.0.77' in bar.log(), 'no news of the address')
    send_kinds(hosts, 0)
    bar.send(MODE, payload=b'1')
    bar.wait_value(MODE, '1')
    assert promiscuity(hosts) == 1
    hosts.far.run('ip', 'link', 'add', 'twin0', 'type', 'veth', 'peer', 'name', 'twin1')
    wait_until(lambda: b'promiscuity 1' in hosts.far.run('ip', '-d', 'link', 'show', 'twin0').stdout,
               'the new interface never became promiscuous')
    bar.send(MODE, payload=b'3')
    bar.wait_value(MODE, '3')
    assert promiscuity(hosts) == 0
    assert b'promiscuity 0' in hosts.far.run('ip', '-d', 'link', 'show', 'twin0').stdout
    found = end(capture, bar)
    shown = [packet.bytes[28:] for packet in pcapng.packets(found) if packet.bytes[9] == 17]
    assert sorted(shown) == [b'astray 0', b'mine 0', b'own 0']
    log.account()


@pytest.mark.parametrize('source,options,mode', [
    (f'ipmon:{Pair.FAR}', ['--receive-all-mode', '2'], '2'),
    (f'ipmon:{Pair.FAR}', ['--use-pcap'], '1'),
])
def test_modes_that_are_chosen_before_the_start(programs, hosts, bar, log, source, options, mode):
    capture = start(programs, hosts, bar, log, *options, source=source)
    bar.wait_value(MODE, mode)
    bar.wait(lambda: not bar.enabled(MODE), 'the selector is enabled')
    choices = [payload for _, control, command, payload in bar.messages
               if (control, command) == (MODE, toolbar.ADD)]
    assert [choice.split(b'\0')[0] for choice in choices] == ([b'2'] if mode == '2' else [])
    shown = len(bar.messages)
    bar.send(MODE, payload=b'3')
    bar.wait_status('cannot change')
    bar.wait(lambda: any(entry[1:] == (MODE, toolbar.SET, mode.encode())
                         for entry in bar.messages[shown:]), 'the mode is not shown again')
    bar.send(PAUSE)
    bar.wait_value(PAUSE, 'Resume')
    send(hosts, numbered(5))
    bar.wait_value(PAUSED, '5')
    end(capture, bar)


def test_mode_2_cannot_be_chosen_later(programs, hosts, bar, log):
    capture = start(programs, hosts, bar, log)
    bar.wait_value(MODE, '1')
    for payload in (b'2', b'9', b'', b'11', b'x' * 60000):
        shown = len(bar.messages)
        bar.send(MODE, payload=payload)
        bar.wait(lambda: (MODE, toolbar.SET, b'1') in [m[1:] for m in bar.messages[shown:]],
                 'the mode is not shown again')
    assert any('mode 2 needs other sockets' in text for text in bar.status())
    send_kinds(hosts, 0)
    shown = [packet.bytes[28:] for packet in pcapng.packets(end(capture)) if packet.bytes[9] == 17]
    assert sorted(shown) == [b'astray 0', b'mine 0', b'other 0']


def test_a_replay_can_be_held(programs, hosts, log, bar):
    file = programs.readable('replayed.pcapng')
    source = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--packet-count', '5')
    send(hosts, numbered(5))
    file.write_bytes(b''.join(Capture.raw(source.finish()[0])))
    capture = Capture(programs, hosts.far, 'ipmon:file', '--file', file, '--start-paused',
                      *bar.options, '--log-file', log.path)
    bar.wait_value(PAUSE, 'Resume')
    bar.wait(lambda: not bar.enabled(MODE), 'the selector is enabled')
    bar.send(PAUSE)
    found, status, error = capture.finish()
    bar.read_all()
    assert (status, error) == (0, '') and numbers(found) == [*range(5)]
    assert bar.value(PACKETS) == '5'


def test_restored_values_come_before_initialized(programs, hosts, log):
    bar = Toolbar(programs, restored=[(MODE, b'3'), (PACKETS, b'nonsense'), (99, b'?')])
    capture = start(programs, hosts, bar, log)
    bar.wait_value(MODE, '3')
    bar.wait_value(PACKETS, '0')
    shown = len(bar.messages)
    bar.send(PACKETS, payload=b'more nonsense')
    bar.wait(lambda: (PACKETS, toolbar.SET, b'0') in [m[1:] for m in bar.messages[shown:]],
             'the counter is not shown again')
    send_kinds(hosts, 0)
    found = end(capture, bar)
    bar.close()
    shown = [packet.bytes[28:] for packet in pcapng.packets(found) if packet.bytes[9] == 17]
    assert sorted(shown) == [b'astray 0', b'mine 0']


GARBAGE = [b'\0', b'GET / HTTP/1.0\r\n', b'T\0\0\0\0\0', b'T\0\0\1\0\1', b'T\1\0\2\0\1',
           toolbar.message(PAUSE, toolbar.ENABLE) + b'x', bytes(range(256)) * 1000]


@pytest.mark.parametrize('garbage', GARBAGE, ids=range(len(GARBAGE)))
def test_garbage(programs, hosts, bar, log, garbage):
    capture = start(programs, hosts, bar, log)
    bar.write(garbage)
    bar.wait_status('is ignored from now on')
    bar.send(PAUSE)  # means nothing any more, and is taken all the same: nobody waits
    bar.write(bytes(300_000))
    send(hosts, numbered(20))
    bar.wait_value(PACKETS, '20')
    capture.signal(signal.SIGUSR1)
    bar.wait_value(PAUSE, 'Resume')
    assert numbers(end(capture, bar)) == [*range(20)]
    assert log.text().count('is ignored from now on') == 1 and log.account()['paused'] == 0


@pytest.mark.parametrize('ends', [('in',), ('out',), ('in', 'out'), ('out', 'in')])
@pytest.mark.parametrize('moment', ['before', 'during'])
def test_pipes_that_wireshark_closes(programs, hosts, bar, log, ends, moment):
    if moment == 'during':
        capture = start(programs, hosts, bar, log)
        bar.wait_value(MODE, '1')
        send(hosts, numbered(30))
    elif 'out' in ends:
        bar.close_out()
        capture = start(programs, hosts, bar, log)
    else:
        capture = start(programs, hosts, bar, log)
        send(hosts, numbered(30))
    if moment == 'before' and 'out' in ends:
        send(hosts, numbered(30))
    for which in ends:
        if which == 'in':
            bar.close_in()
            wait_until(lambda: 'closed the toolbar' in log.text(), 'the end was not noticed')
        elif bar.reader is not None:
            bar.close_out()
    send(hosts, numbered(30, 30))
    for number in (signal.SIGUSR1, signal.SIGUSR2):  # something to log
        capture.signal(number)
    wait_until(lambda: 'info: resumed' in log.text(), 'not resumed')
    assert numbers(end(capture)) == [*range(60)]
    assert log.account()['written'] == 60


def test_a_wireshark_that_never_reads(programs, hosts, bar, log):
    capture = start(programs, hosts, bar, log)
    for _ in range(1500):  # each leaves two messages behind, more than any pipe holds
        bar.write(toolbar.message(PAUSE, toolbar.SET) * 2)
    wait_until(lambda: log.text().count('info: resumed') == 1500, 'signals were not carried out')
    send(hosts, numbered(1000))
    found = end(capture)
    assert numbers(found) == [*range(1000)] and log.account()['written'] == 1000
    bar.read_all()
    assert len(bar.messages) > 100 and bar.bytes == b''


def test_a_wireshark_that_reads_late(programs, hosts, bar, log):
    capture = start(programs, hosts, bar, log)
    for _ in range(1500):
        bar.write(toolbar.message(PAUSE, toolbar.SET) * 2)
    wait_until(lambda: log.text().count('info: resumed') == 1500, 'signals were not carried out')
    send(hosts, numbered(10))
    bar.wait_value(PACKETS, '10')
    bar.send(PAUSE)
    bar.wait_value(PAUSE, 'Resume')
    assert re.search(r'^\(\d+ lines are left out here\)$', bar.log(), re.M)
    end(capture, bar)


def test_a_wireshark_that_never_comes(programs, hosts, log):
    """Its pipes are there, and nobody ever opens them."""
    paths = [programs.readable(name) for name in ('nobody-in', 'nobody-out')]
    for path in paths:
        os.mkfifo(path)
        path.chmod(0o666)
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--extcap-control-in', paths[0],
                      '--extcap-control-out', paths[1], '--log-file', log.path)
    send(hosts, numbered(50))
    assert numbers(end(capture)) == [*range(50)]


def test_paths_that_are_no_pipes(programs, hosts, log):
    file = programs.readable('no-pipe')
    file.write_bytes(b'T\0\0\2\0\1' * 3)
    file.chmod(0o666)
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--extcap-control-in', file,
                      '--extcap-control-out', file, '--log-file', log.path)
    send(hosts, numbered(5))
    assert numbers(end(capture)) == [*range(5)]
    assert file.read_bytes() == b'T\0\0\2\0\1' * 3
    assert 'no toolbar' in log.text() and 'paused:' not in log.text()


def test_counters_change_at_most_twice_a_second(programs, hosts, bar, log):
    capture = start(programs, hosts, bar, log)
    bar.wait_value(PACKETS, '0')
    begin = time.monotonic()
    for number in range(40):
        send(hosts, numbered(5, number * 5))
        bar.pump()
    bar.wait_value(PACKETS, '200')
    # Measured by ipmon's own clock: an early and a late reading may shift one of them.
    seen = [when for when, control, _, _ in bar.messages if control == PACKETS]
    assert len([when for when in seen if when >= begin]) <= (time.monotonic() - begin) * 2 + 2
    end(capture, bar)


def test_errors_and_events_reach_the_status_bar(programs, hosts, bar, log):
    capture = start(programs, hosts, bar, log, '--log-level', 'error')
    bar.wait_value(MODE, '1')
    send(hosts, numbered(3))
    hosts.far.run('ip', 'link', 'set', 'far0', 'down')
    bar.wait_status('network event ether_output-ifdown (CRITICAL, core): interface far0 went down')
    hosts.far.run('ip', 'link', 'set', 'far0', 'up')
    bar.wait_status('interface far0 went up')  # a warning, which this log does not take
    assert 'went up' not in bar.log()
    hosts.far.run('ip', 'address', 'del', f'{Pair.FAR}/24', 'dev', 'far0')
    bar.wait_status('far0 lost the address')
    hosts.far.run('ip', 'link', 'delete', 'far0')
    found, status, error = capture.finish()
    bar.read_all()
    assert status == 1 and error.strip() in bar.status()
    [statistics] = pcapng.of_type(found, pcapng.STATISTICS)
    comment = statistics.options[COMMENT][0].decode()
    downs = log.text().count('network event ether_output-ifdown')
    assert downs >= 2 and ('Network events that ipmon met: '
                           f'ether_output-ifdown {downs}, in_control-noifdata 1') in comment


REFUSED = [
    (f'ipmon:{Pair.FAR}', ['--packet-count', 'x'], True, 10022),
    (f'ipmon:{Pair.FAR}', ['--extcap-capture-filter', 'udp und tcp'], True, 10022),
    (f'ipmon:{Pair.FAR}', ['--log-file', '/no/such/folder/log'], True, 10022),
    (f'ipmon:{Pair.FAR}', [], False, 10013),
    ('ipmon:192.0.2.99', [], True, 1118),
    ('ipmon:nonsense', [], True, 1118),
    ('ipmon:file', ['--file', '/no/such/file'], True, 650),
]


@pytest.mark.parametrize('source,options,capture,code', REFUSED)
def test_a_start_that_fails(programs, hosts, source, options, capture, code):
    """Wireshark's window opens the one pipe and gets an answer; the other is never touched."""
    bar = Toolbar(programs)
    path = programs.readable('refused-pipe')
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    path.chmod(0o666)
    process = programs.start([programs.ipmon_path, '--capture', '--extcap-interface', source, '--fifo',
                              path, *bar.options, *options], host=hosts.far, capture=capture)
    assert bar.opened.wait(toolbar.SILENCE), "Wireshark's window would be frozen"
    data = path.open('rb').read()
    _, error = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, data) == (1, b'')
    assert error.startswith(b'ipmon: error ') and error.count(b'\n') == 1
    assert int(error.split()[2].rstrip(b':')) == code
    poll = select.poll()
    poll.register(bar.reader, select.POLLIN)
    assert poll.poll(0) == [], 'the pipe to the toolbar was opened: its reader would spin'
    bar.close()


def test_a_start_that_fails_waits_for_a_slow_wireshark(programs, hosts):
    bar = Toolbar(programs, restored=None)  # opens, and is slow with its first words
    path = programs.readable('slow-pipe')
    os.mkfifo(path)
    path.chmod(0o666)
    process = programs.start([programs.ipmon_path, '--capture', '--extcap-interface',
                              'ipmon:192.0.2.99', '--fifo', path, *bar.options], host=hosts.far,
                             capture=True)
    assert bar.opened.wait(toolbar.SILENCE)
    bar.send(MODE, payload=b'3')
    assert process.poll() is None
    bar.send(0, toolbar.INITIALIZED)
    assert path.open('rb').read() == b''
    assert process.communicate(timeout=TIMEOUT)[1].startswith(b'ipmon: error 1118: ')
    assert process.returncode == 1
    bar.close()


def test_a_pipe_that_cannot_be_opened(programs, hosts):
    bar = Toolbar(programs)
    process = programs.start([programs.ipmon_path, '--capture', '--extcap-interface',
                              f'ipmon:{Pair.FAR}', '--fifo', '/no/such/pipe', *bar.options],
                             host=hosts.far, capture=True)
    _, error = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 1 and b'--fifo' in error and bar.opened.is_set()
    bar.close()


def take(reader):
    """Reads what is in the pipe, as a reader does that does not stall; returns nothing."""
    try:
        os.read(reader, 65536)
    except BlockingIOError:
        pass


@pytest.mark.parametrize('milliseconds', [0, 1, 2, 4, 8, 12, 16, 20, 30, 60])
def test_a_stop_right_after_the_start(programs, hosts, milliseconds):
    bar = Toolbar(programs)
    path = programs.readable('short-pipe')
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    path.chmod(0o666)
    process = programs.start([programs.ipmon_path, '--capture', '--extcap-interface',
                              f'ipmon:{Pair.FAR}', '--fifo', path, '--start-paused', *bar.options],
                             host=hosts.far, capture=True)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    select.select([], [], [], milliseconds / 1000)  # the moment is what is tried
    process.send_signal(signal.SIGTERM)
    wait_until(lambda: take(reader) or process.poll() is not None,
               'ipmon did not end')
    _, error = process.communicate(timeout=TIMEOUT)
    assert process.returncode in (0, -signal.SIGTERM) and error == b''
    os.close(reader)
    bar.close()


def test_drops_are_shown(programs, hosts, bar, log):
    capture = start(programs, hosts, bar, log, '--in-buffer-size', '1048576', '--out-buffer-size',
                    '65536')
    bar.wait_value(MODE, '1')
    flood(hosts, 4000, 1200)  # nobody reads the packets
    found = end(capture, bar)
    [statistics] = pcapng.of_type(found, pcapng.STATISTICS)
    account = log.account()
    assert int(bar.value(toolbar.DROPPED)) == account['dropped'] == statistics.number(DROPPED) > 0
    assert int(bar.value(PACKETS)) == account['written'] == statistics.number(DELIVERED)
