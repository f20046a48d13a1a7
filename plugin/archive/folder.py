# The folder of results. It holds all that is known of an archive; a file in it is whole or not there:
#   captures/AB/ABCD….ndjson, .statistics, .rows     of the capture whose content has this SHA-256
#   captures/AB/ABCD….json       its summary, written last: with it the capture is done
#   files/AB/ABCD….json          a file that was read, by the SHA-256 of its path
#   archive.sqlite, report.txt   made of these by ipmon-archive --report
#   tasks/                       the plan of the last run, the lists of its tasks, and their progress
# SPDX-License-Identifier: GPL-2.0-or-later
import contextlib
import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from capture_paths import is_gone, printable
from failure import Failure

# What the files have, and of which type. A crash of the machine, or another user, may have damaged them.
MARK = {'path': str, 'state': str, 'message': str}
SUMMARY = {'decoder': str, 'state': str, 'message': str, 'size': int, 'packets': int, 'bytes': int, 'sizes': dict}
RESULTS = ('ndjson', 'statistics', 'rows')
HASH = '[0-9a-f]{64}'
NO_HASH = '0' * 64
WAITS = 'another run still decodes into it; wait until it ends'
BUSY = (errno.EWOULDBLOCK, errno.EACCES)  # of a lock; the latter on NFS
# Seconds in which locks become free: those of tasks whose command has ended, and those of a node that died, which
# a server of NFS keeps for a time of its own (90 on Linux).
ENDING, LEASE = 10.0, 180.0
PAUSE = 0.1  # seconds between two attempts


@contextlib.contextmanager
def written(path: Path) -> Iterator[IO[bytes]]:
    """A file that gets its name when it is complete; after an exception nothing of it is left."""
    temporary = path.with_name(f'{path.name}.{os.uname().nodename}.{os.getpid()}.new')
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)
        with open(temporary, 'xb') as file:  # through no link of another user
            yield file
        os.replace(temporary, path)
    except OSError as error:
        raise Failure(f"cannot write '{printable(str(path))}': {error.strerror}") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    with written(path) as file:
        file.write(json.dumps(value, sort_keys=True).encode() + b'\n')


def read_json(path: Path, types: dict[str, type]) -> dict[str, Any]:
    """An empty one if there is none, or if it is damaged: not all of these values are there."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    if isinstance(value, dict) and all(isinstance(value.get(name), kind) for name, kind in types.items()):
        return value
    return {}


def take(file: IO[bytes], operation: int, patience: float) -> None:
    """A lock, for which flock() itself would wait without end."""
    end = time.monotonic() + patience
    while True:
        try:
            return fcntl.flock(file, operation | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in BUSY or time.monotonic() >= end:
                raise
        time.sleep(PAUSE)


class Folder:
    def __init__(self, path: Path):
        self.path = path
        self.tasks = path / 'tasks'
        self.plan = self.tasks / 'plan.json'
        self.jobs = self.tasks / 'jobs'
        self.reported = self.tasks / 'reported'  # the job of Slurm has made the report of this run
        self.database = path / 'archive.sqlite'
        self.report = path / 'report.txt'

    def others_may_write(self) -> bool:
        return bool(self.path.stat().st_mode & stat.S_IWOTH)

    def result(self, sha256: str, kind: str) -> Path:
        return self.path / 'captures' / sha256[:2] / f'{sha256}.{kind}'

    def summary(self, sha256: str) -> dict[str, Any]:
        """An empty one if not all results of the capture are there."""
        summary = read_json(self.result(sha256, 'json'), SUMMARY)
        try:
            whole = all(self.result(sha256, kind).stat().st_size == summary['sizes'][kind] for kind in RESULTS)
        except (OSError, KeyError):
            return {}
        return summary if whole else {}

    def done(self, sha256: str, decoder: str) -> bool:
        """Whether the capture was decoded by this decoder, and all of its results are there."""
        return self.summary(sha256).get('decoder') == decoder

    def mark(self, path: str) -> Path:
        name = hashlib.sha256(os.fsencode(path)).hexdigest()
        return self.path / 'files' / name[:2] / f'{name}.json'

    def up_to_date(self, path: str, status: os.stat_result, decoder: str) -> bool:
        """Whether a file is done that has not changed since; without reading it."""
        mark = self.read_mark(self.mark(path))
        return (mark.get('size'), mark.get('time')) == (status.st_size, status.st_mtime_ns) and \
            self.done(mark.get('sha256', ''), decoder)

    def read_mark(self, path: Path) -> dict[str, Any]:
        """What is known of a file; an empty one if there is none, or if it is damaged."""
        mark = read_json(path, MARK)
        return mark if re.fullmatch(HASH, str(mark.get('sha256', NO_HASH))) else {}

    def marks(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        for path in sorted((self.path / 'files').glob('*/*.json')):
            yield path, self.read_mark(path)

    def task_list(self, number: int) -> Path:
        return self.tasks / f'{number}.files'

    def planned(self) -> Iterator[str]:
        """The paths that the last run has or had to decode."""
        for path in self.tasks.glob('*.files'):
            yield from read_list(path)

    def forget_tasks(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(self.tasks)
        self.tasks.mkdir(parents=True, exist_ok=True)

    def review_marks(self) -> None:
        """
        Forgets files and folders whose content could not be read: what is still wrong will be found again.
        Of the others, notes which are gone, because a job on another machine perhaps makes the report.
        """
        for path, mark in self.marks():
            if 'sha256' not in mark:
                path.unlink(missing_ok=True)
            elif (gone := is_gone(mark['path'])) != mark.get('gone', False):
                write_json(path, {**mark, 'gone': gone})

    def remove_remains(self) -> None:
        """What killed tasks left."""
        for pattern in ('*.new', '*/*/*.new'):
            for path in self.path.glob(pattern):
                path.unlink(missing_ok=True)

    def lock(self, name: str, shared: bool, patience: float = 0) -> IO[bytes]:
        """Held until it is closed, or the process ends, however it does. Waits `patience` seconds for it."""
        path = self.path / name
        try:
            # On NFS a shared lock needs a file that is open for reading, and an exclusive one for writing.
            file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666), 'rb')
        except OSError as error:
            raise Failure(f"cannot open '{printable(str(path))}' for writing: {error.strerror}") from error
        try:
            take(file, fcntl.LOCK_SH if shared else fcntl.LOCK_EX, patience)
        except OSError as error:
            file.close()
            reason = WAITS if error.errno in BUSY else error.strerror
            raise Failure(f"cannot use the folder '{printable(str(self.path))}': {reason}") from error
        return file


def read_list(path: Path) -> list[str]:
    return [os.fsdecode(name) for name in path.read_bytes().split(b'\0') if name]


def write_list(path: Path, paths: list[str]) -> None:
    with written(path) as file:
        file.write(b''.join(os.fsencode(name) + b'\0' for name in paths))
