# The engines that run the tasks: GNU parallel or xargs on this machine, Slurm on a cluster. They schedule,
# and Slurm starts again what a dead node was doing. All of them are started in the folder of results, so
# that a task is nothing but a number. Tasks on this machine end with the command, those of Slurm do not.
# SPDX-License-Identifier: GPL-2.0-or-later
import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from capture_paths import printable
from failure import Failure
from folder import Folder, written
from progress import PERIOD, Progress

PROGRAM = [sys.executable, str(Path(__file__).resolve().with_name('ipmon-archive'))]
# Variables that change what a job array and the job after it are, where they are, and of which jobs squeue knows.
SLURM = r'(SBATCH_(ARRAY_INX|CLUSTERS|ERROR|INPUT|WAIT)|SLURM_CLUSTERS|SQUEUE_.*)'
ARRAYS = re.compile(r'^MaxArraySize\s*=\s*(\d+)', re.MULTILINE)
USUAL_ARRAY = 1001  # its default
LINES = 20  # of what tasks have logged
PARALLEL = r'PARALLEL(_SHELL)?'
NO_JOB = 'Invalid job id'  # of squeue, for a job that ended long ago


@dataclass
class Work:
    folder: Folder
    tasks: int
    jobs: int | None  # how many run at a time; None: what the engine takes
    wait: bool
    progress: Progress


def cpus() -> int:
    return len(os.sched_getaffinity(0))


def without(variables: str) -> dict[str, str]:
    """The environment without the variables of this pattern."""
    return {name: value for name, value in os.environ.items() if not re.fullmatch(variables, name)}


def has_parallel() -> bool:
    """GNU parallel; the package moreutils has another program of this name."""
    if not shutil.which('parallel'):
        return False
    version = subprocess.run(['parallel', '--plain', '--version'], env=without(PARALLEL), capture_output=True,
                             stdin=subprocess.DEVNULL, check=False)
    return version.stdout.startswith(b'GNU parallel')


def wait_for(process: 'subprocess.Popen[Any]', progress: Progress) -> int:
    """Shows the progress until a program has ended; its status."""
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            status = process.wait(PERIOD)
            progress.finish()
            return status
        progress.show()


def session(leader: int) -> list[int]:
    """The processes of a session: parallel gives each task a process group of its own."""
    found = []
    for name in filter(str.isdecimal, os.listdir('/proc')):
        with contextlib.suppress(OSError):
            if os.getsid(int(name)) == leader:
                found.append(int(name))
    return found


def end_session(leader: int) -> None:
    """The leader first, so that it starts no more; those started meanwhile are found the next time."""
    for process in [leader, *session(leader), *session(leader)]:
        with contextlib.suppress(OSError):
            os.kill(process, signal.SIGKILL)


@contextlib.contextmanager
def life_line() -> Iterator[int]:
    """A pipe that has its end when this command has ended, also by SIGKILL, or the engine has."""
    reader, writer = os.pipe()
    try:
        yield reader
    finally:
        os.close(writer)
        os.close(reader)


def run_here(work: Work, command: list[str]) -> None:
    """A program that reads the numbers of the tasks. Nothing that it started outlives an interruption."""
    with life_line() as line, \
            subprocess.Popen([*command, *PROGRAM, '--end-with', str(line), '--task'], cwd=work.folder.path,
                             env=without(PARALLEL), stdin=subprocess.PIPE, start_new_session=True,
                             pass_fds=[line]) as engine:
        try:
            assert engine.stdin
            engine.stdin.write(b''.join(b'%d\n' % number for number in range(1, work.tasks + 1)))
            engine.stdin.close()
            status = wait_for(engine, work.progress)
        except BaseException:
            end_session(engine.pid)
            raise
    if status != 0:
        print(f'ipmon-archive: {command[0]} ended with status {status}: not all tasks were done', file=sys.stderr)


def run_parallel(work: Work) -> None:
    run_here(work, ['parallel', '--plain', '--will-cite', '--quote', '--ungroup', '--halt', 'soon,fail=1',
                    f'--jobs={work.jobs or cpus()}'])


def run_xargs(work: Work) -> None:
    run_here(work, ['xargs', f'--max-procs={work.jobs or cpus()}', '--max-args=1'])


def ask_slurm(*words: str) -> 'subprocess.CompletedProcess[str]':
    try:
        return subprocess.run(words, env=without(SLURM), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False)
    except OSError as error:
        raise Failure(f'cannot run {words[0]}: {error.strerror}') from error


def tasks_of_an_array() -> int:
    """How many tasks Slurm takes as a job array: its numbers, which begin with 1, are less than MaxArraySize."""
    found = ARRAYS.search(ask_slurm('scontrol', 'show', 'config').stdout)
    size = int(found[1]) if found else USUAL_ARRAY
    if size < 2:
        raise Failure(f'this cluster has no job arrays: its MaxArraySize is {size}')
    return size - 1


def submit(work: Work, arguments: list[str], task: str) -> 'tuple[subprocess.Popen[bytes], str]':
    """Submits a job; sbatch, which waits with --wait, and the number of the job. sbatch prints its errors."""
    words = ' '.join(map(shlex.quote, PROGRAM))
    script = os.fsencode(f'#!/bin/sh\nexec {words} {task}\n')
    # The variables of sbatch choose where and how long a job runs; but not what this command decides.
    # sbatch itself ends with this command, also by SIGKILL.
    command = ['setpriv', '--pdeathsig', 'KILL', 'sbatch', '--parsable', '--job-name=ipmon-archive', '--ntasks=1',
               '--cpus-per-task=1', '--requeue', '--open-mode=append', *arguments]
    try:
        sbatch = subprocess.Popen(command, cwd=work.folder.path, env=without(SLURM), stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, start_new_session=True)
    except OSError as error:
        raise Failure(f'cannot run setpriv: {error.strerror}') from error
    assert sbatch.stdin and sbatch.stdout
    try:
        with contextlib.suppress(BrokenPipeError):
            sbatch.stdin.write(script)
            sbatch.stdin.close()
        number = number_of(sbatch.stdout.readline())
    except BaseException:
        sbatch.kill()  # which tries for minutes if Slurm takes no more jobs
        cancel(number_of(sbatch.stdout.read()))
        raise
    if not number:
        raise Failure(f'sbatch ended with status {sbatch.wait()}')
    return sbatch, number


def number_of(printed: bytes) -> str:
    """The number of a job, as sbatch prints it; an empty string if it printed none."""
    return printed.decode().strip().split(';')[0]


def cancel(job: str) -> None:
    if job:
        ask_slurm('scancel', job)


def submit_all(work: Work) -> 'tuple[subprocess.Popen[bytes], list[str]]':
    """The job array of the tasks, and the job that makes the report when they have ended, however they did."""
    limit = f'%{work.jobs}' if work.jobs else ''
    sbatch, array = submit(work, [f'--array=1-{work.tasks}{limit}', '--output=tasks/%a.log'],
                           '--check-versions --task "$SLURM_ARRAY_TASK_ID"')
    try:
        write_jobs(work.folder, [array])  # first: this command may be killed while sbatch still runs
        sbatch.wait()
        sbatch, report = submit(work, [f'--dependency=afterany:{array}', '--output=tasks/report.log',
                                       *(['--wait'] if work.wait else [])], '--report')
        write_jobs(work.folder, [array, report])
    except BaseException:
        cancel(array)
        raise
    return sbatch, [array, report]


def write_jobs(folder: Folder, jobs: list[str]) -> None:
    with written(folder.jobs) as file:
        file.write(','.join(jobs).encode())


def queued(jobs: str) -> bool:
    """Whether Slurm still has one of the jobs, separated by commas."""
    result = ask_slurm('squeue', '--noheader', '--all', '--jobs', jobs)
    if result.returncode != 0 and NO_JOB not in result.stderr:
        raise Failure(f'squeue: {result.stderr.strip()}')
    return result.returncode == 0 and bool(result.stdout.strip())


def check_no_jobs(folder: Folder) -> None:
    """Refuses a folder into which jobs of Slurm still decode. The job of the report is the last one."""
    if folder.reported.exists():
        return
    file = printable(str(folder.jobs))
    try:
        jobs = folder.jobs.read_text()
    except FileNotFoundError:
        return
    except (OSError, ValueError):
        jobs = ''
    if not re.fullmatch(r'\d+(,\d+)*', jobs):
        raise Failure(f"'{file}' is damaged: remove it if no job of an earlier run still decodes")
    try:
        still = queued(jobs)
    except Failure as failure:
        raise Failure(f"the jobs {jobs} of an earlier run perhaps still decode: {failure}; if they have ended, remove "
                      f"'{file}'") from failure
    if still:
        raise Failure(f"another run still decodes into it: 'squeue -j {jobs}' shows its jobs, 'scancel "
                      f"{jobs.replace(',', ' ')}' ends them")


def logged(folder: Folder) -> list[str]:
    """What failed tasks said, each line once."""
    return sorted({line for path in folder.tasks.glob('*.log') for line in path.read_text(errors='replace').splitlines()
                   if line.strip()})


def without_log(work: Work) -> int:
    """Tasks of which there is nothing: Slurm makes the log of a task before it starts it."""
    return sum(not (work.folder.tasks / f'{number}.log').exists() for number in range(1, work.tasks + 1))


def say_what_failed(work: Work) -> None:
    """Of the tasks; they do not say it to the user themselves."""
    lines = logged(work.folder)
    for line in lines[:LINES]:
        print(line, file=sys.stderr)
    if len(lines) > LINES:
        print(f"ipmon-archive: {len(lines) - LINES} more lines are in '{printable(str(work.folder.tasks))}'",
              file=sys.stderr)
    if missing := without_log(work):
        print(f"ipmon-archive: {missing} of {work.tasks} tasks did not start: cancelled, or a node cannot write into "
              f"'{printable(str(work.folder.path))}'", file=sys.stderr)


def run_slurm(work: Work) -> None:
    sbatch, jobs = submit_all(work)
    numbers = ' '.join(jobs)
    print(f"ipmon-archive: jobs {numbers} of Slurm: {work.tasks} tasks, then the report; 'scancel {numbers}' ends them",
          file=sys.stderr)
    try:
        status = wait_for(sbatch, work.progress)
    except BaseException:
        sbatch.kill()
        print(f"ipmon-archive: the jobs go on: 'squeue -j {','.join(jobs)}' shows them", file=sys.stderr)
        raise
    if not work.wait:
        return
    say_what_failed(work)
    if not work.folder.reported.exists():  # the status of a job that was cancelled is 0
        raise Failure(f'the job {jobs[1]} has made no report, status {status}: the same command completes it')


ENGINES: dict[str, Callable[[Work], None]] = {'parallel': run_parallel, 'xargs': run_xargs, 'slurm': run_slurm}
