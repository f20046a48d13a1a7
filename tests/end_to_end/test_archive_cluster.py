# ipmon-archive on a cluster: Slurm's own daemons, and a node that dies.
# SPDX-License-Identifier: GPL-2.0-or-later
import re
import shutil
from pathlib import Path

import pytest

from archiving import ERRORS, INCOMPLETE, Archive, ask, content, give, make_captures, packets
from capture_files import write_pcap
from cluster import Cluster
from network import wait_until
from programs import TIMEOUT

MANY = 40  # captures: three tasks, which are all that a job array may have there


@pytest.fixture(scope='module')
def cluster():
    one = Cluster()
    yield one
    one.close()


@pytest.fixture
def archive(programs, folder, cluster):
    made = Archive(programs, folder)
    made.environment['SLURM_CONF'] = str(cluster.configuration)
    return made


@pytest.fixture
def captures(archive):
    made = make_captures(archive.work / 'captures')
    for number in range(MANY):
        write_pcap(made / f'capture {number}', packets(100 + number))
    give(made)
    return made


def test_a_node_dies_and_the_archive_is_the_same(archive, captures, cluster):
    """Slurm starts its tasks again, which omit what they had done. Byte for byte as without Slurm."""
    process = archive.start(captures, '--into', 'out', '--engine', 'slurm', '-j', '40')
    into = archive.work / 'out'
    wait_until(lambda: len(list(into.glob('files/*/*.json'))) >= 3, 'nothing is decoded', TIMEOUT)
    said = archive.run(captures, '--into', 'out', status=INCOMPLETE)
    assert 'another run still decodes into it' in said
    cluster.kill_node()
    done = set(into.glob('files/*/*.json'))
    assert len(done) < MANY
    cluster.revive()
    _, errors = process.communicate(timeout=5 * TIMEOUT)
    assert process.returncode == 0, errors
    assert re.search(r"jobs (\d+) (\d+) of Slurm: 3 tasks, then the report; 'scancel \1 \2' ends them", errors)
    assert dict(ask(into, 'SELECT name, count(*) FROM error GROUP BY name')) == ERRORS
    archive.run(captures, '--into', 'local')
    one, two = content(into), content(archive.work / 'local')
    assert len(one) > 5 * MANY and one == two


def test_jobs_that_nobody_waits_for(archive, captures, cluster):
    """Their folder is theirs until they end; a task on a machine with other versions fails in words."""
    into = archive.work / 'out'
    cluster.drain()
    archive.environment |= {'SBATCH_ARRAY_INX': '5-6', 'SBATCH_WAIT': '1', 'SQUEUE_STATES': 'COMPLETED'}
    archive.run(captures / 'quiet', '--into', 'out', '--engine', 'slurm', '--no-wait')
    said = archive.run(captures / 'quiet', '--into', 'out', status=INCOMPLETE)
    assert re.search(r"another run still decodes into it: 'squeue -j (\d+),(\d+)' shows its jobs, "
                     r"'scancel \1 \2' ends them", said)
    plan = into / 'tasks' / 'plan.json'
    plan.write_text(plan.read_text().replace('"versions": "ipmon ', '"versions": "ipmon 9.'))
    cluster.resume()
    wait_until((into / 'report.txt').exists, 'there is no report', TIMEOUT)
    assert ' has ipmon ' in (into / 'tasks' / '1.log').read_text()
    assert re.search('not decoded +1', (into / 'report.txt').read_text())
    wait_until(lambda: not cluster.ask('squeue', '--noheader'), 'jobs do not end', TIMEOUT)
    archive.run(captures / 'quiet', '--into', 'out')
    assert [Path(path).name for [path] in ask(into, "SELECT path FROM file WHERE state = 'decoded'")] == ['quiet']


def submitted(into):
    """The numbers of the jobs of a run, when it has submitted them."""
    file = into / 'tasks' / 'jobs'
    wait_until(lambda: file.exists() and ',' in file.read_text(), 'there are no jobs', TIMEOUT)
    return file.read_text().split(',')


def test_jobs_that_are_cancelled_and_a_command_that_is_killed(archive, captures, cluster):
    into = archive.work / 'out'
    cluster.drain()
    command = captures / 'quiet', '--into', 'out', '--engine', 'slurm', '--tasks', '1'
    process = archive.start(*command)
    jobs = submitted(into)
    cluster.ask('scancel', *jobs)
    _, errors = process.communicate(timeout=TIMEOUT)
    assert process.returncode == INCOMPLETE and f'the job {jobs[1]} has made no report' in errors
    assert '1 of 1 tasks did not start' in errors
    process = archive.start(*command)
    wait_until(lambda: submitted(into) != jobs, 'no jobs are submitted', TIMEOUT)
    process.kill()
    process.communicate(timeout=TIMEOUT)
    cluster.resume()
    wait_until((into / 'report.txt').exists, 'the jobs ended with the command', TIMEOUT)
    assert ask(into, 'SELECT state FROM file') == [('decoded',)]


def replace_sbatch(archive, commands):
    """By a script that the command finds first."""
    script = archive.work / 'sbatch'
    script.write_text(f'#!/bin/sh\n{commands}')
    script.chmod(0o755)
    archive.environment['PATH'] = f'{archive.work}:/usr/bin:/bin'


def test_a_command_that_is_killed_while_it_submits(archive, captures, cluster):
    """Its job array is known, although sbatch had not ended."""
    cluster.drain()
    replace_sbatch(archive, f'{shutil.which("sbatch")} "$@"\nkill -STOP $$\n')
    command = captures / 'quiet', '--into', 'out', '--engine', 'slurm', '--tasks', '1'
    process = archive.start(*command)
    file = archive.work / 'out' / 'tasks' / 'jobs'
    try:
        wait_until(file.exists, 'the job array is not known', TIMEOUT)
    finally:
        process.kill()
        process.communicate(timeout=TIMEOUT)
    archive.environment['PATH'] = '/usr/bin:/bin'
    said = archive.run(*command, status=INCOMPLETE)
    assert f"another run still decodes into it: 'squeue -j {file.read_text()}'" in said
    cluster.ask('scancel', file.read_text())
    cluster.resume()
    wait_until(lambda: not cluster.jobs(), 'jobs do not end', TIMEOUT)


def test_a_submission_that_fails_leaves_no_job(archive, captures, cluster):
    """The job array is there already when the job after it is refused."""
    cluster.drain()
    replace_sbatch(archive, f'case "$*" in *dependency*) exit 3;; esac\nexec {shutil.which("sbatch")} "$@"\n')
    said = archive.run(captures / 'quiet', '--into', 'out', '--engine', 'slurm', status=INCOMPLETE)
    assert 'sbatch ended with status 3' in said
    assert (archive.work / 'out' / 'tasks' / 'jobs').read_text().isdecimal()
    assert not cluster.jobs()
    archive.environment['SBATCH_PARTITION'] = 'none'
    assert 'sbatch: error: ' in archive.run(captures / 'quiet', '--into', 'two', '--engine', 'slurm', status=INCOMPLETE)
    cluster.resume()
