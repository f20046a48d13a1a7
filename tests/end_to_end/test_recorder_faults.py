# A recorder whose disk is full, whose folder goes away, whose clock is set, and which is killed: it
# ends or goes on as it says, the files are captures, and the account is exact.
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import re
import select
import shutil
import signal
import threading
import time

import pytest

import pcapng
from network import Pair, wait_until
from programs import TIMEOUT
from recording import NAME, Disk, Sender, check_account, check_complete, sequences

FULL = 'packets are counted and not recorded until there is room'
AGAIN = r"there is room again for '[^']*': (\d+) packets were lost"


@pytest.fixture
def disk(programs):
    """Makes a small file system with room for a ballast; options are those of tmpfs."""
    made = []

    def make(options, ballast=0):
        made.append(Disk(programs, options))
        (made[-1].inside / 'ballast').write_bytes(bytes(ballast))
        return made[-1]
    yield make
    for one in made:
        one.close()


def check_packets(account, contents):
    """Of files that end where the disk had no more room."""
    found = sequences(contents)
    assert len(found) == account['recorded'], account.text
    assert found == sorted(set(found))


def wait_for_line(log, line):
    wait_until(lambda: line in log.text(), f'no "{line}" in {log.text()}')


def lost(log):
    return [int(number) for number in re.findall(AGAIN, log.text())]


# --- a full disk -------------------------------------------------------------------------------


@pytest.mark.parametrize('options', [['-b', 'filesize:1000'], ['-b', 'filesize:100000'], ['-b', 'packets:1']])
def test_a_full_disk_ends_the_capture(hosts, recorder, disk, options):
    ring = recorder(*options, disk=disk('size=3m'))
    Sender(hosts, size=1000).send(8000)
    status, account = ring.end()
    assert status == 1
    lines = ring.error.splitlines()
    [failure] = [line for line in lines if line.startswith('ipmon: error')]
    assert 'No space left on device' in failure and len(lines) == 3
    check_packets(account, ring.contents())
    assert account['recorded'] > 100 and len(ring.files()) == account.files
    for content in ring.contents()[:-1]:
        check_complete(content)
    ring.check_capinfos()


@pytest.mark.parametrize('options', [['-b', 'filesize:1000'], ['-b', 'duration:0.5'], ['-b', 'packets:100'],
                                     ['-b', 'packets:1'], []])
def test_a_full_disk_is_waited_for(hosts, recorder, disk, log, options):
    small = disk('size=5m', ballast=3 << 20)
    ring = recorder(*options, '--on-full', 'wait', disk=small, log=log)
    sender = Sender(hosts, size=1000)
    sender.send(8000)
    wait_for_line(log, FULL)
    sender.send(100)
    time.sleep(1.2)  # it tries again meanwhile, in vain
    assert log.text().count(FULL) == 1
    (small.inside / 'ballast').unlink()
    wait_until(lambda: lost(log), 'it never went on')
    last = sender.send(500)
    ring.wait_for(lambda found: last in found, 'it was not written')
    status, account = ring.stop()
    contents = ring.contents()
    assert status == 0 and account['not recorded'] > 0
    assert lost(log) == [account['not recorded']]
    assert account['recorded'] + account['not recorded'] + account['dropped'] == 8600
    check_packets(account, contents)
    check_account(account, contents)
    for content in contents:
        check_complete(content)
    ring.check_capinfos()


def test_a_disk_that_stays_full(hosts, recorder, disk, log):
    ring = recorder('-b', 'duration:0.3', '--on-full', 'wait', disk=disk('size=2m'), log=log)
    Sender(hosts, size=1000).send(6000)
    wait_for_line(log, FULL)
    files = ring.files()
    time.sleep(1.5)  # several periods
    assert ring.files() == files  # none is begun that would be empty
    status, account = ring.stop()
    assert status == 0 and account['not recorded'] > 0 and lost(log) == []
    check_packets(account, ring.contents())
    ring.check_capinfos()


def test_a_user_without_a_log_reads_of_it(hosts, recorder, disk):
    small = disk('size=3m', ballast=1 << 20)
    ring = recorder('-b', 'duration:600', '--on-full', 'wait', disk=small)
    sender = Sender(hosts, size=1000)
    sender.send(6000)

    def read_line():
        assert select.select([ring.process.stderr], [], [], TIMEOUT)[0], 'nothing is reported'
        return ring.process.stderr.readline().decode()
    lines = [read_line()]
    (small.inside / 'ballast').unlink()
    lines.append(read_line())
    status, account = ring.stop()
    assert status == 0 and FULL in lines[0] and int(re.search(AGAIN, lines[1])[1]) == account['not recorded']


def test_a_count_of_packets_is_one_of_recorded_ones(hosts, recorder, disk):
    """What a full disk has not taken yet does not end the capture."""
    small = disk('size=100k', ballast=100_000)
    ring = recorder('--on-full', 'wait', '-c', '10', disk=small, wait=0)
    sender = Sender(hosts)
    wait_until(hosts.far.is_capturing, 'it does not capture')
    sender.send(20)
    time.sleep(1.2)  # it tries again
    assert ring.process.poll() is None
    (small.inside / 'ballast').unlink()
    status, account = ring.end()
    assert status == 0 and account['recorded'] == 10 and account.received == 20
    assert sequences(ring.contents()) == [*range(10)]


def test_a_gap_is_marked(hosts, recorder, disk):
    """The packet behind those that were not recorded has their number."""
    small = disk('size=3m', ballast=1 << 20)
    ring = recorder('--on-full', 'wait', '-b', 'duration:600', disk=small)
    sender = Sender(hosts, size=1000)
    sender.send(6000)
    wait_until(lambda: select.select([ring.process.stderr], [], [], 0)[0], 'nothing is reported')
    (small.inside / 'ballast').unlink()
    ring.process.stderr.readline()
    wait_until(lambda: select.select([ring.process.stderr], [], [], 0)[0], 'there is no room again')
    last = sender.send(5)
    ring.wait_for(lambda found: last in found, 'it was not written')
    status, account = ring.stop()
    marks = [packet.drops for content in ring.contents() for packet in pcapng.packets(content)]
    assert status == 0 and account['not recorded'] > 0
    assert sum(marks) == account['not recorded'] + account['dropped']
    check_packets(account, ring.contents())


def test_a_ring_fits_its_disk(hosts, recorder, disk, log):
    """It removes what it no longer keeps in time: nothing is lost on a disk that holds what it keeps."""
    ring = recorder('-b', 'filesize:1000', '-b', 'files:2', '--on-full', 'wait', disk=disk('size=3500k'), log=log)
    sender = Sender(hosts, size=1000)
    for _ in range(20):
        last = sender.send(1000)
        ring.wait_for(lambda found, last=last: last in found, 'it was not written')
    status, account = ring.stop()
    assert status == 0 and FULL not in log.text()
    assert account['recorded'] == 20_000 and account.removed == account.files - 2
    assert sequences(ring.contents())[-1] == 19_999
    for content in ring.contents():
        check_complete(content)


def test_the_next_file_of_a_ring_makes_room(hosts, recorder, disk, log):
    """The disk does not hold what is kept, but each next file removes the oldest."""
    ring = recorder('-b', 'packets:1000', '-b', 'files:3', '--on-full', 'wait', disk=disk('size=2800k'), log=log)
    sender = Sender(hosts, size=1000)
    sender.send(8000)
    ring.next()  # if packets were lost, the latest file may not be complete, and wait for room
    last = sender.send(5)
    ring.wait_for(lambda found: last in found, 'it was not written')
    status, account = ring.stop()
    contents = ring.contents()
    assert status == 0 and sum(lost(log)) == account['not recorded']
    assert account['recorded'] + account['not recorded'] + account['dropped'] == 8005
    assert len(contents) == 3 and account.removed == account.files - 3
    for content in contents:
        check_complete(content)
    ring.check_capinfos()


def test_a_hangup_makes_room(hosts, recorder, disk, log):
    ring = recorder('-b', 'duration:600', '-b', 'files:1', '--on-full', 'wait', disk=disk('size=3m'), log=log)
    sender = Sender(hosts, size=1000)
    sender.send(6000)
    wait_for_line(log, FULL)
    ring.next()
    last = sender.send(5)
    ring.wait_for(lambda found: last in found, 'it was not written')
    status, account = ring.stop()
    assert status == 0 and len(ring.files()) == 1
    assert lost(log) == [account['not recorded']] and account['not recorded'] > 0
    check_complete(ring.contents()[0])


def test_an_oldest_file_that_is_too_small(hosts, recorder, disk, log):
    """What it gives is used up by the file before: the next one stays empty, and is removed at the end."""
    ring = recorder('-b', 'duration:600', '-b', 'files:2', '--on-full', 'wait', disk=disk('size=3m'), log=log)
    sender = Sender(hosts, size=1000)
    sender.send(10)
    ring.wait_for_packets(10)
    ring.next()
    [oldest, second] = ring.files()
    sender.send(6000)
    wait_for_line(log, FULL)
    ring.process.send_signal(signal.SIGHUP)
    wait_until(lambda: oldest not in ring.files(), 'not removed')
    ring.process.send_signal(signal.SIGHUP)
    status, account = ring.stop()
    assert status == 0 and ring.files() == [second]
    assert account['recorded'] == 10 + len(sequences(ring.contents()))
    ring.check_capinfos()


def test_no_room_for_the_name_of_the_next_file(hosts, recorder, disk):
    """All inodes are in use: of the root, the folder, the ballast, and three files."""
    ring = recorder('-b', 'packets:10', disk=disk('nr_inodes=6'))
    Sender(hosts).send(100)
    status, account = ring.end()
    assert status == 1
    [failure] = [line for line in ring.error.splitlines() if line.startswith('ipmon: error')]
    assert 'cannot create the file after' in failure and 'No space left on device' in failure
    assert account['recorded'] == 30 and sequences(ring.contents()) == [*range(30)]
    for content in ring.contents():
        check_complete(content)


def test_the_name_of_the_next_file_is_waited_for(hosts, recorder, disk, log):
    small = disk('nr_inodes=6')
    ring = recorder('-b', 'packets:10', '--on-full', 'wait', disk=small, log=log)
    sender = Sender(hosts)
    sender.send(100)
    wait_for_line(log, 'writing continues to that file')
    ring.wait_for_packets(100)
    assert len(ring.files()) == 3
    (small.inside / 'ballast').unlink()
    ring.wait_for_files(4)
    last = sender.send(5)
    ring.wait_for(lambda found: last in found, 'it was not written')
    status, account = ring.stop()
    assert status == 0 and account['recorded'] == 105 == account.received
    assert log.text().count('writing continues to that file') == 1
    check_account(account, ring.contents())
    for content in ring.contents():
        check_complete(content)


@pytest.mark.parametrize('options', [['-b', 'filesize:10000'], ['--on-full', 'wait'],
                                     ['-b', 'filesize:10000', '--on-full', 'wait']])
def test_a_limit_of_the_size_of_files(hosts, recorder, options):
    """Nothing that room would come for."""
    ring = recorder(*options, prepare=['prlimit', '--fsize=500000', '--'])
    Sender(hosts, size=1000).send(2000)
    status, account = ring.end()
    assert status == 1
    [failure] = [line for line in ring.error.splitlines() if line.startswith('ipmon: error')]
    assert 'File too large' in failure
    assert 0 < account['recorded'] < 500 and account['not recorded'] > 0
    check_packets(account, ring.contents())
    ring.check_capinfos()


def test_a_full_disk_beside_an_output(hosts, recorder, disk, log):
    """What is shown does not depend on what is recorded."""
    small = disk('size=3m', ballast=1 << 20)
    with open(log.path.with_suffix('.json'), 'wb') as out:
        ring = recorder('--json', '-b', 'filesize:1000', '--on-full', 'wait', disk=small, log=log,
                        option='--record', stdout=out)
        sender = Sender(hosts, size=1000)
        sender.send(5000)
        wait_for_line(log, FULL)
        (small.inside / 'ballast').unlink()
        wait_until(lambda: lost(log), 'it never went on')
        status, account = ring.stop()
    assert status == 0 and account['not recorded'] > 0
    check_account(account, ring.contents())
    assert account['recorded'] + account['not recorded'] == account['shown'] + account['not shown']
    assert len(log.path.with_suffix('.json').read_bytes().splitlines()) == account['shown']


# --- the folder --------------------------------------------------------------------------------


def check_refused_next(ring, reason):
    ring.process.send_signal(signal.SIGHUP)
    status, account = ring.end()
    assert status == 1
    [failure] = [line for line in ring.error.splitlines() if line.startswith('ipmon: error')]
    assert 'cannot create the file after' in failure and reason in failure
    return account


def test_the_folder_is_removed(hosts, recorder, folder):
    ring = recorder('-b', 'duration:600')
    sender = Sender(hosts)
    sender.send(50)
    ring.wait_for_packets(50)
    shutil.rmtree(folder)
    sender.send(50)
    account = check_refused_next(ring, 'No such file or directory')
    assert account.received == 100 and account['recorded'] + account['discarded at the end'] == 100
    folder.mkdir()


def test_the_folder_is_replaced(hosts, recorder, folder):
    """The files stay together."""
    ring = recorder('-b', 'packets:10')
    sender = Sender(hosts)
    sender.send(25)
    ring.wait_for_packets(25)
    moved = folder.with_name(folder.name + '-moved')
    folder.rename(moved)
    folder.mkdir(mode=0o777)
    sender.send(25)
    status, account = ring.stop()
    ring.folder = moved
    assert status == 0 and [*folder.iterdir()] == []
    check_account(account, ring.contents())
    assert sequences(ring.contents()) == [*range(50)]


def test_the_folder_becomes_read_only(hosts, recorder, folder):
    ring = recorder('-b', 'duration:600')
    Sender(hosts).send(50)
    ring.wait_for_packets(50)
    folder.chmod(0o555)
    account = check_refused_next(ring, 'Permission denied')
    check_account(account, ring.contents())
    check_complete(ring.contents()[0])


def test_a_folder_that_is_read_only(programs, hosts, folder):
    folder.chmod(0o555)
    result = programs.ipmon('-i', Pair.FAR, '-w', folder / 'record', '-b', 'packets:1', host=hosts.far, capture=True)
    assert result.returncode == 1
    [line] = result.stderr.decode().splitlines()
    assert 'Permission denied' in line and str(folder / 'record') in line


def test_a_folder_whose_files_cannot_be_removed(hosts, recorder, disk, log):
    """The oldest file is a folder by now: that is said, and the record goes on."""
    small = disk('size=10m')
    ring = recorder('-b', 'packets:10', '-b', 'files:1', disk=small, log=log)
    sender = Sender(hosts)
    sender.send(5)
    ring.wait_for_packets(5)
    [first] = ring.files()
    first.unlink()
    first.mkdir()
    last = sender.send(10)
    wait_for_line(log, 'cannot remove the oldest file')
    wait_until(lambda: ring.files()[-1] != first, 'no next file')
    first.rmdir()
    ring.wait_for(lambda found: last in found, 'it was not written')
    status, account = ring.stop()
    assert status == 0 and account['recorded'] == 15 and account.removed == 0
    assert sequences(ring.contents()) == [*range(10, 15)]


def test_a_file_system_that_is_unmounted(hosts, recorder, disk):
    """Lazily, as it is in use: the recorder has its folder open."""
    small = disk('size=10m')
    ring = recorder('-b', 'packets:10', '-b', 'files:3', disk=small)
    opened = os.open(small.folder, os.O_RDONLY | os.O_DIRECTORY)
    sender = Sender(hosts)
    sender.send(25)
    ring.wait_for_packets(25)
    small.run('umount', '--lazy', str(small.mount))
    assert not small.folder.exists()
    ring.folder = type(small.folder)(f'/proc/self/fd/{opened}')
    sender.send(50)
    status, account = ring.stop()
    assert status == 0 and account['recorded'] == 75
    assert sequences(ring.contents()) == [*range(50, 75)]
    os.close(opened)


def test_files_that_others_remove(hosts, recorder):
    ring = recorder('-b', 'packets:10', '-b', 'files:3')
    sender = Sender(hosts)
    for count in range(1, 6):
        sender.send(10)
        ring.wait_for(lambda found, last=count * 10 - 1: last in found, 'it was not written')
        for path in ring.files()[:-1]:
            path.unlink()
    ring.files()[-1].unlink()  # that is written
    sender.send(15)
    status, account = ring.stop()
    assert status == 0 and account['recorded'] == 65 and ring.error.count('\n') == 2
    assert sequences(ring.contents()) == [*range(50, 65)]


# --- the clock ---------------------------------------------------------------------------------


@pytest.mark.parametrize('difference', [-7200, 7200])
def test_the_clock_is_set(hosts, recorder, own_clock, difference):
    """Names are in the order of their numbers, and have the dates of the clock."""
    own_clock(-difference, 0)
    ring = recorder('-b', 'packets:10', '-b', 'duration:600')
    ring.next()
    ring.next()
    ring.process.send_signal(signal.SIGALRM)
    sender = Sender(hosts)
    sender.send(55)
    status, account = ring.stop()
    assert status == 0
    check_account(account, ring.contents())
    assert sequences(ring.contents()) == [*range(55)]
    names = [NAME.fullmatch(os.fsencode(path.name)) for path in ring.files()]
    assert [int(name[2]) for name in names] == [*range(1, 9)]
    dates = [time.mktime(time.strptime(name[3].decode(), '%Y%m%d%H%M%S')) for name in names]
    assert abs(dates[-1] - dates[0] - difference) < 600
    for content in ring.contents():
        check_complete(content)
    ring.check_capinfos()


# --- killed ------------------------------------------------------------------------------------


def whole_blocks(data):
    """The blocks of a file that may end within one."""
    at = 0
    while at + 8 <= len(data) and at + (length := int.from_bytes(data[at + 4:at + 8], 'little')) <= len(data):
        at += length
    return pcapng.blocks(data[:at]), at == len(data)


def check_killed(programs, ring):
    """The latest file may end anywhere, also before it has begun; then the one before has no statistics."""
    files = ring.files()
    latest = [path for path in files if path.stat().st_size > 0][-1:]
    for path in files[:-1]:
        found = pcapng.blocks(path.read_bytes())
        if [path] != latest:
            check_complete(found)
    for path in latest:
        found, is_whole = whole_blocks(path.read_bytes())
        result = programs.tshark('-n', '-r', path, '-T', 'fields', '-e', 'frame.number')
        assert len(result.stdout.splitlines()) == len(pcapng.packets(found)), result.stderr
        assert result.returncode == 0 or not is_whole
    numbers = sequences(whole_blocks(path.read_bytes())[0] for path in files)
    assert numbers == sorted(set(numbers))
    return len(files)


def test_killed_at_any_moment(programs, hosts, recorder):
    """While packets come without a break and files are begun all the time."""
    sender, ended = Sender(hosts, size=1000), threading.Event()

    def send():
        while not ended.is_set():
            sender.send(200)
    thread = threading.Thread(target=send)
    thread.start()
    try:
        files = 0
        for attempt in range(40):
            ring = recorder('-b', 'filesize:50', name=f'r{attempt}.pcapng', wait=1 + attempt % 5)
            time.sleep(attempt * 0.0003)
            ring.process.kill()
            ring.process.communicate(timeout=TIMEOUT)
            files += check_killed(programs, ring)
    finally:
        ended.set()
        thread.join()
    assert files >= 120
