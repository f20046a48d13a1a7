# A task of an engine: it decodes the captures of one list, one after the other.
# SPDX-License-Identifier: GPL-2.0-or-later
import contextlib
import errno
import hashlib
import json
import os
import select
import signal
import stat
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import decoder
from capture_paths import printable
from failure import Failure
from folder import Folder, read_json, read_list, write_json, written
from rows import Packet, action

UNREADABLE, CHANGED, FAILED = 'unreadable', 'changed', 'failed'
FATAL = 255  # the status with which xargs starts no more tasks
AGAIN = 0.1  # seconds until a signal is sent again that perhaps came just before a system call


@dataclass
class Plan:
    """What all tasks of a run have in common."""
    versions: str
    identity: str
    options: decoder.Options
    programs: dict[str, list[int]] = field(default_factory=dict)  # the files that have these versions

    def note_programs(self) -> None:
        """Fails if they have other versions."""
        found, self.programs = decoder.installed()
        if found != self.versions:
            raise Failure(f'{os.uname().nodename} has {found}, and not {self.versions}')

    def check_programs(self) -> None:
        """After each capture: an upgrade in the middle of a run would give its results the name of the old decoder."""
        if not decoder.unchanged(self.programs):
            self.note_programs()

    def write(self, path: Path) -> None:
        self.note_programs()
        write_json(path, {**vars(self), 'options': vars(self.options)})

    @staticmethod
    def read(path: Path) -> 'Plan':
        value = read_json(path, {'versions': str, 'identity': str, 'options': dict, 'programs': dict})
        try:
            return Plan(**{**value, 'options': decoder.Options(**value['options'])})
        except (KeyError, TypeError) as error:
            raise Failure(f"cannot read the plan '{printable(str(path))}'") from error


def status_of(capture: IO[bytes]) -> tuple[int, int]:
    status = os.fstat(capture.fileno())
    return status.st_size, status.st_mtime_ns


def without_waiting(path: str, flags: int) -> int:
    """For open(): a regular file. A pipe that has taken its place meanwhile would wait for a writer."""
    descriptor = os.open(path, flags | os.O_NONBLOCK)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError(errno.EINVAL, 'it is not a regular file any more')


def is_done(path: str, folder: Folder, plan: Plan) -> bool:
    """Slurm starts a task again whose node died."""
    try:
        return folder.up_to_date(path, os.stat(path), plan.identity)
    except OSError:
        return False


class Task:
    def __init__(self, folder: Folder, plan: Plan, errors: IO[bytes]):
        self.folder = folder
        self.plan = plan
        self.errors = errors
        self.engine = os.getppid()

    def write_packets(self, sha256: str, tshark: decoder.Pass) -> None:
        with written(self.folder.result(sha256, 'ndjson')) as documents, \
                written(self.folder.result(sha256, 'rows')) as rows:
            for index, document in tshark.packets():
                packet = Packet(document)
                documents.write(action(index, sha256, packet.frame))
                documents.write(document)
                for row in (*packet.events(), *packet.errors()):
                    rows.write(json.dumps(row).encode() + b'\n')

    def decode(self, sha256: str, capture: IO[bytes]) -> decoder.Outcome:
        """Writes the results of an open capture."""
        tshark = decoder.Pass(self.plan.options, capture, self.errors)
        try:
            self.write_packets(sha256, tshark)
            with written(self.folder.result(sha256, 'statistics')) as statistics:
                return tshark.finish(statistics)
        except (ValueError, KeyError) as error:
            return decoder.failed(f'cannot read what tshark prints: {error}')
        finally:
            tshark.close()

    def complete(self, sha256: str, size: int, found: decoder.Outcome) -> dict[str, Any]:
        """With its summary the capture is done."""
        sizes = {kind: self.folder.result(sha256, kind).stat().st_size
                 for kind in ('ndjson', 'statistics', 'rows')}
        summary = {'decoder': self.plan.identity, 'state': found.state, 'message': found.message, 'size': size,
                   'packets': found.packets, 'bytes': found.bytes, 'sizes': sizes}
        write_json(self.folder.result(sha256, 'json'), summary)
        return summary

    def of_content(self, sha256: str, capture: IO[bytes], before: tuple[int, int]) -> dict[str, Any]:
        """The state of an open file whose content has this hash; decodes it if it is not yet done."""
        if self.folder.done(sha256, self.plan.identity):
            return self.folder.summary(sha256)
        found = self.decode(sha256, capture)
        self.plan.check_programs()
        if status_of(capture) != before:
            return {'state': CHANGED, 'message': 'the file was changed while it was read'}
        if not found.final:
            return {'state': found.state, 'message': found.message}
        return self.complete(sha256, before[0], found)

    def mark_of(self, path: str) -> dict[str, Any]:
        """What is to be known of a file. Its content is named only if that is done."""
        try:
            capture = open(path, 'rb', opener=without_waiting)
        except OSError as error:
            return {'state': UNREADABLE, 'message': error.strerror}
        with capture:
            before = size, time = status_of(capture)
            try:
                sha256 = hashlib.file_digest(capture, 'sha256').hexdigest()
            except OSError as error:
                return {'state': UNREADABLE, 'message': error.strerror}
            state = self.of_content(sha256, capture, before)
            mark = {'size': size, 'time': time, 'state': state['state'], 'message': state['message']}
            return {**mark, 'sha256': sha256} if 'sizes' in state else mark

    def run(self, paths: list[str], progress: IO[bytes]) -> None:
        for path in paths:
            if os.getppid() != self.engine:
                raise Failure('the engine has ended')
            if is_done(path, self.folder, self.plan):
                continue
            mark = self.mark_of(path)
            write_json(self.folder.mark(path), {**mark, 'path': printable(path)})
            with contextlib.suppress(OSError):
                progress.write(f'{mark.get("size", 0)} {mark["state"]}\n'.encode())


def ended(number: int, _: object) -> None:
    """Only once, because what it unwinds ends tshark and removes what is half-written."""
    signal.signal(number, signal.SIG_IGN)
    sys.exit(FATAL)


def end_with(command: int) -> None:
    """
    Ends this task when the command has ended, however it did: none but the command has the other end of this
    pipe. To be called before anything else, because another run perhaps has the folder already.
    """
    def watch() -> None:
        os.read(command, 1)
        while True:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
            time.sleep(AGAIN)

    if select.select([command], [], [], 0)[0]:
        sys.exit(FATAL)
    signal.signal(signal.SIGUSR1, ended)
    threading.Thread(target=watch, daemon=True).start()


def run_task(folder: Folder, number: int, check_versions: bool) -> None:
    """On another machine, `check_versions` makes sure that it has the same programs."""
    with folder.lock('lock.tasks', True):
        plan = Plan.read(folder.plan)
        if check_versions:
            plan.note_programs()
        with tempfile.TemporaryFile() as errors, \
                open(folder.tasks / f'{number}.progress', 'ab', buffering=0) as progress:
            Task(folder, plan, errors).run(read_list(folder.task_list(number)), progress)
