# The programs under test, in a folder that an ordinary user can read.
# SPDX-License-Identifier: GPL-2.0-or-later
import contextlib
import fcntl
import os
import re
import shutil
import subprocess
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
# The build under test; tests/run makes others beside it.
BUILD = Path(os.environ.get('IPMON_BUILD', TOP / 'build' / 'check')).resolve()
WITHOUT_SANDBOX = BUILD.parent / 'clang' / 'extcap' / 'ipmon'
# What -T fields prints for booleans from Wireshark 4.2 on, as it was before.
BOOLEANS = {'True': '1', 'False': '0'}
TIMEOUT = 60  # seconds; a hang is a failure, on a busy machine too
NOBODY = 65534
CAPTURING = 'net_raw'
CAP_PERFMON, CAP_BPF = 38, 39


def can_find_processes(build=BUILD):
    """Whether the build and this host have what --process-information needs."""
    effective = int(re.search(r'^CapEff:\s*(\w+)', Path('/proc/self/status').read_text(), re.MULTILINE)[1], 16)
    return ((build / 'extcap' / 'process_module').is_dir() and Path('/sys/kernel/btf/vmlinux').exists() and
            all(effective >> number & 1 for number in (CAP_PERFMON, CAP_BPF)))


@contextlib.contextmanager
def build_alone():
    """CMake writes a list into the build when it installs: tests that run at the same time take turns."""
    with (BUILD / 'CMakeCache.txt').open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install_below(root):
    """What the build installs, below a folder."""
    with build_alone():
        subprocess.run(['cmake', '--install', BUILD], check=True, timeout=TIMEOUT, capture_output=True,
                       env={**os.environ, 'DESTDIR': str(root)})


class Programs:
    """The build under test, run as an ordinary user: as root Wireshark ignores plugin folders."""

    def __init__(self, build: Path, stage: Path):
        self.stage = stage
        self.extcap = stage / 'extcap'
        self.plugins = stage / 'plugins'
        self.home = stage / 'home'
        self.extcap.mkdir()
        self.home.mkdir()
        self.ipmon_path = self.extcap / 'ipmon'
        shutil.copy(build / 'extcap' / 'ipmon', self.ipmon_path)
        shutil.copytree(build / 'extcap' / 'replay', self.extcap / 'replay')
        if (build / 'extcap' / 'process_module').is_dir():
            shutil.copytree(build / 'extcap' / 'process_module', self.extcap / 'process_module')
        shutil.copytree(build / 'plugin', self.plugins,
                        ignore=lambda folder, names: [n for n in names if not (
                            n.endswith('.so') or Path(folder, n).is_dir())])
        for path in (stage, self.home):
            os.chown(path, NOBODY, NOBODY)
        for path in (stage, *stage.rglob('*')):  # whatever the umask of the build
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or path == self.ipmon_path else 0o444))

    def command(self, arguments, host=None, capture=False):
        """
        The arguments as nobody, with CAP_NET_RAW alone, or the capabilities that `capture` lists,
        when it is to capture, and otherwise without
        any capability, as an ordinary user has none but could get this one.
        """
        words = list(host.enter) if host else []
        words += ['setpriv', f'--reuid={NOBODY}', f'--regid={NOBODY}', '--clear-groups']
        if capture:
            capabilities = ''.join(f',+{name}' for name in ([CAPTURING] if capture is True else capture))
            words += [f'--inh-caps=-all{capabilities}', f'--ambient-caps=-all{capabilities}']
        else:
            words += ['--inh-caps=-all', '--bounding-set=-all,+net_raw']
        return words + ['--'] + [argument if isinstance(argument, bytes) else str(argument) for argument in arguments]

    def environment(self):
        return {'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'HOME': str(self.home), 'LC_ALL': 'C.UTF-8',
                'WIRESHARK_EXTCAP_DIR': str(self.extcap), 'WIRESHARK_PLUGIN_DIR': str(self.plugins)}

    def run(self, arguments, host=None, capture=False):
        return subprocess.run(self.command(arguments, host, capture), env=self.environment(),
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT,
                              cwd=self.stage)

    def start(self, arguments, host=None, capture=False, **options):
        options.setdefault('stdout', subprocess.PIPE)
        options.setdefault('stderr', subprocess.PIPE)
        options.setdefault('stdin', subprocess.DEVNULL)
        return subprocess.Popen(self.command(arguments, host, capture), env=self.environment(),
                                cwd=self.stage, **options)

    def ipmon(self, *arguments, host=None, capture=False):
        return self.run([self.ipmon_path, *arguments], host, capture)

    def tshark(self, *arguments, host=None, capture=False):
        return self.run(['tshark', *arguments], host, capture)

    def fields(self, file, names, *arguments):
        """Rows of field values, a list for each packet; a field's repeated values are a list."""
        result = self.tshark('-n', '-r', file, '-T', 'fields', '-E', 'separator=/t',
                             '-E', 'aggregator=|', *[word for name in names for word in ('-e', name)],
                             *arguments)
        assert result.returncode == 0, result.stderr
        return [[[BOOLEANS.get(value, value) for value in cell.split('|')] if cell else []
                 for cell in line.split('\t')]
                for line in result.stdout.decode().splitlines()]

    def copy_of(self, file):
        """A file from a place that the ordinary user perhaps cannot read; until the next copy."""
        return shutil.copyfile(file, self.readable('copy'))

    def readable(self, name):
        """A path in the shared folder for a file that the test writes and nobody reads."""
        return self.stage / name


def run_as(group, *arguments, host, **environment):
    """As nobody with one more group and no capability but what the file gives: setpriv itself still
    has root's when it starts a program, so that a shell stands between."""
    return subprocess.run(['env', *[f'{name}={value}' for name, value in environment.items()],
                           'nsenter', f'--net={host.path}', 'setpriv', f'--reuid={NOBODY}',
                           f'--regid={NOBODY}', f'--groups={group}', '--inh-caps=-all', '--',
                           'sh', '-c', 'exec "$0" "$@"', *arguments], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=TIMEOUT)


def descriptors(pid):
    """What the descriptors of a process are, as paths or 'socket:[...]'."""
    found = set()
    for number in os.listdir(f'/proc/{pid}/fd'):
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            found.add(os.readlink(f'/proc/{pid}/fd/{number}'))
    return found
