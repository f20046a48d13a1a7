# What the tests of the recorder share: ipmon writing ring files, their contents, its account, and
# packets that carry a number of 32 bits.
# SPDX-License-Identifier: GPL-2.0-or-later
import contextlib
import os
import re
import signal
import struct
import subprocess

from scapy.layers.inet import IP, UDP
from scapy.packet import Raw

import pcapng
from capturing import SOURCE, frame
from network import LIFETIME, Pair, wait_until
from programs import NOBODY, TIMEOUT

NAME = re.compile(rb'(.*)_(\d{5})_(\d{14})(\.pcapng)?', re.DOTALL)
COUNTS = {'recorded', 'not recorded', 'discarded while paused', 'discarded at the end', 'dropped',
          'shown', 'not shown'}
SEQUENCE = 28  # offset in an IP packet: behind the headers of IP and UDP
ETHERNET_LENGTH = 14
RECEIVED, DROPPED, OS_DROPPED, DELIVERED, COMMENT = 4, 5, 7, 8, 1  # of a statistics block
INTERFACE_NAME, INTERFACE_DESCRIPTION = 2, 3


class Disk:
    """A tmpfs in a mount namespace of its own, which ends with it. Folder `folder` is nobody's."""

    def __init__(self, programs, options):
        self.mount = programs.readable('disk')
        self.mount.mkdir(exist_ok=True)
        self.holder = subprocess.Popen(
            ['unshare', '--mount', '--propagation', 'private', 'sh', '-c',
             f'mount -t tmpfs -o mode=755,{options} none "$0" && mkdir "$0/folder" && '
             f'chown {NOBODY} "$0/folder" && exec sleep {LIFETIME}', self.mount])
        self.root = f'/proc/{self.holder.pid}/root'
        self.inside = type(self.mount)(self.root + str(self.mount))
        self.folder = self.inside / 'folder'  # as the test sees it
        wait_until(lambda: self.holder.poll() is not None or
                   (self.folder.is_dir() and self.folder.stat().st_uid == NOBODY), 'no tmpfs')
        self.prefix = ['nsenter', f'--mount=/proc/{self.holder.pid}/ns/mnt', '--']

    def run(self, *command):
        subprocess.run([*self.prefix, *command], check=True, timeout=TIMEOUT)

    def close(self):
        self.holder.kill()
        self.holder.wait()


class Account:
    """The account that ipmon prints at its end."""

    def __init__(self, text, log=''):
        """log: has the number of files, if there is one."""
        self.text = text
        [line] = re.findall(r'^ipmon: received (\d+) packets: (.*)$', text, re.MULTILINE)
        self.received = int(line[0])
        self.counts = dict.fromkeys(COUNTS, 0)
        for count, what in re.findall(r'(\d+) ([a-z ]+)', line[1]):
            assert what in COUNTS, text
            self.counts[what] = int(count)
        assert self.received == sum(self.counts[what] for what in COUNTS - {'shown', 'not shown'}), text
        found = re.search(r'(\d+) files?, the last is .*?(?:; (\d+) removed)?$', log or text, re.MULTILINE)
        self.files, self.removed = (int(number or 0) for number in found.groups()) if found else (1, 0)

    def __getitem__(self, what):
        return self.counts[what]


class Recorder:
    """ipmon writing ring files NAME_00001_..., or the file NAME, into a folder."""

    def __init__(self, programs, host, *options, source=Pair.FAR, name='record.pcapng', disk=None,
                 folder=None, prepare=(), option='-w', wait=1, log=None, **more):
        """wait: for so many files with this name; log: a file that it writes."""
        self.programs = programs
        self.is_ring = '-b' in options
        self.log = log
        self.disk = disk
        self.folder = disk.folder if disk else folder or programs.readable('records')
        if not disk and not folder:
            self.folder.mkdir(exist_ok=True)
            self.folder.chmod(0o777)
        self.name = name if isinstance(name, bytes) else name.encode()
        path = bytes(disk.mount / 'folder' if disk else self.folder) + b'/' + self.name
        words = [*(disk.prefix if disk else ()),
                 *programs.command([*prepare, programs.ipmon_path, '-i', source, option, path, *options,
                                    *(['--log-file', log.path] if log else ())],
                                   host, capture=True)]
        self.process = subprocess.Popen(
            words, env=programs.environment(), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
            **{'stdout': subprocess.DEVNULL, **more})
        if wait:
            self.wait_for_files(wait)

    def files(self):
        """In the order of their numbers, for series that do not wrap."""
        if not self.is_ring:
            path = self.folder / os.fsdecode(self.name)
            return [path] if path.exists() else []
        stem = self.name.removesuffix(b'.pcapng')
        found = []
        for path in self.folder.iterdir():
            match = NAME.fullmatch(bytes(path.relative_to(self.folder)))
            if match and match[1] == stem:
                found.append((int(match[2]), match[3], path))
        return [path for *_, path in sorted(found)]

    def contents(self):
        return [pcapng.blocks(path.read_bytes()) for path in self.files()]

    def wait_for_files(self, count):
        """Until there are so many, of which the last has begun."""
        def begun():
            with contextlib.suppress(FileNotFoundError):  # removed meanwhile
                files = self.files()
                return len(files) >= count and files[-1].stat().st_size > 0
            return False
        wait_until(lambda: begun() or self.process.poll() is not None, f'there never were {count} files')
        assert self.process.poll() is None, self.process.stderr.read()

    def wait_for_next(self, before):
        """Until a file is begun that is not among those of before."""
        wait_until(lambda: self.files()[-1] not in before and self.files()[-1].stat().st_size > 0,
                   'no next file')

    def wait_for(self, condition, what):
        """Until the condition holds for the numbers of the packets in the files."""
        def holds():
            try:
                return condition(sequences(self.contents()))
            except (AssertionError, struct.error, FileNotFoundError):
                return False  # a block is being written, or a file was removed
        wait_until(holds, what)

    def wait_for_packets(self, count):
        self.wait_for(lambda found: len(found) >= count, f'there never were {count} packets')

    def next(self):
        """By SIGHUP, which leaves the file before complete."""
        before = self.files()
        self.process.send_signal(signal.SIGHUP)
        self.wait_for_next(before)

    def end(self):
        """When it ends by itself. Returns its exit status and account."""
        _, error = self.process.communicate(timeout=TIMEOUT)
        self.error = error.decode()
        return self.process.returncode, Account(self.error, self.log.text() if self.log else '')

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.end()


    def check_capinfos(self):
        """As the owner of the files."""
        place = self.disk.mount / 'folder' if self.disk else self.folder
        result = subprocess.run(
            [*(self.disk.prefix if self.disk else ()),
             *self.programs.command(['capinfos', *(bytes(place) + b'/' + bytes(path.relative_to(self.folder))
                                                   for path in self.files())])],
            env=self.programs.environment(), capture_output=True, timeout=TIMEOUT)
        assert result.returncode == 0 and not result.stderr, result.stderr


class Sender:
    """Sends packets that carry a number, from 0, as fast as it can; from a source nobody answers."""

    def __init__(self, hosts, size=80):
        self.hosts = hosts
        self.wire = hosts.near.wire('near0')
        self.count = 0
        self.frame = bytearray(frame(IP(src=SOURCE, dst=Pair.FAR) / UDP(sport=1, dport=9, chksum=0) /
                                     Raw(bytes(size - SEQUENCE))))

    def send(self, count):
        """Returns the number of the last one when all have arrived."""
        before = self.hosts.far.received('far0')
        for number in range(self.count, self.count + count):
            struct.pack_into('>I', self.frame, ETHERNET_LENGTH + SEQUENCE, number)
            self.wire.send(self.frame)
        self.count += count
        wait_until(lambda: self.hosts.far.received('far0') >= before + count, 'frames did not arrive')
        return self.count - 1


def sequence(packet):
    start = 0 if packet.bytes[0] >> 4 == 4 else ETHERNET_LENGTH  # as libpcap's packets have it
    return struct.unpack_from('>I', packet.bytes, start + SEQUENCE)[0]


def sequences(files):
    """Of all packets in the contents of files, in their order."""
    return [sequence(packet) for found in files for packet in pcapng.packets(found)]


def statistics(files, code):
    """Sum of a count over the statistics blocks of files."""
    return sum(block.number(code) for found in files
               for block in pcapng.of_type(found, pcapng.STATISTICS))


def check_account(account, files):
    """The files hold what the account says, and their statistics say the same."""
    assert len(sequences(files)) == account['recorded'], account.text
    assert statistics(files, RECEIVED) == account.received, account.text
    assert statistics(files, DELIVERED) == account['recorded']
    assert statistics(files, DROPPED) == statistics(files, OS_DROPPED) == account['dropped']
    assert len(files) == account.files - account.removed


def check_complete(found):
    """A section first, a statistics block for each interface at the end, nothing behind them."""
    types = [block.type for block in found]
    assert types[0] == pcapng.SECTION and types.count(pcapng.SECTION) == 1
    described = types.count(pcapng.INTERFACE)
    assert types.count(pcapng.STATISTICS) == described
    assert described == 0 or types[-described:] == [pcapng.STATISTICS] * described
    assert sorted(int.from_bytes(block.body[:4], 'little') for block in pcapng.of_type(found, pcapng.STATISTICS)) == \
        [*range(described)]
