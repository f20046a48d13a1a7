# How far a run is, as a line on a terminal. Each task has a file to which it adds a line for each capture.
# SPDX-License-Identifier: GPL-2.0-or-later
import sys
import time
from pathlib import Path

PERIOD = 1.0  # seconds between two lines
GIGABYTE = 1e9


class Progress:
    def __init__(self, tasks: Path, files: int, size: int):
        self.tasks = tasks
        self.files = files
        self.size = size
        self.started = time.monotonic()
        self.shown = sys.stderr is not None and sys.stderr.isatty()

    def done(self) -> tuple[int, int, int]:
        """Captures that are done, their bytes, and how many of them were not decoded to their end."""
        lines = [line.split(maxsplit=1) for path in self.tasks.glob('*.progress')
                 for line in path.read_text().splitlines()]
        return len(lines), sum(int(line[0]) for line in lines), sum(line[1] != 'decoded' for line in lines)

    def line(self) -> str:
        files, size, faults = self.done()
        text = (f'{files:,} of {self.files:,} files, {size / GIGABYTE:.2f} of {self.size / GIGABYTE:.2f} GB'
                f'{f", {faults:,} not decoded to their end" if faults else ""}')
        if 0 < files < self.files:
            seconds = (time.monotonic() - self.started) * (self.files - files) / files
            text += f', about {time.strftime("%H:%M:%S", time.gmtime(seconds))} left'
        return text

    def show(self) -> None:
        if self.shown:
            print(f'\r\x1b[K{self.line()}', end='', file=sys.stderr, flush=True)

    def finish(self) -> None:
        if self.shown:
            self.show()
            print(file=sys.stderr)
