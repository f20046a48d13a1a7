# Command lines of processes: cut, escaped, titles written over them, of processes older than the capture,
# and in another pid namespace.
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import pcapng
from network import wait_until
from process_capture import comments_of, compares_numbers, has_trace_programs
from programs import TIMEOUT

pytestmark = pytest.mark.skipif(not has_trace_programs(), reason='needs Linux 6.3 with type information, CAP_BPF and CAP_PERFMON')


ARGUMENTS = {
    'short': (['one', 'two\nPID: 1', 'a\\b'], r'one two\x0aPID: 1 a\x5cb'),
    'of 128 KiB': (['x' * 0x1F000], None),
    'none': ([], None),
}


@pytest.mark.parametrize('information', ['name', 'command-line'])
@pytest.mark.parametrize('arguments', ARGUMENTS)
def test_command_lines(processes, arguments, information):
    given, expected = ARGUMENTS[arguments]
    capture = processes.capture(information=information)
    program = "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))"
    processes.host.run(sys.executable, '-c', program, *given)
    capture.signal(signal.SIGTERM)
    blocks, status, error = capture.finish()
    assert (status, error) == (0, '')
    lines = comments_of(blocks)[0]
    assert lines['Cmd'] == os.path.realpath(sys.executable) and lines['UserId'] == '0'
    if information == 'name':
        assert 'Args' not in lines
        return
    assert lines['Args'].startswith(f'{sys.executable} -c {program}')
    if expected:
        assert lines['Args'].endswith(' ' + expected)
    elif given:
        assert lines['Args'].endswith('xxx...') and len(lines['Args']) <= 4096


# Listens, and sends a datagram for each line that it reads. TITLE is written over its arguments and what
# is behind them, its environment, as setproctitle(3) does it.
OLDER = '''
import ctypes, os, socket, sys
if 'TITLE' in os.environ:
    with open('/proc/self/stat') as status:
        start = int(status.read().rsplit(') ', 1)[1].split()[45])
    title = os.environ['TITLE'].encode() + b'\\0'
    ctypes.memmove(start, title, len(title))
listener = socket.create_server(('127.0.0.1', 0))
print(listener.getsockname()[1], flush=True)
for line in sys.stdin:
    socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))
'''


class Older:
    """A process that has a socket before the capture."""

    def __init__(self, host, *words, **environment):
        self.process = subprocess.Popen(
            ['nsenter', f'--net={host.path}', sys.executable, '-S', '-E', '-c', OLDER, *words],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment})
        self.port = int(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.communicate(timeout=TIMEOUT)

    def send(self):
        print(file=self.process.stdin, flush=True)


def connect(host, port):
    host.run(sys.executable, '-c', f"import socket; socket.create_connection(('127.0.0.1', {port}))")


def of_process(blocks, process):
    """What comments say of it: for each way in which its socket is known, its command lines; '': not known."""
    found = {}
    for lines in comments_of(blocks):
        if lines.get('PID') == str(process):
            found.setdefault(lines['How'], set()).add(lines.get('Args', ''))
    return found


TITLE = 'worker: ' + 'serves all that come ' * 30 + 'until the end'
TITLED = {'TITLE': TITLE, **{f'FILLER{number}': 'x' * 100 for number in range(10)}}


@compares_numbers
@pytest.mark.parametrize('words, environment, expected', [
    (['one', 'two\nthree'], {}, r'one two\x0athree'),
    (['x' * 0x1F000], {}, 'xxx...'),
    ([], TITLED, TITLE),
], ids=['short', 'of 128 KiB', 'title'])
def test_a_process_older_than_the_capture(processes, words, environment, expected):
    """Its command line is known when others send to it, and no other one when it sends itself."""
    with Older(processes.host, *words, **environment) as older:
        capture = processes.capture(information='command-line')
        reader = capture.read_later()
        connect(processes.host, older.port)
        older.send()
        wait_until(lambda: processes.host.received('lo') >= 7, 'nothing was sent')
        capture.signal(signal.SIGTERM)
        blocks, status, error = reader()
    assert (status, error) == (0, '')
    found = of_process(blocks, older.process.pid)
    assert found.keys() == {'existing', 'connect'}
    [command_line] = set.union(*found.values())
    assert command_line == TITLE if environment else command_line.endswith(expected)
    assert environment or command_line.startswith(f'{sys.executable} -S -E -c ')


# Runs in a pid namespace of its own. There another process has the number that the first one has outside.
INSIDE = '''
import os, subprocess, sys
older = subprocess.Popen([sys.executable, '-S', '-E', '-c', sys.argv[1], 'older'], stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, text=True)
print(older.stdout.readline(), end='', flush=True)
number = int(input())
with open('/proc/sys/kernel/ns_last_pid', 'w') as last:
    last.write(str(number - 1))
with subprocess.Popen([sys.executable, '-c', 'input()', 'decoy'], stdin=subprocess.PIPE) as decoy:
    print(decoy.pid, flush=True)
    with subprocess.Popen(sys.argv[2:]) as capture:
        input()
        print(file=older.stdin, flush=True)
        older.communicate()
        input()
        capture.terminate()
    decoy.communicate()
'''


def child_of(process):
    [child] = Path(f'/proc/{process}/task/{process}/children').read_text().split()
    return int(child)


@compares_numbers
def test_another_pid_namespace(processes):
    """There /proc has other numbers: the command line is left out until the process sends."""
    host, file = processes.host, processes.programs.readable('inside.pcapng')
    file.unlink(missing_ok=True)
    inside = subprocess.Popen(
        ['nsenter', f'--net={host.path}', 'unshare', '--pid', '--fork', '--mount-proc', '--kill-child', sys.executable,
         '-c', INSIDE, OLDER, processes.programs.ipmon_path, '-i', '127.0.0.1', '--process-information', 'command-line',
         '-w', file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def tell(word=''):
        print(word, file=inside.stdin, flush=True)

    port = int(inside.stdout.readline())
    older = child_of(child_of(inside.pid))
    tell(older)
    assert int(inside.stdout.readline()) == older
    wait_until(host.is_capturing, 'no capture')
    connect(host, port)
    tell()
    wait_until(lambda: host.received('lo') >= 7, 'nothing was sent')
    tell()
    _, error = inside.communicate(timeout=TIMEOUT)
    assert inside.returncode == 0, error
    found = of_process(pcapng.blocks(file.read_bytes()), older)
    assert found.pop('existing') == {''}
    [[command_line]] = found.values()
    assert command_line.endswith(' older')
