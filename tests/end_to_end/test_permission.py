# A capture that is refused names what helps: setcap only where the capability of a file has an
# effect.
# SPDX-License-Identifier: GPL-2.0-or-later
import shutil
import subprocess

import pytest

from programs import NOBODY, TIMEOUT

AS_NOBODY = ['setpriv', f'--reuid={NOBODY}', f'--regid={NOBODY}', '--clear-groups', '--inh-caps=-all']
CAPTURE = ['--capture', '--extcap-interface', 'ipmon:127.0.0.1', '--fifo', '/dev/null', '--timeout', '1']


@pytest.fixture
def program(programs):
    """A copy that a test may give a capability; with the path that the advice names."""
    path = programs.readable('ipmon-refused')
    shutil.copy(programs.ipmon_path, path)
    path.chmod(0o755)
    yield path
    path.unlink()


def run(host, *words):
    """Status and error line of a program in the host's network, started as root."""
    result = subprocess.run(['nsenter', f'--net={host.path}', *[str(word) for word in words]],
                            stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT)
    return result.returncode, result.stderr.decode()


def assert_advice(outcome, *parts):
    status, error = outcome
    assert status == 1 and error.count('\n') == 1 and len(error) <= 1000
    assert error.startswith('ipmon: error 10013: no permission to capture')
    assert error.endswith(' (EPERM)\n') and 'sudo setcap' not in error
    assert all(part in error for part in parts), error


def give_capability(path):
    subprocess.run(['setcap', 'cap_net_raw=ep', path], check=True)


@pytest.mark.parametrize('mode', ['1', '2'])
def test_setcap_where_it_helps(host, program, mode):
    command = [*AS_NOBODY, '--', program, *CAPTURE, '--receive-all-mode', mode]
    status, error = run(host, *command)
    assert status == 1 and error == ('ipmon: error 10013: no permission to capture; run: sudo setcap '
                                     f'cap_net_raw=ep {program} (EPERM)\n')
    give_capability(program)
    assert run(host, *command) == (0, '')


def test_the_capability_is_permitted_only(host, program):
    """setcap as advised makes it effective, too."""
    subprocess.run(['setcap', 'cap_net_raw=p', program], check=True)
    status, error = run(host, *AS_NOBODY, '--', program, *CAPTURE)
    assert status == 1 and f'sudo setcap cap_net_raw=ep {program}' in error


@pytest.mark.parametrize('mode', ['1', '2'])
def test_the_bounding_set_lacks_it(host, program, mode):
    assert_advice(run(host, *AS_NOBODY, '--bounding-set=-net_raw', '--', program, *CAPTURE,
                      '--receive-all-mode', mode),
                  'bounding set', 'docker run --cap-add NET_RAW', 'AmbientCapabilities=CAP_NET_RAW')


def test_root_in_a_container_without_it(host, program):
    assert_advice(run(host, 'setpriv', '--bounding-set=-net_raw', '--', program, *CAPTURE),
                  'bounding set', 'podman run --cap-add NET_RAW')


def test_with_libpcap(host, program):
    assert_advice(run(host, *AS_NOBODY, '--bounding-set=-net_raw', '--', program, *CAPTURE,
                      '--use-pcap'), 'bounding set')


def test_no_new_privs(host, program):
    give_capability(program)
    # setpriv itself has root's capabilities until it starts a program: a shell stands between.
    assert_advice(run(host, *AS_NOBODY, '--no-new-privs', '--', 'sh', '-c', 'exec "$0" "$@"', program,
                      *CAPTURE), 'no_new_privs is set', 'ambient')


def test_no_new_privs_with_an_ambient_capability(host, program):
    """What is advised there works."""
    ambient = ['--inh-caps=-all,+net_raw', '--ambient-caps=-all,+net_raw', '--no-new-privs']
    assert run(host, *AS_NOBODY[:-1], *ambient, '--', program, *CAPTURE) == (0, '')


def test_a_nosuid_file_system(host, program):
    script = ('mount -t tmpfs -o nosuid,mode=755 none "$0" && cp "$1" "$0"/ipmon && '
              'setcap cap_net_raw=ep "$0"/ipmon && shift && exec "$@"')
    folder = program.with_name('nosuid')
    folder.mkdir()
    try:
        outcome = run(host, 'unshare', '--mount', 'sh', '-c', script, folder, program, *AS_NOBODY,
                      '--', folder / 'ipmon', *CAPTURE)
    finally:
        folder.rmdir()
    assert_advice(outcome, f'{folder}/ipmon is mounted nosuid', '/usr/local/bin')


def test_another_user_namespace(host, program):
    """There the program has every capability, but none for this network."""
    give_capability(program)
    assert_advice(run(host, 'unshare', '--user', '--map-root-user', program, *CAPTURE),
                  'another user namespace')
    assert_advice(run(host, *AS_NOBODY, '--', 'unshare', '--user', program, *CAPTURE),
                  'another user namespace')


def test_a_user_namespace_with_a_network_of_its_own(host, program):
    assert run(host, 'unshare', '--user', '--map-root-user', '--net', 'sh', '-c',
               'ip link set lo up && exec "$0" "$@"', program, *CAPTURE) == (0, '')


def test_the_kernel_refuses_although_it_is_held(host, program):
    """As a security module does; a call that a tracer lets fail."""
    inject = ['strace', '-qq', '-o', '/dev/null', '-e', 'trace=socket', '-e',
              'inject=socket:error=EPERM:when=4+']  # behind those of netlink and ioctl
    assert_advice(run(host, *inject, program, *CAPTURE), 'although ipmon has CAP_NET_RAW', 'SELinux')


def test_the_file_has_it_and_the_process_does_not(host, program):
    """A tracer without privileges takes the capability away."""
    give_capability(program)
    assert_advice(run(host, *AS_NOBODY, '--', 'strace', '-qq', '-o', '/dev/null', program, *CAPTURE),
                  f'{program} has the capability cap_net_raw', 'strace')
