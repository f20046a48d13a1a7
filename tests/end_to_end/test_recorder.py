# Ring files: every packet is in exactly one of them, each is complete by itself, and together they
# hold what the account says.
# SPDX-License-Identifier: GPL-2.0-or-later
import itertools
import os
import re
import signal
import time

import pytest

import pcapng
from accounting import numbered
from capture_files import write_pcapng
from capturing import Capture, send_all
from network import Pair, wait_until
from programs import TIMEOUT
from recording import (COMMENT, DELIVERED, DROPPED, INTERFACE_DESCRIPTION, INTERFACE_NAME, RECEIVED, Account,
                       Recorder, Sender, check_account, check_complete, sequence, sequences, statistics)
from toolbar import MODE, Toolbar

PACKETS = 300_000


def interfaces(found):
    return [block.options[INTERFACE_NAME][0] for block in pcapng.of_type(found, pcapng.INTERFACE)]


def comments(found):
    return [comment.decode() for block in pcapng.of_type(found, pcapng.STATISTICS)
            for comment in block.options.get(COMMENT, [])]


# --- rotation ----------------------------------------------------------------------------------


def merged(programs, paths, name):
    """What mergecap makes of files: packets in the order of their times."""
    target = programs.readable(name)
    result = programs.run(['mergecap', '-w', target, *paths])
    assert result.returncode == 0, result.stderr
    return pcapng.packets(pcapng.blocks(target.read_bytes()))


def test_rotation_under_load(programs, hosts, recorder):
    """By size and by time at once, beside a long capture of the same packets."""
    ring = recorder('-b', 'duration:1', '-b', 'filesize:8000')
    long = recorder('--on-full', 'wait', name='long')
    Sender(hosts).send(PACKETS)
    status, account = ring.stop()
    long_status, long_account = long.stop()
    files = ring.contents()
    assert status == long_status == 0
    check_account(account, files)
    assert account.received == long_account.received == PACKETS
    found = sequences(files)
    assert len(files) > 1 and found == sorted(set(found))
    for content in files:
        check_complete(content)
    ring.check_capinfos()
    check_account(long_account, long.contents())
    direct = [(packet.time, packet.bytes) for content in files for packet in pcapng.packets(content)]
    assert [(packet.time, packet.bytes) for packet in merged(programs, ring.files(), 'merged')] == direct
    other = {sequence(packet): packet.bytes for packet in pcapng.packets(long.contents()[0])}
    shared = [number for number in found if number in other]
    assert [bytes_ for number, (_, bytes_) in zip(found, direct, strict=True) if number in other] == \
        [other[number] for number in shared]
    if account['dropped'] == long_account['dropped'] == 0:
        assert found == sorted(other) == [*range(PACKETS)]


def test_a_file_is_not_larger_than_wanted_by_more_than_a_packet(hosts, recorder):
    ring = recorder('-b', 'filesize:100')
    Sender(hosts, size=1000).send(2000)
    _, account = ring.stop()
    check_account(account, ring.contents())
    for content in ring.contents()[:-1]:
        size = sum(len(block.raw) for block in content if block.type != pcapng.STATISTICS)
        assert 100_000 <= size < 100_000 + 1100


def test_a_number_of_packets(hosts, recorder):
    ring = recorder('-b', 'packets:100')
    Sender(hosts).send(1050)
    status, account = ring.stop()
    assert status == 0
    check_account(account, ring.contents())
    assert [len(pcapng.packets(content)) for content in ring.contents()] == [100] * 10 + [50]


@pytest.mark.parametrize('condition', ['packets:1', 'filesize:1'])
def test_a_packet_a_file(hosts, recorder, condition):
    ring = recorder('-b', condition)
    Sender(hosts, size=1400).send(50)
    status, account = ring.stop()
    assert status == 0
    check_account(account, ring.contents())
    assert [len(pcapng.packets(content)) for content in ring.contents()] == [1] * 50
    ring.check_capinfos()


@pytest.mark.parametrize('kept', [1, 2, 5])
def test_the_latest_are_kept(hosts, recorder, kept):
    ring = recorder('-b', 'packets:10', '-b', f'files:{kept}')
    Sender(hosts).send(205)
    status, account = ring.stop()
    assert status == 0 and account['recorded'] == 205
    assert (account.files, account.removed) == (21, 21 - kept)
    assert sequences(ring.contents()) == [*range(200 - 10 * (kept - 1), 205)]
    for content in ring.contents():
        check_complete(content)


def resources(pid):
    """Descriptors, and kilobytes in memory."""
    with open(f'/proc/{pid}/status') as status:
        resident = int(re.search(r'VmRSS:\s*(\d+)', status.read())[1])
    return len(os.listdir(f'/proc/{pid}/fd')), resident


def test_ten_thousand_files(hosts, recorder):
    """Descriptors and memory stay as they were after the first hundred."""
    ring = recorder('-b', 'packets:1', '-b', 'files:10')
    sender, before = Sender(hosts), None
    for count in [100] * 2 + [1000] * 10:
        last = sender.send(count)
        ring.wait_for(lambda found, last=last: last in found, 'it was not written')
        before = before or resources(ring.process.pid)
    after = resources(ring.process.pid)
    status, account = ring.stop()
    assert status == 0 and account['recorded'] == 10_200
    assert (account.files, account.removed) == (10_200, 10_190)
    assert after[0] == before[0] and after[1] <= before[1] + 256


@pytest.mark.parametrize('options', [['--receive-all-mode', '0'], ['-p'], ['--receive-all-mode', '2'],
                                     ['--receive-all-mode', '3'], ['--use-pcap']])
def test_every_kind_of_source(hosts, recorder, options):
    ring = recorder('-b', 'packets:10', '-b', 'duration:600', *options)
    Sender(hosts).send(45)
    ring.wait_for_packets(45)
    ring.next()
    status, account = ring.stop()
    assert status == 0 and sequences(ring.contents()) == [*range(45)]
    check_account(account, ring.contents())
    for content in ring.contents():
        check_complete(content)


def test_the_last_of_some_files_ends_the_capture(hosts, recorder):
    ring = recorder('-b', 'packets:10', '-a', 'files:3')
    Sender(hosts).send(100)
    status, account = ring.end()
    assert status == 0 and sequences(ring.contents()) == [*range(30)]
    assert account['recorded'] == 30 and account.received == 30 + account['discarded at the end']


@pytest.mark.parametrize('kept', [1, 2])
@pytest.mark.parametrize('end', [['-c', '30'], ['-a', 'packets:30']], ids=lambda words: words[0])
def test_no_file_follows_the_last_packet(hosts, recorder, end, kept):
    """It would be empty, and the oldest file be removed for it."""
    ring = recorder('-b', 'packets:10', '-b', f'files:{kept}', *end)
    Sender(hosts).send(100)
    status, account = ring.end()
    assert status == 0 and account['recorded'] == 30
    assert sequences(ring.contents()) == [*range(30 - 10 * kept, 30)]
    for content in ring.contents():
        check_complete(content)


def test_no_file_follows_the_last_period(recorder):
    ring = recorder('-b', 'duration:0.3', '-a', 'duration:0.9')
    status, account = ring.end()
    assert status == 0 and account.files == len(ring.files()) == 3


def test_a_closed_terminal_ends_a_ring(recorder):
    """Nobody could end it there; a hangup from elsewhere begins the next file, at a terminal, too."""
    controller, terminal = os.openpty()
    ring = recorder('-b', 'duration:600', stdout=terminal, start_new_session=True)
    os.close(terminal)
    ring.next()
    os.close(controller)
    status, _ = ring.stop(signal.SIGHUP)
    assert status == 0 and len(ring.files()) == 2


@pytest.mark.parametrize('name', ['two words.pcapng', '100%s%n.pcapng', 'it\'s "quoted".pcapng', 'no suffix',
                                  b'\xff\xfe.pcapng', '-w.pcapng', 'new\nline.pcapng'])
def test_names(hosts, recorder, name):
    ring = recorder('-b', 'packets:10', '-b', 'files:2', name=name)
    Sender(hosts).send(35)
    status, account = ring.stop()
    assert status == 0 and (account.files, account.removed) == (4, 2)
    assert sequences(ring.contents()) == [*range(20, 35)]
    assert ring.error.count('\n') == 2  # of a name, too


def test_a_folder_that_is_a_link(hosts, recorder, folder):
    (folder / 'real').mkdir()
    (folder / 'real').chmod(0o777)
    (folder / 'link').symlink_to('real')
    ring = recorder('-b', 'packets:10', folder=folder / 'link')
    Sender(hosts).send(35)
    _, account = ring.stop()
    check_account(account, ring.contents())
    assert len([*(folder / 'real').iterdir()]) == 4


# --- each file is complete ---------------------------------------------------------------------


def test_a_quiet_network(recorder):
    """A file each period, and each is a capture as soon as it is there."""
    ring = recorder('-b', 'duration:0.2')
    for count in (2, 3, 4):
        ring.wait_for_files(count)
        ring.check_capinfos()
    status, account = ring.stop()
    assert status == 0 and account.received == 0
    check_account(account, ring.contents())
    starts = []
    for content in ring.contents():
        check_complete(content)
        assert interfaces(content) == [b'far0']
        [block] = pcapng.of_type(content, pcapng.STATISTICS)
        starts.append((block.time(2), block.time(3)))
    assert all(begin <= end <= later[0] for (begin, end), later in itertools.pairwise(starts))
    first = starts[0][0]  # periods follow one another without a gap, also behind one that took longer
    assert all(end - first >= number * 200_000_000 - 10_000_000 for number, (_, end) in enumerate(starts[:-1], 1))


def test_a_quiet_network_on_all_interfaces(recorder):
    ring = recorder('-b', 'duration:0.2', source='all')
    ring.wait_for_files(3)
    status, _ = ring.stop()
    assert status == 0
    ring.check_capinfos()
    assert all([block.type for block in content] == [pcapng.SECTION] for content in ring.contents())


def add_pair(hosts, name):
    hosts.near.run('ip', 'link', 'add', f'near-{name}', 'type', 'veth', 'peer', 'name', f'far-{name}',
                   'netns', str(hosts.far.holder.pid))
    for host, interface in ((hosts.near, f'near-{name}'), (hosts.far, f'far-{name}')):
        host.write(f'/proc/sys/net/ipv6/conf/{interface}/disable_ipv6', '1')
        host.run('ip', 'link', 'set', interface, 'up')
    hosts.near.await_line(f'near-{name}')
    hosts.far.await_line(f'far-{name}')
    return hosts.near.wire(f'near-{name}')


def test_interfaces_that_come_and_go(hosts, recorder, log):
    ring = recorder('-b', 'duration:600', log=log, source='all')
    wire = hosts.near.wire('near0')

    def send(on, first):
        send_all(on, numbered(1, first, size=4))
        ring.wait_for_packets(first + 1)
    send(wire, 0)
    ring.next()
    new = add_pair(hosts, 'new')
    send(new, 1)
    ring.next()
    send(wire, 2)
    hosts.near.run('ip', 'link', 'del', 'near-new')
    wait_until(lambda: 'far-new' not in hosts.far.run('ip', 'link').stdout.decode(), 'not deleted')
    ring.next()  # it was read before: the deletion is only noticed for certain in the next file
    ring.next()
    send(wire, 3)
    status, account = ring.stop()
    assert status == 0 and account['recorded'] == 4
    contents = ring.contents()
    for content in contents:
        check_complete(content)
    assert [interfaces(content) for content in (contents[0], contents[1], contents[2], contents[4])] == \
        [[b'far0'], [b'far0', b'far-new'], [b'far0', b'far-new'], [b'far0']]
    assert [len(pcapng.packets(content)) for content in contents] == [1, 1, 1, 0, 1]
    assert pcapng.packets(contents[1])[0].interface == 1
    assert statistics(contents, RECEIVED) == statistics(contents, DELIVERED) == 4


def test_a_pause_within_a_file_and_over_several(hosts, recorder, log):
    ring = recorder('-b', 'duration:600', log=log)
    sender = Sender(hosts)

    def pause(number, word, times):
        ring.process.send_signal(number)
        wait_until(lambda: log.text().count(f'info: {word}') == times, f'not {word}')
    sender.send(3)
    pause(signal.SIGUSR1, 'paused', 1)
    sender.send(4)
    pause(signal.SIGUSR2, 'resumed', 1)
    sender.send(5)
    ring.wait_for_packets(8)
    ring.next()
    sender.send(6)
    ring.wait_for_packets(14)
    pause(signal.SIGUSR1, 'paused', 2)
    sender.send(7)
    for count in (8, 9):
        ring.next()
        sender.send(count)
    pause(signal.SIGUSR2, 'resumed', 2)
    sender.send(10)
    ring.wait_for_packets(24)
    ring.next()
    sender.send(11)
    status, account = ring.stop()
    contents = ring.contents()
    assert status == 0
    check_account(account, contents)
    assert account['discarded while paused'] == 4 + 7 + 8 + 9
    assert [statistics([content], DELIVERED) for content in contents] == [8, 6, 0, 10, 11]
    assert statistics(contents[:1], RECEIVED) == 12 and statistics(contents[4:], RECEIVED) == 11
    paused = []  # in each file, as it was read
    for content in contents[:4]:
        check_complete(content)
        [comment] = comments(content)
        paused.append(int(re.fullmatch(r'Paused 1 times, for [\d.]+ s; (\d+) packets were discarded meanwhile',
                                       comment)[1]))
    assert paused[0] == 4 and sum(paused) == 4 + 7 + 8 + 9
    assert comments(contents[4]) == []


def test_a_mode_that_the_toolbar_changes(programs, hosts, recorder):
    """Each file describes its interface with the mode at its begin, and says what changed in it."""
    bar = Toolbar(programs)
    ring = recorder('-b', 'duration:600', *bar.options)
    sender = Sender(hosts)
    sender.send(1)
    ring.next()
    bar.send(MODE, payload=b'3')
    bar.wait_value(MODE, '3')
    sender.send(1)
    ring.next()
    sender.send(1)
    status, account = ring.stop()
    bar.close()
    contents = ring.contents()
    assert status == 0
    check_account(account, contents)
    modes = [block.options[INTERFACE_DESCRIPTION][0][-1:] for content in contents
             for block in pcapng.of_type(content, pcapng.INTERFACE)]
    assert modes == [b'1', b'1', b'3']
    assert ['mode was changed 1 times, to 3' in ' '.join(comments(content)) for content in contents] == \
        [False, True, False]


def test_drops_are_reported_once(hosts, recorder):
    """
    The ring overflows while the program is stopped: in the first file, in the third, and just before
    a signal to begin the fourth.
    """
    ring = recorder('-b', 'duration:600', '--in-buffer-size', '1048576')
    sender = Sender(hosts, size=1400)

    def overflow(*signals):
        ring.process.send_signal(signal.SIGSTOP)
        wait_until(lambda: open(f'/proc/{ring.process.pid}/stat').read().rsplit(')', 1)[1].split()[0] == 'T',
                   'not stopped')
        sender.send(3000)
        for number in (*signals, signal.SIGCONT):
            ring.process.send_signal(number)

    def write_one():
        """Again and again: the ring may still be full."""
        sent = []

        def is_written(found):
            sent.append(sender.send(1))
            return not set(sent).isdisjoint(found)
        ring.wait_for(is_written, 'none was written')
    overflow()
    write_one()
    ring.next()
    write_one()
    ring.next()
    overflow()
    write_one()
    overflow(signal.SIGHUP)
    write_one()
    status, account = ring.stop()
    contents = ring.contents()
    assert status == 0 and account['dropped'] > 0
    check_account(account, contents)
    drops = [statistics([content], DROPPED) for content in contents]
    assert len(drops) == 4 and drops[0] > 0 and drops[1] == 0 and drops[2] + drops[3] > drops[0]
    assert [sum(packet.drops for packet in pcapng.packets(content)) for content in contents] == drops


# --- signals -----------------------------------------------------------------------------------


def test_many_hangups(hosts, recorder):
    """None ends the capture or loses a packet."""
    ring = recorder('-b', 'duration:600')
    sender = Sender(hosts)
    for _ in range(100):
        for _ in range(5):
            ring.process.send_signal(signal.SIGHUP)
        sender.send(20)
    status, account = ring.stop()
    contents = ring.contents()
    assert status == 0
    check_account(account, contents)
    assert sequences(contents) == [*range(2000)] and len(contents) > 1
    for content in contents:
        check_complete(content)


@pytest.mark.parametrize('prepare', [[], ['nohup']])
def test_hangups_before_it_has_begun(recorder, prepare):
    """
    Until the signals are blocked a hangup ends any program that does not ignore it; with nohup none
    ever does.
    """
    for attempt in range(40):
        ring = recorder('-b', 'duration:600', name=f'r{attempt}', prepare=prepare, wait=0)
        wait_until(lambda: prepare == [] or b'ipmon' in open(f'/proc/{ring.process.pid}/cmdline', 'rb').read().split(
            b'\0')[0] or ring.process.poll() is not None, 'never started')
        time.sleep(attempt / 4000)
        ring.process.send_signal(signal.SIGHUP)
        if prepare:
            ring.wait_for_files(1)
        else:
            wait_until(lambda: ring.process.poll() is not None or
                       (ring.files() and ring.files()[-1].stat().st_size > 0), 'neither ended nor began')
        if ring.process.poll() is None:
            status, account = ring.stop()
            assert status == 0
            check_account(account, ring.contents())
        else:
            assert ring.process.returncode == -signal.SIGHUP and ring.files() == []


def test_a_hangup_while_stopping(hosts, recorder):
    for attempt in range(10):
        ring = recorder('-b', 'duration:600', name=f'r{attempt}')
        Sender(hosts).send(10)
        ring.process.send_signal(signal.SIGTERM)
        for _ in range(3):
            ring.process.send_signal(signal.SIGHUP)
        status, account = ring.end()
        assert status == 0 and account['recorded'] == 10
        check_account(account, ring.contents())
        for content in ring.contents():
            check_complete(content)


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT])
def test_signals_that_end(hosts, recorder, number):
    ring = recorder('-b', 'packets:7')
    Sender(hosts).send(50)
    ring.process.send_signal(number)
    ring.process.send_signal(number)  # a second one changes nothing
    status, account = ring.end()
    assert status == 0
    check_account(account, ring.contents())
    assert sequences(ring.contents()) == [*range(50)]


def test_a_hangup_without_ring_files_ends(hosts, recorder):
    """Unless it is ignored, as it is for all that a caller under nohup starts."""
    plain = recorder('--on-full', 'wait', prepare=['env', '--default-signal=HUP'])
    Sender(hosts).send(5)
    status, account = plain.stop(signal.SIGHUP)
    assert status == 0 and account['recorded'] == 5
    check_account(account, plain.contents())


# --- names that others use ---------------------------------------------------------------------


def test_two_recorders_on_one_name(hosts, recorder):
    """Each has files of its own, and removes none of the other's."""
    both = [recorder('-b', 'packets:20', wait=count) for count in (1, 2)]
    Sender(hosts).send(1010)
    ends = [one.stop() for one in both]
    assert [status for status, _ in ends] == [0, 0]
    contents = both[0].contents()
    assert len(contents) == sum(account.files for _, account in ends) == 2 * 51
    assert sorted(sequences(contents)) == sorted([*range(1010)] * 2)
    for content in contents:
        check_complete(content)


def test_two_rings_on_one_name(hosts, recorder):
    both = [recorder('-b', 'packets:20', '-b', 'files:3', wait=count) for count in (1, 2)]
    Sender(hosts).send(1010)
    for one in both:
        status, account = one.stop()
        assert status == 0 and (account.files, account.removed) == (51, 48)
    assert sorted(sequences(both[0].contents())) == sorted([*range(960, 1010)] * 2)


def test_one_file_of_two_recorders(hosts, recorder):
    first = recorder('--on-full', 'wait')
    Sender(hosts).send(5)
    second = recorder('--on-full', 'wait', wait=0)
    _, error = second.process.communicate(timeout=TIMEOUT)
    assert second.process.returncode == 1
    [line] = error.decode().splitlines()
    assert 'another ipmon writes it' in line
    _, account = first.stop()
    check_account(account, first.contents())


def test_a_record_that_exists(programs, hosts, recorder, folder):
    path = folder / 'record.pcapng'
    path.write_bytes(b'precious')
    path.chmod(0o666)
    refused = recorder('--json', option='--record', wait=0)
    _, error = refused.process.communicate(timeout=TIMEOUT)
    assert refused.process.returncode == 1 and b'exists' in error and error.count(b'\n') == 1
    assert path.read_bytes() == b'precious'


@pytest.mark.parametrize('options', [['-b', 'packets:10'], ['--on-full', 'wait']])
@pytest.mark.parametrize('kind', ['folder', 'pipe', '/dev/null', '/dev/full'])
def test_what_is_no_regular_file(programs, hosts, folder, kind, options):
    path = folder / kind
    if kind == 'folder':
        path.mkdir()
    elif kind == 'pipe':
        os.mkfifo(path)
        path.chmod(0o666)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK) if kind == 'pipe' else None
    result = programs.ipmon('-i', Pair.FAR, '-w', path, *options, host=hosts.far, capture=True)
    assert result.returncode == 1
    [line] = result.stderr.decode().splitlines()
    assert str(path) in line and ('not a regular file' in line or 'is a directory' in line.lower())
    assert sorted(one.name for one in folder.iterdir()) == ([kind] if kind in ('folder', 'pipe') else [])
    if reader:
        os.close(reader)


# --- a replay ----------------------------------------------------------------------------------


def test_a_replay_is_split(programs, folder, file):
    """Into files that together are the file again, with both of its interfaces."""
    packets = [(number % 2, 0, frame[14:], number / 1000) for number, frame in enumerate(numbered(5300, size=4))]
    source = write_pcapng(programs.readable('whole.pcapng'), packets)
    result = programs.ipmon('-r', source, '-w', folder / 'part.pcapng', '-b', 'packets:1000')
    assert result.returncode == 0, result.stderr
    paths = sorted(folder.iterdir())
    contents = [pcapng.blocks(path.read_bytes()) for path in paths]
    check_account(Account(result.stderr.decode()), contents)
    assert [len(pcapng.packets(content)) for content in contents] == [1000] * 5 + [300]
    for content in contents:
        check_complete(content)
        assert interfaces(content) == [b'eth0', b'lo']
    whole = pcapng.packets(pcapng.blocks(source.read_bytes()))
    together = merged(programs, paths, 'merged')
    assert [(packet.time, packet.bytes) for packet in together] == [(packet.time, packet.bytes) for packet in whole]


# --- beside an output --------------------------------------------------------------------------


def test_a_tee_into_ring_files(programs, hosts, folder):
    """The pipe is one long capture of what the files hold."""
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--record', folder / 'tee.pcapng', '-b',
                      'packets:100')
    Sender(hosts).send(1050)
    capture.signal(signal.SIGTERM)
    shown, status, _ = capture.finish()
    contents = [pcapng.blocks(path.read_bytes()) for path in sorted(folder.iterdir())]
    assert status == 0 and sequences(contents) == sequences([shown]) == [*range(1050)]
    assert [packet.time for content in contents for packet in pcapng.packets(content)] == \
        [packet.time for packet in pcapng.packets(shown)]
    assert len(contents) == 11
