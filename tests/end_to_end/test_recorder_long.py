# A recorder that runs for long, in rotations instead of days: memory and descriptors stay as they are, and
# no packet and no file goes astray.
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import re
import shutil
import signal
import socket

import pytest

import pcapng
from network import wait_until
from programs import NOBODY, TIMEOUT

WARM_UP, ROTATIONS, BATCH = 1000, 100_000, 10_000
NUMBERS = 100_000  # of files; 00000 follows 99999
HANG_UPS = 500
KEPT = 7
MEMORY_SLACK = 256  # KiB
NAME = re.compile(r'long_(\d{5})_\d{14}\.pcapng')
LONG = 5 * TIMEOUT


class Recorder:
    """ipmon with ring files of the loopback's UDP."""

    def __init__(self, programs, host, folder, *options):
        self.host, self.folder = host, folder
        self.process = programs.start([programs.ipmon_path, '-i', 'lo', '-w', folder / 'long.pcapng', *options, 'udp'],
                                      host=host, capture=True)
        self.receiver = host.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.receiver.bind(('127.0.0.1', 0))
        self.sent = 0
        wait_until(host.is_capturing, 'no capture')

    def send(self, count):
        """Each datagram is its number. The kernel's buffer holds a batch, should the recorder be late."""
        for _ in range(count):
            self.receiver.sendto(self.sent.to_bytes(4, 'big'), self.receiver.getsockname())
            self.sent += 1

    def numbers(self):
        """Of the files that are there, in ascending order."""
        return sorted(int(NAME.fullmatch(name)[1]) for name in os.listdir(self.folder))

    def await_file(self, count):
        """Until so many files have been begun."""
        wait_until(lambda: count % NUMBERS in self.numbers(), f'no file {count}', LONG)

    def payloads(self):
        """The datagrams in the files, in the order of the files' numbers."""
        found = []
        for path in sorted(self.folder.iterdir(), key=lambda path: int(NAME.fullmatch(path.name)[1])):
            blocks = pcapng.blocks(path.read_bytes())
            assert [block.type for block in blocks[:1]] == [pcapng.SECTION]
            found.append([int.from_bytes(packet.bytes[-4:], 'big') for packet in pcapng.packets(blocks)])
        return found

    def footprint(self):
        """Resident memory in KiB, and the numbers of the descriptors."""
        with open(f'/proc/{self.process.pid}/status') as status:
            resident = int(re.search(r'^VmRSS:\s+(\d+) kB$', status.read(), re.M)[1])
        return resident, sorted(os.listdir(f'/proc/{self.process.pid}/fd'), key=int)

    def stop(self):
        """The account."""
        self.process.send_signal(signal.SIGTERM)
        _, error = self.process.communicate(timeout=TIMEOUT)
        assert self.process.returncode == 0, error
        [account] = [line for line in error.decode().splitlines() if line.startswith('ipmon: received ')]
        return account

    def close(self):
        self.receiver.close()
        self.process.kill()
        self.process.wait()


@pytest.fixture
def record(programs, host):
    folder = programs.readable('long')
    folder.mkdir()
    os.chown(folder, NOBODY, NOBODY)
    started = []

    def start(*options):
        started.append(Recorder(programs, host, folder, *options))
        return started[-1]

    yield start
    for recorder in started:
        recorder.close()
    shutil.rmtree(folder)


def assert_flat(before, after):
    assert after[1] == before[1]
    assert abs(after[0] - before[0]) <= MEMORY_SLACK, (before, after)


def test_100000_rotations(record):
    """A file for each packet. The numbers begin anew on the way."""
    recorder = record('-b', 'packets:1', '-b', f'files:{KEPT}')
    recorder.send(WARM_UP)
    recorder.await_file(WARM_UP)
    before = recorder.footprint()
    for _ in range(ROTATIONS // BATCH):
        recorder.send(BATCH)
        recorder.await_file(recorder.sent)
    assert_flat(before, recorder.footprint())
    account = recorder.stop()
    total = WARM_UP + ROTATIONS
    assert f'received {total} packets: {total} recorded, ' in account and account.endswith(', 0 dropped')
    assert recorder.numbers() == [number % NUMBERS for number in range(total + 1 - KEPT, total + 1)]
    assert recorder.payloads() == [[number] for number in range(total - KEPT, total)]


def test_a_rotation_at_each_hang_up(record):
    """Nothing is removed: every packet is in one file, and they are in their order."""
    recorder = record('-b', 'packets:1000000')
    footprint = None
    for number in range(1, HANG_UPS + 1):
        recorder.send(number % 3)
        recorder.process.send_signal(signal.SIGHUP)
        recorder.await_file(number + 1)
        footprint = footprint or (recorder.footprint() if number == HANG_UPS // 10 else None)
    assert_flat(footprint, recorder.footprint())
    account = recorder.stop()
    assert f'received {recorder.sent} packets: {recorder.sent} recorded, ' in account and account.endswith(', 0 dropped')
    assert recorder.numbers() == [*range(1, HANG_UPS + 2)]
    assert [number for file in recorder.payloads() for number in file] == [*range(recorder.sent)]
