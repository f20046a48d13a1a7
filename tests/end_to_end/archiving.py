# What the tests of ipmon-archive share: captures to decode, and the command.
# SPDX-License-Identifier: GPL-2.0-or-later
import contextlib
import gzip
import json
import os
import shutil
import signal
import sqlite3
import subprocess
from pathlib import Path

from scapy.layers.inet import ICMP, IP, TCP, UDP

from capture_files import write_pcap
from dissecting import QUOTE, V4
from programs import NOBODY, TIMEOUT, TOP

WHOLE, FAULTS, INCOMPLETE = 0, 1, 2  # exit statuses
MARKER = 'ipmon-archive.results'
# Of the captures of make_captures(): packets, network events and socket errors by name.
EVENTS = {'ipintr-badsum': 4, 'icmp_error-start': 2}
ERRORS = {'ECONNREFUSED': 2}


def packets(number):
    """Traffic in which nothing is wrong, different for each number."""
    return [IP(**V4, id=number) / UDP(sport=4000, dport=5000) / bytes([number % 256]) for _ in range(3)]


def make_captures(folder):
    """Captures with known events and errors, under difficult names and compressed."""
    refused = [IP(src='10.9.0.2', dst='10.9.0.3'), UDP(sport=1, dport=2)]
    wrong = IP(**V4, chksum=1) / UDP(sport=4000, dport=5000)
    folder.mkdir()
    write_pcap(folder / 'quiet', packets(1))
    write_pcap(folder / 'wrong "checksums"\nof two\' lines', [wrong, wrong])
    write_pcap(folder / '-refused', [refused[0] / refused[1], IP(src='10.9.0.3', dst='10.9.0.2') / ICMP(
        type=3, code=3) / QUOTE])
    shutil.copy(folder / '-refused', folder / os.fsdecode(b'\xff\xfe twice'))
    write_pcap(folder / 'plain', [*packets(2), wrong, wrong,
                                  IP(src='10.9.0.3', dst='10.9.0.2') / ICMP(type=3, code=3) / QUOTE])
    (folder / 'compressed $HOME').write_bytes(gzip.compress((folder / 'plain').read_bytes(), mtime=0))
    (folder / 'plain').unlink()
    for program in ('zstd', 'lz4'):
        write_pcap(folder / program, packets(3 if program == 'zstd' else 4) + [IP(**V4) / TCP()])
        packed = subprocess.run([program, '-q', '-c', folder / program], stdout=subprocess.PIPE, check=True).stdout
        (folder / program).unlink()
        (folder / f'{program}.packed').write_bytes(packed)
    (folder / 'link').symlink_to('quiet')
    (folder / 'around').symlink_to('.')
    return folder


class Archive:
    """ipmon-archive, run as an ordinary user."""

    def __init__(self, programs, work):
        self.programs = programs
        self.work = work
        self.program = programs.stage / 'archive' / 'ipmon-archive'
        if not self.program.exists():
            shutil.copytree(TOP / 'plugin' / 'archive', self.program.parent,
                            ignore=shutil.ignore_patterns('__pycache__'))
            for path in (self.program.parent, *self.program.parent.iterdir()):
                path.chmod(0o755)
        self.environment = programs.environment()

    def words(self, *arguments):
        return ['/usr/bin/python3', self.program, *arguments]

    def start(self, *arguments, folder=None, **options):
        return subprocess.Popen(self.programs.command(self.words(*arguments)), env=self.environment,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                cwd=folder or self.work, text=True, **options)

    def run(self, *arguments, status=WHOLE, folder=None):
        """What it prints."""
        process = self.start(*arguments, folder=folder)
        output, errors = process.communicate(timeout=5 * TIMEOUT)
        assert process.returncode == status, output + errors
        assert 'Traceback' not in errors, errors
        return output + errors


def give(*paths):
    """Lets the ordinary user read and change what root has made."""
    for path in paths:
        subprocess.run(['chown', '-R', f'{NOBODY}:{NOBODY}', path], check=True)


def family(pid):
    """A process and all that descend from it."""
    found = [pid]
    for parent in found:  # grows while it is walked
        with contextlib.suppress(FileNotFoundError):
            for thread in Path(f'/proc/{parent}/task').iterdir():
                found += [int(child) for child in (thread / 'children').read_text().split()]
    return found


def kill(pids):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def ask(into, question):
    with contextlib.closing(sqlite3.connect(f'file:{into}/archive.sqlite?mode=ro', uri=True)) as database:
        return database.execute(question).fetchall()


def documents(into):
    """The NDJSON of all captures, sorted: pairs of action and document."""
    found = []
    for path in sorted(Path(into, 'captures').glob('*/*.ndjson')):
        lines = [strict(line) for line in path.read_text().splitlines()]
        found += zip(lines[::2], lines[1::2], strict=True)
    return found


def strict(line):
    """As OpenSearch reads JSON: an object with a name twice is refused."""
    def unique(pairs):
        names = [name for name, _ in pairs]
        assert len(names) == len(set(names)), names
        return dict(pairs)
    return json.loads(line, object_pairs_hook=unique)


def content(into):
    """All results, by their paths below the folder; tasks and locks are not results."""
    return {path.relative_to(into): path.read_bytes() for path in sorted(Path(into).rglob('*'))
            if path.is_file() and path.relative_to(into).parts[0] not in ('tasks', 'lock', 'lock.tasks')}
