# The folder of results. It holds all that is known of an archive; a file in it is whole or not there, except after
# a loss of power during a run, when what is short is found by its size and done again:
#   captures/AB/ABCD….ndjson, .statistics, .rows     of the capture whose content has this SHA-256
#   captures/AB/ABCD….json       its summary, written last: with it the capture is done
#   files/AB/ABCD….json          a file that was read, by the SHA-256 of its path
#   ipmon-archive.results        marks it as a folder of results
#   archive.sqlite, report.txt   made of these by ipmon-archive --report
#   tasks/                       the plan of the last run, the lists of its tasks, and their progress
# SPDX-License-Identifier: GPL-2.0-or-later
import contextlib
import errno
import fcntl
import grp
import hashlib
import json
import os
import pwd
import re
import shutil
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from capture_paths import MARKER, is_gone, printable
from failure import Failure

# What the files have, and of which type. A crash of the machine, or another user, may have damaged them.
MARK = {'path': str, 'state': str, 'message': str}
SUMMARY = {'decoder': str, 'state': str, 'message': str, 'size': int, 'packets': int, 'bytes': int, 'sizes': dict}
RESULTS = ('ndjson', 'statistics', 'rows')
HASH = '[0-9a-f]{64}'
NO_HASH = '0' * 64
WAITS = 'another run still decodes into it; wait until it ends'
# What killed tasks, or a killed report, leave.
REMAINS = ('archive.*.new', 'report.txt.*.new', f'{MARKER}.*.new', 'captures/??/*.new', 'files/??/*.new', 'tasks/*.new')
ATTEMPTS = 3  # to create a file: its folder is missing, what a killed task left is in its place
BUSY = (errno.EWOULDBLOCK, errno.EACCES)  # of a lock; the latter on NFS
# Seconds in which locks become free: those of tasks whose command has ended, and those of a node that died, which
# a server of NFS keeps for a time of its own (90 on Linux).
ENDING, LEASE = 10.0, 180.0
PAUSE = 0.1  # seconds between two attempts


def create(path: Path) -> IO[bytes]:
    """A new file, in a folder that perhaps is new, too; through no link of another user."""
    for _ in range(ATTEMPTS):
        try:
            return open(path, 'xb')
        except FileExistsError:
            path.unlink(missing_ok=True)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
    return open(path, 'xb')


@contextlib.contextmanager
def written(path: Path) -> Iterator[IO[bytes]]:
    """A file that gets its name when it is complete; after an exception nothing of it is left."""
    temporary = path.with_name(f'{path.name}.{os.uname().nodename}.{os.getpid()}.new')
    try:
        with create(temporary) as file:
            yield file
        os.replace(temporary, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise Failure(f"cannot write '{printable(str(path))}': {error.strerror}") from error
        raise


def write_json(path: Path, value: Any) -> None:
    with written(path) as file:
        file.write(json.dumps(value, sort_keys=True).encode() + b'\n')


def read_json(path: Path, types: dict[str, type]) -> dict[str, Any]:
    """An empty one if there is none, or if it is damaged: not all of these values are there."""
    try:
        value = json.loads(path.read_bytes())
        json.dumps(value, ensure_ascii=False).encode()  # strings that are no text can be stored nowhere else
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

    def writers(self) -> str:
        """Who else, beside root, may write there; an empty string if nobody may."""
        status = self.path.stat()
        if status.st_mode & stat.S_IWOTH:
            return 'all users'
        found = [] if status.st_uid in (0, os.geteuid()) else [f'the user {user_name(status.st_uid)}']
        if status.st_mode & stat.S_IWGRP and not is_own_group(status.st_gid):
            found.append(f'the group {group_name(status.st_gid)}')
        return ' and '.join(found)

    def refuse_links(self) -> None:
        """Files are made and removed in these folders, and a link of another user may lead anywhere."""
        tops = [self.path / name for name in ('captures', 'files', 'tasks')]
        for path in (*tops, *(path for top in tops if not top.is_symlink() for path in top.glob('??'))):
            if path.is_symlink():
                raise Failure(f"'{printable(str(path))}' is a symbolic link, which is not followed: remove it")

    def prepare(self) -> None:
        """Marks it as a folder of results, so that nobody takes them for captures."""
        self.refuse_links()
        if not (self.path / MARKER).exists():
            with written(self.path / MARKER) as file:
                file.write(b'Results of ipmon-archive(1).\n')

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
        for path in sorted((self.path / 'files').glob('??/*.json')):
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
        self.tasks.mkdir()

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

    def store(self) -> None:
        """
        Returns when all is on the disk. Once for all: to wait for the disk several times for each capture would cost
        more than all else here.
        """
        result = subprocess.run(['sync', '--file-system', self.path], stdin=subprocess.DEVNULL, capture_output=True,
                                text=True, check=False)
        if result.returncode != 0:
            raise Failure(f"cannot store '{printable(str(self.path))}': {result.stderr.strip()}")

    def remove_remains(self) -> None:
        for pattern in REMAINS:
            for path in self.path.glob(pattern):
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
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


def user_name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def group_name(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)


def is_own_group(number: int) -> bool:
    """Whether it is the group of the user alone, which has his name, as where each user has one."""
    user = user_name(os.geteuid())
    try:
        group = grp.getgrgid(number)
    except KeyError:
        return False
    return group.gr_name == user and set(group.gr_mem) <= {user}


def read_list(path: Path) -> list[str]:
    return [os.fsdecode(name) for name in path.read_bytes().split(b'\0') if name]


def write_list(path: Path, paths: list[str]) -> None:
    with written(path) as file:
        file.write(b''.join(os.fsencode(name) + b'\0' for name in paths))
