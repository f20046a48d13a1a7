# The unit of systemd: it is valid and hardened, nothing enables it, and the program does its work as the
# unit starts and confines it.
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest

import pcapng
from network import wait_until
from programs import NOBODY, TIMEOUT, install_below
from service import Unit

EXPOSURE = re.compile(r'exposure level for \S+: ([0-9.]+)')
# A : separates an alias here.
INSTANCES = ['eth0', 'all', '192.0.2.10', r'fe80\x3a\x3a1\x25eth0', r'br\x2dlan']
RING = re.compile(r'lo_(\d{5})_\d{14}\.pcapng')
MANUAL = (Path(__file__).parents[2] / 'extcap' / 'ipmon.1').read_text().replace('\\-', '-')
KINDS = {'default': '', 'mode 2': '--receive-all-mode 2', 'libpcap': '--use-pcap'}


@pytest.fixture(scope='module')
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp('service') / 'root'
    install_below(folder)
    return folder


@pytest.fixture(scope='module')
def path(root):
    [path] = root.rglob('ipmon@.service')
    return path


@pytest.fixture(scope='module')
def unit(path):
    return Unit(path)


def analyze(root, *arguments):
    """systemd-analyze where /usr/local is what was installed."""
    return subprocess.run(['unshare', '--mount', 'sh', '-c', 'mount --bind "$0" /usr/local && exec systemd-analyze "$@"',
                           root / 'usr' / 'local', *arguments], capture_output=True, timeout=TIMEOUT, text=True)


def exposure(root, name):
    result = analyze(root, 'security', '--offline=yes', '--no-pager', name)
    assert result.returncode == 0, result.stderr
    return float(EXPOSURE.search(result.stdout)[1])


def variant(path, name, change):
    """Another unit beside the installed one; its lines are the changed ones."""
    path.with_name(f'{name}@.service').write_text(change(path.read_text()))
    return f'{name}@eth0.service'


# --- as systemd reads it ------------------------------------------------------------------------


def test_it_is_where_systemd_looks(path, root):
    assert path.relative_to(root) == Path('usr/local/lib/systemd/system/ipmon@.service')


@pytest.mark.parametrize('instance', INSTANCES)
def test_it_is_valid(root, instance):
    result = analyze(root, 'verify', '--man=no', f'ipmon@{instance}.service')
    assert (result.returncode, result.stdout, result.stderr) == (0, '', '')


def test_a_mistake_would_be_found(root, path):
    wrong = variant(path, 'wrong', lambda text: text.replace('ProtectHome=yes', 'ProtectHouse=yes'))
    assert 'ProtectHouse' in analyze(root, 'verify', '--man=no', wrong).stderr


def test_the_exposure_is_below_2(root, path):
    group = variant(path, 'grouped', lambda text: re.sub('(?m)^SupplementaryGroups=.*', r'\g<0>wireshark', text))
    bare = variant(path, 'bare', lambda text: ''.join(re.findall(r'(?m)^(?:\[|ExecStart=).*\n', text)))
    assert exposure(root, 'ipmon@eth0.service') < 2.0
    assert exposure(root, group) < 2.0
    assert exposure(root, bare) > 8.0


def test_the_group_of_the_program(tmp_path):
    """CMake puts it into the unit; ./run gives it when only that group may run the program."""
    top = Path(__file__).parents[2]
    for group in ('', 'wireshark'):
        folder = tmp_path / f'build{group}'
        subprocess.run(['cmake', '-S', top, '-B', folder, '-G', 'Ninja', f'-DIPMON_CAPTURE_GROUP={group}',
                        '-DIPMON_TESTS=OFF'], check=True, timeout=5 * TIMEOUT, capture_output=True)
        assert Unit(folder / 'extcap' / 'systemd' / 'ipmon@.service').value('SupplementaryGroups') == group
    script = '. "$1"; CAPTURE_GROUP=$2; capture_group; global_options'
    for group, lines in (('daemon', ['daemon', '-DIPMON_CAPTURE_GROUP=daemon']),
                         ('no-such-group', ['', '-DIPMON_CAPTURE_GROUP='])):
        result = subprocess.run(['bash', '-euc', script, '-', top / 'run', group], check=True, capture_output=True)
        assert [line for line in result.stdout.decode().splitlines() if line] == [line for line in lines if line]


def test_nothing_enables_it(root, unit):
    assert [path for path in root.rglob('*') if path.suffix in ('.wants', '.requires', '.preset')] == []
    assert unit.value('WantedBy') == 'multi-user.target' and not unit.values('DefaultInstance')


# --- as the program works under it ----------------------------------------------------------------


class Recorder:
    """The unit's command on the loopback, with a journal for standard error."""

    def __init__(self, programs, host, unit, logs, program=None, before=None, groups=(), **variables):
        self.host, self.folder = host, logs / 'private' / 'ipmon'
        command = unit.command('lo', logs, program or programs.ipmon_path, **variables)
        confine = before or (lambda words: unit.confined(logs, words, groups))
        ours, theirs = socket.socketpair()
        own = os.fstat(theirs.fileno())
        with theirs:
            self.process = subprocess.Popen(
                ['nsenter', f'--net={host.path}', *confine(command)], stdin=subprocess.DEVNULL,
                stdout=theirs, stderr=theirs, cwd='/',
                env={'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'JOURNAL_STREAM': f'{own.st_dev}:{own.st_ino}'})
        ours.settimeout(TIMEOUT)
        self.journal = ours.makefile()
        ours.close()
        self.lines = []
        self.await_line(' captures from ')

    def await_line(self, text):
        for line in self.journal:
            self.lines.append(line.rstrip('\n'))
            if text in line:
                return
        raise AssertionError(self.lines)

    def files(self):
        return sorted(path.name for path in self.folder.iterdir())

    def send(self, count):
        """Datagrams that are received, so that no ICMP error answers."""
        with self.host.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
            receiver.bind(('127.0.0.1', 0))
            for number in range(count):
                receiver.sendto(b'%d' % number, receiver.getsockname())

    def reload(self):
        """The unit's ExecReload; returns when the next file is there."""
        before = len(self.files())
        self.process.send_signal(signal.SIGHUP)
        wait_until(lambda: len(self.files()) > before, 'no next file')

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.lines += [line.rstrip('\n') for line in self.journal]
        return self.process.wait(timeout=TIMEOUT)


@pytest.fixture
def logs(programs):
    """/var/log with the folder of a DynamicUser."""
    logs = programs.readable('logs')
    folder = logs / 'private' / 'ipmon'
    folder.mkdir(parents=True)
    folder.chmod(0o700)
    os.chown(folder, NOBODY, NOBODY)
    (logs / 'ipmon').symlink_to(Path('private') / 'ipmon')
    yield logs
    shutil.rmtree(logs)


@pytest.fixture
def record(programs, host, unit, logs):
    """Starts a recorder."""
    started = []

    def start(**options):
        started.append(Recorder(programs, host, unit, logs, **options))
        return started[-1]

    yield start
    for recorder in started:
        recorder.process.kill()
        recorder.process.wait()


def live(recorder):
    """A recorder's life: packets before and after a reload, a pause, and the end."""
    recorder.send(3)
    recorder.reload()
    recorder.send(4)
    recorder.process.send_signal(signal.SIGUSR1)
    recorder.await_line('paused')
    recorder.process.send_signal(signal.SIGUSR2)
    return recorder.stop()


def payloads(recorder):
    found = [pcapng.blocks((recorder.folder / name).read_bytes()) for name in recorder.files()]
    assert all(pcapng.of_type(blocks, pcapng.STATISTICS) for blocks in found)
    return [packet.bytes[-1:] for blocks in found for packet in pcapng.packets(blocks)]


@pytest.mark.parametrize('kind', KINDS)
def test_a_recorder_works_as_it_is_confined(record, unit, kind):
    recorder = record(IPMON_OPTIONS=f'{KINDS[kind]} {unit.environment()["IPMON_OPTIONS"]} udp')
    assert live(recorder) == 0, recorder.lines
    assert [RING.fullmatch(name)[1] for name in recorder.files()] == ['00001', '00002']
    assert payloads(recorder) == [b'0', b'1', b'2', b'0', b'1', b'2', b'3']
    assert all(re.match('<[3467]>', line) for line in recorder.lines)
    assert not [line for line in recorder.lines if 'refused' in line or line.startswith(('<3>', '<4>'))]


def test_the_options_in_the_manual(record):
    variables = dict(re.findall(r'^(IPMON_\w+)=(.*)$', MANUAL, re.M))
    assert set(variables) == {'IPMON_RING', 'IPMON_OPTIONS'} and 'not port' in variables['IPMON_OPTIONS']
    recorder = record(**variables)
    recorder.send(2)
    assert recorder.stop() == 0, recorder.lines
    assert payloads(recorder) == [b'0', b'1']


def test_the_defaults_in_the_manual(unit):
    assert set(re.findall(r'^# (-.*)$', MANUAL, re.M)) == set(unit.environment().values())


def test_its_files_are_private(record):
    recorder = record()
    [name] = recorder.files()
    assert (recorder.folder / name).stat().st_mode & 0o7777 == 0o600
    assert recorder.stop() == 0


def test_a_program_of_a_group(record, file_capability):
    """As ./run leaves it: of a group, with the capability. Its lines keep their levels."""
    program, group = file_capability
    recorder = record(program=program, groups=[group])
    recorder.send(1)
    assert recorder.stop() == 0
    assert len(payloads(recorder)) == 1
    assert all(re.match('<[3467]>', line) for line in recorder.lines)


@pytest.mark.parametrize('kind', KINDS)
def test_the_system_calls_of_its_life_are_allowed(programs, record, unit, kind):
    trace = programs.readable('calls')
    trace.unlink(missing_ok=True)
    recorder = record(IPMON_OPTIONS=KINDS[kind], before=lambda words: [
        'strace', '-D', '-f', '-qq', '-o', trace, *programs.command(words, capture=True)])
    assert live(recorder) == 0, recorder.lines
    wait_until(lambda: 'exit_group(' in trace.read_text(), 'strace did not finish')
    _, _, own = trace.read_text().partition(f'execve("{programs.ipmon_path}"')
    calls = set(re.findall(r'^\d+ +(\w+)\(', own, re.M))
    assert {'capset', 'seccomp', 'mmap'} <= calls
    assert calls - unit.calls() == set()
    assert 'ptrace' not in unit.calls() and 'mount' not in unit.calls() and 'setuid' not in unit.calls()
