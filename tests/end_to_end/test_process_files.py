# What captures with processes leave: files of a recorder, what is beside them, printed packets, and
# what other tools make of the files.
# SPDX-License-Identifier: GPL-2.0-or-later
import collections
import json
import os
import re
import signal
import subprocess
import sys

import pytest

import pcapng
from network import wait_until
from process_capture import CAPABILITIES, comments_of, compares_numbers, has_trace_programs
from programs import TIMEOUT

pytestmark = pytest.mark.skipif(not has_trace_programs(),
                                reason='needs Linux 6.3 with type information, CAP_BPF and CAP_PERFMON')

COUNT = 20
PER_FILE = 15
NAMES = ['ipmon.process.id', 'ipmon.process.thread', 'ipmon.process.name', 'ipmon.process.executable',
         'ipmon.process.user', 'ipmon.process.role', 'ipmon.process.how', 'ipmon.process.certainty',
         'ipmon.process.source']
COUNTED = re.compile(rb'Processes of packets: (\d+) exact, (\d+) listener, (\d+) uncertain, (\d+) kernel, '
                     rb'(\d+) none, (\d+) unknown; 0 reports lost, 0 given up')


def counted(blocks):
    """The packets that the statistics of a file count by the certainty of their process."""
    [statistics] = pcapng.of_type(blocks, pcapng.STATISTICS)
    [comment] = statistics.options[1]
    return [int(number) for number in COUNTED.search(comment).groups()]


def start(processes, *words, information='name'):
    """ipmon as a command, when it captures."""
    process = processes.programs.start([processes.programs.ipmon_path, '-i', 'lo', '--process-information', information,
                                        *words], host=processes.host, capture=CAPABILITIES)
    wait_until(lambda: processes.host.is_capturing() or process.poll() is not None, 'no capture')
    assert process.poll() is None, process.stderr.read()
    return process


def stop(process, status=0):
    process.send_signal(signal.SIGTERM)
    output, error = process.communicate(timeout=TIMEOUT)
    assert process.returncode == status, error
    return output.decode(), error.decode()


@pytest.fixture
def ring(processes, folder):
    """Files of a ring, of PER_FILE packets each, and all their packets as one file."""
    process = start(processes, '-w', folder / 'ring.pcapng', '-b', f'packets:{PER_FILE}')
    processes.work('questions', COUNT)
    stop(process)
    return sorted(folder.iterdir())


def test_each_file_of_a_ring_has_its_own(processes, ring):
    contents = [pcapng.blocks(path.read_bytes()) for path in ring]
    packets = [len(pcapng.of_type(found, pcapng.PACKET)) for found in contents]
    assert packets[:-1] == [PER_FILE] * (len(packets) - 1) and sum(packets) == 2 * COUNT
    assert all(comments_of(found) for found in contents)
    # The last file also counts what was discarded at the end: nothing, here.
    assert [sum(counted(found)) for found in contents] == packets
    assert [counted(found)[0] for found in contents] == packets, 'each sender is exact'


def test_statistics_of_a_ring(processes, ring):
    programs, whole = processes.programs, processes.programs.readable('whole.pcapng')
    for path in ring:
        path.chmod(0o644)
    subprocess.run(['mergecap', '-w', whole, *ring], check=True)
    whole.chmod(0o644)
    rows = collections.Counter()
    for path in (whole, *ring):
        result = programs.tshark('-n', '-r', path, '-q', '-z', 'ipmon_processes,tree')
        assert result.returncode == 0 and b'python3' in result.stdout
        rows[path == whole] += int(re.search(rb'^\s*Packets\s+(\d+)', result.stdout, re.MULTILINE)[1])
    assert rows == {True: 2 * COUNT, False: 2 * COUNT}


def test_a_record_beside_a_pipe(processes):
    """Both have the processes of all packets, and their statistics count them."""
    path = processes.programs.readable('beside.pcapng')
    capture = processes.capture('--record', path)
    reader = capture.read_later()
    processes.work('questions', COUNT)
    capture.signal(signal.SIGTERM)
    shown, status, error = reader()
    assert (status, error) == (0, '')
    recorded = pcapng.blocks(path.read_bytes())
    assert comments_of(recorded) == comments_of(shown) and len(comments_of(shown)) >= 3 * COUNT
    assert counted(recorded) == counted(shown) and counted(shown)[0] == 2 * COUNT


@pytest.mark.parametrize('options', [['--receive-all-mode', '2'], ['--use-pcap'], ['--receive-all-mode', '2', '--json']])
def test_other_ways_to_receive_print_them(processes, options):
    path = processes.programs.readable('printed')
    with path.open('wb') as printed:  # a pipe that nobody reads would have to be waited for
        process = processes.programs.start(
            [processes.programs.ipmon_path, '-i', '127.0.0.1', '--process-information', 'name', '-c', '4', *options,
             'udp'], host=processes.host, capture=CAPABILITIES, stdout=printed)

    def has_ended():  # what is sent before it captures is not seen
        processes.host.run(sys.executable, '-c', SEND)
        return process.poll() is not None

    wait_until(has_ended, 'four packets are not printed')
    assert process.returncode == 0, process.stderr.read()
    lines = path.read_text().splitlines()
    assert len(lines) == 4
    for line in lines:
        assert ('"ipmon.process.name":' if '--json' in options else '; from python3 (pid ') in line, line


SEND = "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))"
FORMS = {'line': [], 'details': ['-V'], 'json': ['--json']}


@pytest.mark.parametrize('form', FORMS)
def test_printed_packets(processes, form):
    """With the options of tcpdump, as they arrive; the values are those of the file beside them."""
    path = processes.programs.readable('printed-beside.pcapng')
    path.unlink(missing_ok=True)
    process = start(processes, '--record', path, *FORMS[form], 'udp', information='command-line')
    processes.host.run(sys.executable, '-c', SEND, 'one\ntwo')
    output, error = stop(process)
    [lines] = comments_of(pcapng.blocks(path.read_bytes()))
    assert 'processes of packets: 1 exact' in error
    title = f"{lines['Name']} (pid {lines['PID']}, root)"
    if form == 'line':
        assert output.endswith(f'; from {title}\n') and output.count('\n') == 1
    elif form == 'details':
        assert f'    Process: {title}\n        Process ID: {lines["PID"]}\n' in output
        assert f'        Command Line: {lines["Args"]}\n' in output and 'one\\x0atwo' in lines['Args']
    else:
        [row] = [json.loads(line) for line in output.splitlines()]
        assert row['ipmon.process.id'] == [int(lines['PID'])] and row['ipmon.process.command_line'] == [lines['Args']]


def changed_by_tools(programs, file):
    """The file as other tools write it again, and how often each packet is in it."""
    def tool(name, *words):
        copy = programs.home / f'changed-{name}.pcapng'
        programs_words = [word if word != 'COPY' else copy for word in words]
        result = programs.run(programs_words)
        assert result.returncode == 0, result.stderr
        return copy

    yield tool('editcap', 'editcap', file, 'COPY'), 1
    yield tool('cut', 'editcap', '-s', '60', file, 'COPY'), 1
    yield tool('saved', 'tshark', '-r', file, '-w', 'COPY'), 1
    yield tool('merged', 'mergecap', '-w', 'COPY', file, file), 2
    yield tool('appended', 'mergecap', '-a', '-w', 'COPY', file, file), 2


def test_other_tools_keep_what_was_captured(processes):
    programs, file = processes.programs, processes.programs.readable('kept.pcapng')
    process = start(processes, '-w', file, information='command-line')
    processes.work('short_connections', COUNT)
    processes.work('named', 1)
    stop(process)
    file.chmod(0o644)
    expected = [str(row) for row in programs.fields(file, [*NAMES, 'ipmon.process.command_line'])]
    assert len(expected) >= 5 * COUNT and all(os.path.realpath(sys.executable) in row for row in expected)
    # After 4.0 tshark writes a \ twice.
    assert any(re.search(r'x(\\\\){1,2}x0aPID: 4242', row) for row in expected)
    for copy, times in changed_by_tools(programs, file):
        found = [str(row) for row in programs.fields(copy, [*NAMES, 'ipmon.process.command_line'])]
        assert collections.Counter(found) == {row: times * count for row, count in collections.Counter(expected).items()}


REUSE = '''
import os, socket, sys
def sender(name):
    with open('/proc/self/comm', 'w') as comm:
        comm.write(name)
    socket.socket(type=socket.SOCK_DGRAM).sendto(name.encode(), ('127.0.0.1', 9))
    os._exit(0)
def child(name):
    process = os.fork()
    if process == 0:
        sender(name)
    os.waitpid(process, 0)
    return process
for _ in range(200):  # others take numbers, too
    first = child('first')
    with open('/proc/sys/kernel/ns_last_pid', 'w') as last:
        last.write(str(first - 1))
    if child('second') == first:
        print(first)
        sys.exit()
sys.exit('no number was used again')
'''


@compares_numbers
def test_a_number_that_is_used_again(processes):
    """The name is that of the process that had the number then."""
    capture = processes.capture()
    reader = capture.read_later()
    result = subprocess.run(['nsenter', f'--net={processes.host.path}', sys.executable, '-c', REUSE],
                            stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT, text=True)
    capture.signal(signal.SIGTERM)
    blocks, status, error = reader()
    assert (status, error) == (0, '') and result.returncode == 0, result.stderr
    found = collections.defaultdict(list)
    for packet in pcapng.of_type(blocks, pcapng.PACKET):
        for lines in comments_of([packet]):
            if 'PID' in lines:
                sent = re.search(b'first|second', packet.body)
                assert sent[0].decode() == lines['Name']
                found[lines['PID']].append(lines['Name'])
    assert ['first', 'second'] in found.values()
