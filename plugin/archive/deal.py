# Deals captures to tasks, so that all tasks take about as long.
# SPDX-License-Identifier: GPL-2.0-or-later
import heapq
import os

START = 10 << 20  # the bytes of a capture that tshark decodes in the time that it needs to start
FILES = 16  # of a task, at least: what it costs to start one is divided by this
MOST = 1000  # tasks: the usual limit of Slurm's job arrays (MaxArraySize)


def number_of_tasks(files: int) -> int:
    return min(MOST, -(-files // FILES))


def deal(sizes: dict[str, int], jobs: int, most: int = MOST) -> list[list[str]]:
    """
    Paths and their sizes to lists of paths: each path, largest first, to the task that has the least to do
    so far. At least as many tasks as run at a time, if there are so many files, but not more than `most`.
    """
    count = min(most, max(number_of_tasks(len(sizes)), min(jobs, len(sizes))))
    tasks: list[list[str]] = [[] for _ in range(count)]
    load = [(0, number) for number in range(count)]
    for path in sorted(sizes, key=lambda path: (-sizes[path], os.fsencode(path))):
        least, number = load[0]
        tasks[number].append(path)
        heapq.heapreplace(load, (least + START + sizes[path], number))
    return tasks
