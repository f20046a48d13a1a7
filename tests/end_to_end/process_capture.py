# Captures whose packets have processes, and the workload of programs that they capture.
# SPDX-License-Identifier: GPL-2.0-or-later
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import pcapng
import process_rivals
import process_truth
import process_workload
from capturing import Capture
from process_truth import Truth
from programs import can_find_processes

CAPABILITIES = 'net_raw', 'bpf', 'perfmon'
LOOPBACK = 'ipmon:127.0.0.1'
FIRST_PID_NAMESPACE = 0xEFFFFFFC  # linux/proc_ns.h, PROC_PID_INIT_INO

IS_FIRST = Path('/proc/self/ns/pid').stat().st_ino == FIRST_PID_NAMESPACE

# A process of another namespace finds its number there only where the first one's /proc is mounted.
knows_numbers = pytest.mark.skipif(not IS_FIRST and process_workload.FIRST_PROC == '/proc',
                                   reason='needs the numbers of the first PID namespace, which ipmon reports')
compares_numbers = pytest.mark.skipif(not IS_FIRST, reason='needs the first PID namespace, whose numbers ipmon reports')


def has_trace_programs():
    release = Path('/proc/sys/kernel/osrelease').read_text().split('.')
    return (int(release[0]), int(release[1])) >= (6, 3) and can_find_processes()


class Processes:
    def __init__(self, programs, host):
        self.programs, self.host = programs, host
        self.log = programs.readable('process-truth')
        self.log.unlink(missing_ok=True)

    def capture(self, *options, source=LOOPBACK, information='name'):
        return Capture(self.programs, self.host, source, '--process-information', information, *options,
                       capture=CAPABILITIES)

    def work(self, case, count, address='127.0.0.1', host=None):
        self.log.touch()
        self.log.chmod(0o666)
        result = subprocess.run(['nsenter', f'--net={(host or self.host).path}', sys.executable, '-B',
                                 process_workload.__file__, case, self.log, address, str(count)],
                                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=150)
        assert result.returncode == 0, result.stderr

    def log_file(self):
        self.log.touch()
        return self.log

    def judge(self, case, count, address='127.0.0.1', options=(), source=LOOPBACK):
        """Captures the case and compares; prints the counts."""
        capture = self.capture(*options, source=source)
        reader = capture.read_later()
        self.work(case, count, address)
        capture.signal(signal.SIGTERM)
        blocks, status, error = reader()
        assert (status, error) == (0, '')
        return self.compare(case, blocks)

    def compare(self, case, blocks):
        counts, wrong = process_truth.compare(blocks, Truth(self.log))
        print(case, dict(counts))
        assert not wrong, wrong[:3]
        return counts

    def follow(self, case, address='127.0.0.1', *namespaces, host=None):
        """Captures a case of process_rivals.py, which begins before; returns the blocks."""
        host = host or self.host
        worker = subprocess.Popen(
            ['nsenter', f'--net={host.path}', sys.executable, '-B', process_rivals.__file__, case, self.log_file(),
             address, *namespaces], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert worker.stdout.readline(), worker.communicate()[1]
        self.host = host
        capture = self.capture(source=f'ipmon:{address}')
        reader = capture.read_later()
        _, error = worker.communicate('\n', timeout=150)
        capture.signal(signal.SIGTERM)
        blocks, status, failure = reader()
        assert (worker.returncode, status, failure) == (0, 0, ''), error
        return blocks


def comments_of(blocks):
    return [process_truth.lines_of(comment) for block in blocks if block.type == pcapng.PACKET
            for comment in block.options.get(process_truth.COMMENT, [])]
