# How far a run is, as a line on a terminal. Each task has a file to which it adds a line for each capture.
# SPDX-License-Identifier: GPL-2.0-or-later
import contextlib
import io
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

PERIOD = 1.0  # seconds between two lines
GIGABYTE = 1e9
COLUMNS = 80  # of a terminal that does not say it
LINE = re.compile(rb'^(\d+) (.+)\n', re.MULTILINE)  # of a task; a full disk may have cut it


class Unread(io.FileIO):
    """Takes everything, also when nobody reads it any more."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data) or len(data)  # a terminal or pipe that is full, and does not wait
        except OSError:
            return len(data)


def ignore_readers() -> None:
    """What is done does not depend on whether its messages are read, as by head(1)."""
    if sys.stderr is not None:
        raw = Unread(sys.stderr.fileno(), 'wb', closefd=False)
        sys.stderr = io.TextIOWrapper(io.BufferedWriter(raw), sys.stderr.encoding, sys.stderr.errors,
                                      line_buffering=True)


def clock(seconds: int) -> str:
    """Hours, also more than a day of them."""
    return f'{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}'


def width() -> int:
    """Of a line that the terminal does not break, which could not be written over."""
    with contextlib.suppress(OSError):
        if columns := os.get_terminal_size(sys.stderr.fileno()).columns:
            return columns - 1
    return COLUMNS - 1


class Progress:
    def __init__(self, tasks: Path, files: int, size: int):
        self.tasks = tasks
        self.files = files
        self.size = size
        self.started = time.monotonic()
        self.shown = sys.stderr is not None and sys.stderr.isatty()

    def done(self) -> tuple[int, int, int]:
        """Captures that are done, their bytes, and how many of them were not decoded to their end."""
        lines = [line for path in self.tasks.glob('*.progress') for line in LINE.findall(path.read_bytes())]
        return len(lines), sum(int(size) for size, _ in lines), sum(state != b'decoded' for _, state in lines)

    def line(self) -> str:
        files, size, faults = self.done()
        text = (f'{files:,} of {self.files:,} files, {size / GIGABYTE:.2f} of {self.size / GIGABYTE:.2f} GB'
                f'{f", {faults:,} not decoded to their end" if faults else ""}')
        if 0 < files < self.files:
            seconds = (time.monotonic() - self.started) * (self.files - files) / files
            text += f', about {clock(int(seconds))} left'
        return text

    def show(self) -> None:
        if self.shown:
            print(f'\r\x1b[K{self.line()[:width()]}', end='', file=sys.stderr, flush=True)

    def finish(self) -> None:
        if self.shown:
            self.show()
            print(file=sys.stderr)
