# A capture that cannot find processes is refused, in one line that says what is missing and what helps.
# SPDX-License-Identifier: GPL-2.0-or-later
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from programs import BUILD, NOBODY, TIMEOUT, can_find_processes

with_processes = pytest.mark.skipif(not can_find_processes(), reason='needs type information, CAP_BPF and CAP_PERFMON')

NEEDED = 'net_raw', 'bpf', 'perfmon'
AS_NOBODY = ['setpriv', f'--reuid={NOBODY}', f'--regid={NOBODY}', '--clear-groups', '--inh-caps=-all']
SETCAP = 'sudo setcap cap_net_raw,cap_bpf,cap_perfmon=ep '
CAPTURE = ['--capture', '--extcap-interface', 'ipmon:127.0.0.1', '--fifo', '/dev/null', '--timeout', '1',
           '--process-information', 'name']

# Runs a program whose calls of the kernel's programs are refused, as a container's filter does it.
FILTER = '''
import ctypes, os, sys
library = ctypes.CDLL('libseccomp.so.2')
library.seccomp_init.restype = ctypes.c_void_p
filter = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(0x7FFF0000)))  # SCMP_ACT_ALLOW
REFUSE = ctypes.c_uint32(0x00050001)  # SCMP_ACT_ERRNO(EPERM)
assert library.seccomp_rule_add(filter, REFUSE, library.seccomp_syscall_resolve_name(b'bpf'), 0) == 0
assert library.seccomp_load(filter) == 0
os.execvp(sys.argv[1], sys.argv[1:])
'''
REFUSE_BPF = ['strace', '-qq', '-o', '/dev/null', '-e', 'trace=bpf', '-e', 'inject=bpf:error=EPERM']


@pytest.fixture
def run(programs, host):
    """Runs words as root in the host's network, behind them ipmon; its error line."""
    def run(*words, program=programs.ipmon_path, command=CAPTURE, code=10013):
        words = [str(word) for word in (*words, program, *command)]
        result = subprocess.run(['nsenter', f'--net={host.path}', *words], stdin=subprocess.DEVNULL,
                                capture_output=True, timeout=TIMEOUT, text=True)
        assert result.returncode == 1 and not result.stdout
        assert result.stderr.count('\n') == 1 and len(result.stderr) <= 1000, result.stderr
        assert result.stderr.startswith(f'ipmon: error {code}: '), result.stderr
        return result.stderr
    return run


def hiding(script):
    """Words that run what follows them in a mount namespace that a script has changed."""
    return ['unshare', '--mount', 'sh', '-c', script + ' && exec "$0" "$@"']


def installed_module(programs):
    """Where it is once the build is installed; only there the tests can hide what is installed."""
    module = Path(re.search(rb'/[\w./-]*/ipmon/ipmon-process\.so', programs.ipmon_path.read_bytes())[0].decode())
    if not str(module).startswith('/usr/local/'):
        pytest.skip('the build is to be installed where the test cannot hide what is there')
    return module


@with_processes
def test_setcap_where_it_helps(run, programs):
    module = installed_module(programs)
    install = hiding(f'mount -t tmpfs -o mode=755 none /usr/local && mkdir -p {module.parent} && touch {module}')
    for given in ('', ',+net_raw', ',+net_raw,+bpf'):
        words = AS_NOBODY[:-1] + [f'--inh-caps=-all{given}', f'--ambient-caps=-all{given}', '--']
        error = run(*install, *words)
        assert error.endswith(f'run: {SETCAP}{programs.ipmon_path} (EPERM)\n')
        assert ('CAP_PERFMON' if 'bpf' in given else 'CAP_BPF') + ' is missing' in error


@with_processes
def test_what_is_not_installed_is_to_be_installed_first(run, programs):
    """Also a program that got the capabilities already: it opens the installed module only."""
    module = installed_module(programs)
    not_installed = 'mount -t tmpfs -o mode=755 none /usr/local'
    build = programs.extcap.parent
    (build / 'cmake_install.cmake').touch()
    advice = f'run: sudo cmake --install {build}, then'
    error = run(*hiding(not_installed), *AS_NOBODY, '--')
    assert 'CAP_BPF is missing, and ipmon is not installed' in error and advice in error
    assert error.endswith(f'{SETCAP}/usr/local/bin/ipmon, and start that one (EPERM)\n')
    beside = f'{programs.ipmon_path.parent}/with-capabilities'
    script = f'cp {programs.ipmon_path} {beside} && {SETCAP.removeprefix("sudo ")}{beside} && {not_installed}'
    try:
        error = run(*hiding(script), *AS_NOBODY, '--', 'sh', '-c', 'exec "$0" "$@"', program=beside, code=10045)
    finally:
        Path(beside).unlink(missing_ok=True)
        (build / 'cmake_install.cmake').unlink()
    assert f'{module} is not installed; {advice}' in error and 'libbpf' not in error
    assert error.endswith(f'{SETCAP}/usr/local/bin/ipmon (EOPNOTSUPP)\n')


@with_processes
def test_what_is_advised_helps(programs, host):
    """With capabilities of its file the program opens the module where it is installed, nowhere else."""
    path = programs.readable('ipmon-with-capabilities')
    shutil.copy(programs.ipmon_path, path)
    path.chmod(0o755)
    module = installed_module(programs)
    install = ('mount -t tmpfs -o mode=755 none /usr/local && mkdir -p "${0%/*}" && cp "$1" "$0" && '
               'shift && exec "$@"')
    try:
        subprocess.run([*SETCAP.split()[1:], path], check=True)
        result = subprocess.run(
            ['nsenter', f'--net={host.path}', 'unshare', '--mount', 'sh', '-c', install, module,
             programs.extcap / 'process_module' / module.name, *AS_NOBODY, '--', 'sh', '-c', 'exec "$0" "$@"',
             path, *CAPTURE], stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT)
    finally:
        path.unlink()
    assert (result.returncode, result.stderr) == (0, b'')


@with_processes
@pytest.mark.parametrize('missing', ['bpf', 'perfmon'])
def test_the_bounding_set_lacks_it(run, missing):
    """As in a container, also for root there."""
    for words in (['setpriv', f'--bounding-set=-{missing},-sys_admin'], [*AS_NOBODY, f'--bounding-set=-{missing}']):
        error = run(*words, '--')
        assert f'CAP_{missing.upper()} is not in the bounding set' in error
        assert 'docker run --cap-add BPF --cap-add PERFMON' in error and 'CapabilityBoundingSet' in error
        assert 'setcap' not in error


def with_capabilities(programs, folder, options, *words):
    """Words that run what follows them, a copy in a file system of its own that has all capabilities."""
    script = (f'mount -t tmpfs -o mode=755{options} none "$0" && cp {programs.ipmon_path} "$0"/ipmon && '
              'setcap cap_net_raw,cap_bpf,cap_perfmon=ep "$0"/ipmon && exec "$@"')
    return ['unshare', '--mount', 'sh', '-c', script, folder, *words]


@with_processes
@pytest.mark.parametrize('options, flags, parts', [
    (',nosuid', [], ('is mounted nosuid', '/usr/local/bin')),
    ('', ['--no-new-privs'], ('no_new_privs is set', 'start ipmon where it is not set, or as root')),
])
def test_the_capabilities_of_the_file_have_no_effect(programs, run, options, flags, parts):
    folder = programs.readable('own-file-system')
    folder.mkdir()
    try:
        # setpriv itself has root's capabilities until it starts a program: a shell stands between.
        error = run(*with_capabilities(programs, folder, options, *AS_NOBODY, *flags, '--', 'sh', '-c',
                                       'exec "$0" "$@"'), program=folder / 'ipmon')
    finally:
        folder.rmdir()
    assert 'CAP_BPF is missing' in error and all(part in error for part in parts) and 'setcap' not in error


@with_processes
def test_a_kernel_without_type_information(run):
    error = run(*hiding('mount -t tmpfs none /sys/kernel/btf'), *REFUSE_BPF)
    assert '/sys/kernel/btf/vmlinux is missing' in error and 'CONFIG_DEBUG_INFO_BTF' in error


@with_processes
@pytest.mark.parametrize('refused, code', [('EPERM', 10013), ('EINVAL', 10022)])
def test_a_kernel_that_is_locked_down(run, refused, code):
    """One that really is says EINVAL: its verifier knows no function that reads memory."""
    refuse = [*REFUSE_BPF[:-1], f'inject=bpf:error={refused}']
    script = 'mount -t tmpfs none /sys/kernel/security && echo "none integrity [confidentiality]" >/sys/kernel/security/lockdown'
    assert 'lockdown=integrity' in run(*hiding(script), *refuse, code=code)
    script = script.replace('[confidentiality]', 'confidentiality').replace('integrity ', '[integrity] ')
    assert 'lockdown' not in run(*hiding(script), *refuse, code=code)


@with_processes
def test_a_kernel_that_does_not_compile_programs(run):
    script = ('mount -t tmpfs none /proc/sys/net/core && echo 0 >/proc/sys/net/core/bpf_jit_enable')
    assert 'sudo sysctl net.core.bpf_jit_enable=1' in run(*hiding(script), *REFUSE_BPF)


@with_processes
def test_a_user_namespace(run):
    """There it has all capabilities, but none that count for programs in the kernel."""
    assert 'in a user namespace, as in a rootless container' in run('unshare', '--user', '--map-root-user')


@with_processes
def test_a_seccomp_filter(run):
    error = run(sys.executable, '-c', FILTER)
    assert 'a seccomp filter' in error and 'SystemCallFilter=bpf' in error


@with_processes
def test_the_limit_of_locked_memory_of_old_kernels(run):
    """Before Linux 5.11; this one says that it is older."""
    old = ['setarch', '--uname-2.6']
    assert 'ulimit -l unlimited' in run('prlimit', '--memlock=65536:65536', *old, *REFUSE_BPF)
    assert 'ulimit' not in run('prlimit', '--memlock=65536:65536', *REFUSE_BPF)


@with_processes
def test_a_security_module(run):
    assert 'a security module (SELinux, AppArmor)' in run(*REFUSE_BPF)


@with_processes
@pytest.mark.parametrize('options', [[], ['--json'], ['--use-pcap']])
def test_a_command_is_refused_alike(run, options):
    command = ['-i', 'lo', '--process-information', 'command-line', *options]
    assert 'a security module' in run(*REFUSE_BPF, command=command)


@with_processes
def test_no_file_is_left(run, programs):
    path = programs.readable('refused.pcapng')
    run(*REFUSE_BPF, command=['-i', 'lo', '--process-information', 'name', '-w', path])
    assert not path.exists()


@pytest.mark.skipif((BUILD / 'extcap' / 'process_module').is_dir(), reason='needs a build without IPMON_PROCESS')
def test_a_build_without_them(programs, host):
    result = subprocess.run(['nsenter', f'--net={host.path}', programs.ipmon_path, *CAPTURE],
                            stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT, text=True)
    assert result.returncode == 1 and result.stderr.count('\n') == 1
    assert 'built without --process-information' in result.stderr and 'libbpf-dev' in result.stderr
