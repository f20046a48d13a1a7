# A recorder creates files as long as it runs, and still holds no privilege: it can do so in the
# folder that it was given, if that is writable for who it is without capabilities.
# SPDX-License-Identifier: GPL-2.0-or-later
import ctypes
import errno
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from scapy.layers.inet import IP, UDP

import pcapng
from capturing import SOURCE, Capture, frame, send_all
from network import Pair, wait_until
from programs import NOBODY, TIMEOUT, run_as

LIVE = [[], ['--receive-all-mode', '0'], ['--receive-all-mode', '2'], ['--receive-all-mode', '3'], ['--use-pcap']]
OWN_SETS = ('CapInh', 'CapPrm', 'CapEff', 'CapAmb')  # root's bounding set is emptied, too
ANOTHER = 4343  # a user
COUNT = 5  # packets, of which each file takes two
RING = 'packets:2'
CREATE_RULESET, VERSION_FLAG = 444, 1  # landlock_create_ruleset(2)


def status_of(pid):
    text = Path(f'/proc/{pid}/status').read_text()
    return {name: int(value, 16) for name, value in re.findall(r'^(Cap\w+|NoNewPrivs|Seccomp\w*):\s*(\w+)$', text, re.M)}


def confined(process, filters=1):
    """What the process holds, as soon as it has so many filters of system calls."""
    def entered():
        assert process.poll() is None, process.communicate()
        return status_of(process.pid)['Seccomp_filters'] >= filters

    wait_until(entered, 'the sandbox is not entered')
    return status_of(process.pid)


def has_landlock():
    return ctypes.CDLL(None).syscall(CREATE_RULESET, None, ctypes.c_size_t(0), VERSION_FLAG) > 0


@pytest.fixture
def folder(programs, request):
    """Makes a folder that only its owner can use."""
    path = programs.readable(re.sub(r'\W', '_', request.node.name))

    def make(owner):
        path.mkdir()
        os.chown(path, owner, owner)
        path.chmod(0o700)
        return path
    return make


def recorder(folder, *options):
    """The arguments of a recorder of ring files alone."""
    return ['-i', f'ipmon:{Pair.FAR}', '-w', folder / 'ring.pcapng', '-b', RING, *options]


def tee(folder, *options):
    """Of one beside standard output."""
    return ['-i', f'ipmon:{Pair.FAR}', '-w', '-', '--record', folder / 'ring.pcapng', '-b', RING, *options]


def as_root(programs, hosts, arguments):
    return subprocess.Popen(['nsenter', f'--net={hosts.far.path}', programs.ipmon_path, *arguments],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def as_nobody(programs, hosts, arguments):
    return programs.start([programs.ipmon_path, *arguments], host=hosts.far, capture=True)


def payloads(files):
    """Of the packets, in the order of the files; each file must be whole."""
    return [packet.bytes[-1:] for file in files for packet in pcapng.packets(pcapng.blocks(file.read_bytes()))]


def send_packets(hosts):
    send_all(hosts.near.wire('near0'), [frame(IP(src=SOURCE, dst=Pair.FAR) / UDP() / bytes([number]))
                                        for number in range(COUNT)])


def check_ring(hosts, process, folder, owner):
    """The process, which is in the sandbox, records packets into three files and ends."""
    send_packets(hosts)
    wait_until(lambda: len(list(folder.iterdir())) == 3, 'no third file')
    process.send_signal(signal.SIGTERM)
    output, error = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0, error
    files = sorted(folder.iterdir())
    assert [re.sub(r'_\d{14}\.', '.', file.name) for file in files] == [f'ring_0000{n}.pcapng' for n in (1, 2, 3)]
    assert payloads(files) == [bytes([number]) for number in range(COUNT)]
    for file in files:
        assert (file.stat().st_uid, file.stat().st_mode & 0o7777) == (owner, 0o600)
    return output, error.decode()


def check_refused(process, folder):
    """In one line that names the folder or the file in it; nothing is created."""
    output, error = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 1 and output == b''
    [line] = error.decode().splitlines()
    assert line.startswith('ipmon: error 10013: ') and line.endswith(' (EACCES)') and str(folder) in line
    assert not list(folder.iterdir())


@pytest.mark.parametrize('options', LIVE)
def test_no_capability_is_left_to_a_recorder(programs, hosts, folder, options):
    place = folder(NOBODY)
    process = as_nobody(programs, hosts, recorder(place, *options))
    held = confined(process)
    assert [held[name] for name in OWN_SETS] == [0] * 4
    assert (held['NoNewPrivs'], held['Seccomp']) == (1, 2)
    check_ring(hosts, process, place, NOBODY)


@pytest.mark.parametrize('options', LIVE)
def test_no_capability_is_left_to_a_tee(programs, hosts, folder, options):
    """Started by Wireshark, which would show any message as an error."""
    place = folder(NOBODY)
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--record', place / 'ring.pcapng', '--ring-buffer',
                      RING, *options)
    held = confined(capture.process)
    assert [held[name] for name in OWN_SETS] == [0] * 4
    assert (held['NoNewPrivs'], held['Seccomp']) == (1, 2)
    send_packets(hosts)
    wait_until(lambda: len(list(place.iterdir())) == 3, 'no third file')
    capture.signal(signal.SIGTERM)
    shown, status, error = capture.finish()
    assert (status, error) == (0, '')
    assert payloads(sorted(place.iterdir())) == [packet.bytes[-1:] for packet in pcapng.packets(shown)]
    assert len(pcapng.packets(shown)) == COUNT


@pytest.mark.parametrize('form', [recorder, tee])
def test_root_records_without_capabilities(programs, hosts, folder, form):
    place = folder(0)
    process = as_root(programs, hosts, form(place))
    held = confined(process)
    assert [held[name] for name in (*OWN_SETS, 'CapBnd')] == [0] * 5
    assert (held['NoNewPrivs'], held['Seccomp']) == (1, 2)
    check_ring(hosts, process, place, 0)


@pytest.mark.parametrize('form', [recorder, tee])
def test_root_does_not_record_into_the_folder_of_another(programs, hosts, folder, form):
    """Its first file would work, the second one not."""
    place = folder(ANOTHER)
    check_refused(as_root(programs, hosts, form(place)), place)


def test_root_does_not_record_into_a_folder_that_it_may_only_read(programs, hosts, folder):
    place = folder(0)
    place.chmod(0o500)
    check_refused(as_root(programs, hosts, recorder(place)), place)


@pytest.mark.parametrize('form', [recorder, tee])
def test_an_ordinary_user_records_into_no_folder_of_others(programs, hosts, folder, form):
    place = folder(ANOTHER)
    check_refused(as_nobody(programs, hosts, form(place)), place)


def test_the_capability_of_a_file_opens_no_folder_of_others(hosts, folder, file_capability):
    program, group = file_capability
    place = folder(ANOTHER)
    refused = run_as(group, program, *recorder(place), host=hosts.far)
    assert (refused.returncode, refused.stdout) == (1, b'')
    assert refused.stderr.count(b'\n') == 1 and b'EACCES' in refused.stderr
    assert not list(place.iterdir())
    os.chown(place, NOBODY, NOBODY)
    recorded = run_as(group, program, *recorder(place, '-a', 'duration:1'), host=hosts.far)
    assert recorded.returncode == 0, recorded.stderr
    [file] = place.iterdir()
    assert pcapng.blocks(file.read_bytes())[0].type == pcapng.SECTION and file.stat().st_uid == NOBODY


@pytest.fixture
def without_landlock(programs):
    """Words before a command, which is then run as on a kernel that answers so."""
    program = programs.readable('without_landlock')
    subprocess.run(['gcc', '-o', program, Path(__file__).with_name('without_landlock.c')], check=True)
    return lambda number: [program, str(number)]


def landlock_lines(log):
    return [line for line in log.read_text().splitlines() if 'Landlock' in line]


@pytest.mark.parametrize('number', [errno.ENOSYS, errno.EOPNOTSUPP])
@pytest.mark.parametrize('options', [[], ['--use-pcap']])
def test_without_landlock_the_log_says_so(programs, hosts, folder, without_landlock, number, options):
    place = folder(NOBODY)
    log = programs.readable('without-landlock.log')
    log.unlink(missing_ok=True)
    command = programs.command([programs.ipmon_path, *recorder(place, '--log-file', log, *options)],
                               host=hosts.far, capture=True)
    process = subprocess.Popen([*without_landlock(number), *command], env=programs.environment(), cwd=programs.stage,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    confined(process, filters=2)
    check_ring(hosts, process, place, NOBODY)
    [line] = landlock_lines(log)
    assert ' warning: no Landlock (' + os.strerror(number) + '): ' in line


def test_with_landlock_the_log_says_nothing(programs, hosts, folder):
    if not has_landlock():
        pytest.skip('this kernel has no Landlock')
    place = folder(NOBODY)
    log = programs.readable('with-landlock.log')
    process = as_nobody(programs, hosts, recorder(place, '--log-file', log))
    confined(process)
    check_ring(hosts, process, place, NOBODY)
    assert log.stat().st_size > 0 and not landlock_lines(log)


def test_a_capture_without_ring_files_needs_no_landlock(programs, hosts, without_landlock):
    log = programs.readable('no-ring.log')
    log.unlink(missing_ok=True)
    command = programs.command([programs.ipmon_path, '-i', f'ipmon:{Pair.FAR}', '-w', '-', '--log-file', log],
                               host=hosts.far, capture=True)
    process = subprocess.Popen([*without_landlock(errno.ENOSYS), *command], env=programs.environment(),
                               cwd=programs.stage, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    confined(process, filters=2)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0 and log.stat().st_size > 0 and not landlock_lines(log)
