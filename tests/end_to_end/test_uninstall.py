# `run` installs, in steps that may each be the last one, and removes all and only what it installed.
# Wireshark's folders and /usr/local are overlays of the machine's in memory, in a mount namespace of the
# test's own: /usr/local may hold gigabytes.
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from programs import NOBODY, TIMEOUT, build_alone

TREE = Path(__file__).parents[2]
BUILD = os.environ['IPMON_BUILD']
SCRIPT = r'''
set -eu
mkdir -p "$SCRATCH/overlay"
mount -t tmpfs none "$SCRATCH/overlay"
for folder in /usr/local /usr/share/wireshark /usr/lib/*/wireshark /usr/libexec/wireshark; do
    [ -d "$folder" ] || continue
    overlay=$SCRATCH/overlay$folder
    mkdir -p "$overlay/upper" "$overlay/work"
    mount -t overlay -o "lowerdir=$folder,upperdir=$overlay/upper,workdir=$overlay/work" none "$folder"
done
exec bash -c "$@"
'''
# Sourced, `run` has the functions of an installation.
FUNCTIONS = r'''
. "$TREE/run"
BUILD=$1 WORK=$SCRATCH/work
mkdir -p "$WORK"
snapshot() {
    { find /usr/local /usr/share/wireshark /usr/lib/*/wireshark /usr/libexec/wireshark -printf '%p %y %m %u %l\n' \
        2>/dev/null || true; } | sort
}
uninstall >/dev/null
snapshot >"$SCRATCH/before"
'''
UNCHANGED = 'snapshot | diff "$SCRATCH/before" - >&2\n'


@pytest.fixture
def run(tmp_path):
    """Runs a script with run's functions where it may install; its output."""
    def run(script, status=0):
        with build_alone():
            result = subprocess.run(['unshare', '--mount', 'bash', '-c', SCRIPT, '-', FUNCTIONS + script, '-', BUILD],
                                    env={**os.environ, 'SCRATCH': str(tmp_path), 'TREE': str(TREE)}, text=True,
                                    stdin=subprocess.DEVNULL, capture_output=True, timeout=5 * TIMEOUT)
        assert result.returncode == status, result.stderr
        return result.stdout + result.stderr
    return run


def test_all_and_only_what_was_installed_is_removed(run):
    output = run('install_build\n'
                 '[ "$(readlink $(global_extcaps) || true)" = /usr/local/bin/ipmon ]; uninstall\n'
                 + UNCHANGED)
    for name in ('bin/ipmon', 'extcap/ipmon', 'epan/ipmon.so', 'ipmon-replay.so', 'man1/ipmon.1', 'preferences',
                 'completions/ipmon', 'system/ipmon@.service', 'bin/ipmon-archive', 'archive/ipmon-archive',
                 *(['ipmon-process.so'] if Path(BUILD, 'extcap', 'process_module').is_dir() else [])):
        assert any(line.startswith('-- Removed: ') and line.endswith(name) for line in output.splitlines())
    assert 'nothing to remove' in run('uninstall')


def test_added_capabilities_are_kept(run):
    """Those that find processes; any other is replaced by the one that a capture needs."""
    output = run('''CAPTURE_GROUP=daemon
        for given in cap_net_raw,cap_bpf,cap_perfmon=ep cap_net_admin=ep; do
            install_build >/dev/null
            getcap /usr/local/bin/ipmon
            setcap $given /usr/local/bin/ipmon
            install_build >/dev/null
            getcap /usr/local/bin/ipmon
            stat -c '%U:%G %a' /usr/local/bin/ipmon
            setcap -r /usr/local/bin/ipmon
        done
        uninstall >/dev/null
        ''' + UNCHANGED)
    path, owner = '/usr/local/bin/ipmon ', 'root:daemon 750\n'
    assert output == (f'{path}cap_net_raw=ep\n{path}cap_net_raw,cap_perfmon,cap_bpf=ep\n{owner}'
                      f'{path}cap_net_raw=ep\n{path}cap_net_raw=ep\n{owner}')


def test_what_others_put_there_stays(run):
    run('''install_build >/dev/null
        touch /usr/local/share/doc/ipmon/mine /usr/local/bin/other
        uninstall >/dev/null
        rm /usr/local/share/doc/ipmon/mine /usr/local/bin/other
        rmdir -p --ignore-fail-on-non-empty /usr/local/share/doc/ipmon\n''' + UNCHANGED)


def test_the_list_of_cmake_s_has_the_link(run):
    run('install_build >/dev/null; grep -x "/usr/lib/.*/wireshark/extcap/ipmon" "$BUILD/install_manifest.txt"\n')


def test_an_installation_without_a_manifest_is_removed(run):
    run('as_root cmake --install "$BUILD" >/dev/null; uninstall\n'
        'rmdir -p --ignore-fail-on-non-empty /usr/local/share/man/man1 /usr/local/share/man/man5 2>/dev/null || true\n'
        'snapshot | grep -F ipmon >&2 && exit 1 || true\n')


def test_a_killed_installation_is_completed_or_removed(run):
    """At each of its steps as root: the next installation is whole, and a removal leaves nothing."""
    output = run(r'''
        install_build >/dev/null
        snapshot >"$SCRATCH/whole"
        uninstall >/dev/null
        for ((last = 0; ; last++)); do
            for then in install_build uninstall; do
                status=0
                (
                    steps=0
                    as_root() { if [ $((steps += 1)) -gt $last ]; then exit 77; fi; "$@"; }
                    install_build
                ) >/dev/null 2>&1 || status=$?
                $then >/dev/null
                if [ $then = install_build ]; then
                    snapshot | diff "$SCRATCH/whole" - >&2
                    uninstall >/dev/null
                fi
                snapshot | diff "$SCRATCH/before" - >&2
            done
            [ $status -ne 0 ] || break
        done
        echo "steps: $last"
    ''')
    assert int(output.split('steps: ')[1]) >= 3


def test_the_plugin_of_another_version_is_removed(run):
    run(r'''
        folder=$(dirname "$(find /usr/lib/*/wireshark/plugins -maxdepth 1 -mindepth 1 -type d | head -1)")
        mkdir -p "$folder/9.9/epan"
        echo plugin >"$folder/9.9/epan/ipmon.so"
        echo other >"$folder/9.9/epan/other.so"
        install_build | grep -F "9.9/epan/ipmon.so"
        [ ! -e "$folder/9.9/epan/ipmon.so" ]
        [ -e "$folder/9.9/epan/other.so" ]
    ''')


def test_one_user_installs_nothing_beside_an_installation_for_all(run):
    output = run('install_build >/dev/null; USER_ONLY=1; refuse_beside_another', status=1)
    assert 'run: ipmon is installed for all users (/usr/lib/' in output


def test_where_nothing_can_be_written(run):
    output = run('mount -o remount,bind,ro /usr/local; install_build', status=1)
    assert 'run: cannot write below /usr/local; ./run --user installs for you alone' in output
    assert 'line' not in output.split('run: ')[-1]


@pytest.fixture(scope='module')
def user(tmp_path_factory):
    """Runs `./run` of a copy of the tree as an ordinary user, who has a folder for everything."""
    top = tmp_path_factory.mktemp('user')
    tree, home = top / 'tree', top / 'home'
    shutil.copytree(TREE, tree, ignore=shutil.ignore_patterns('build', '.git', '__pycache__'))
    home.mkdir()
    for path in (top, *top.rglob('*')):
        os.chown(path, NOBODY, NOBODY)
    for path in top.parents:
        path.chmod(path.stat().st_mode | 0o111)

    def user(*arguments, status=0):
        """Where ipmon is not installed for all users."""
        scratch = tempfile.mkdtemp(dir=top)
        result = subprocess.run(
            ['unshare', '--mount', 'bash', '-c', SCRIPT, '-', FUNCTIONS + 'cd "$2"; shift 2; exec env -i "$@"', '-', BUILD,
             tree, f'HOME={home}', 'PATH=/usr/bin:/bin', 'LC_ALL=C.UTF-8', 'setpriv', f'--reuid={NOBODY}',
             f'--regid={NOBODY}', '--clear-groups', *arguments],
            env={**os.environ, 'SCRATCH': scratch, 'TREE': str(TREE)}, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=10 * TIMEOUT)
        shutil.rmtree(scratch)
        assert result.returncode == status, result.stdout + result.stderr
        return result.stdout + result.stderr
    user.home = home
    return user


def files(folder):
    return {path for path in folder.rglob('*') if not path.is_dir() or path.is_symlink()}


def test_one_user_installs_replays_and_removes(user, programs, tmp_path_factory):
    capture = programs.readable('one.pcap')
    subprocess.run(['text2pcap', '-q', '-l', '101', '-', capture], check=True, text=True, stderr=subprocess.DEVNULL,
                   input='0000 45 00 00 1c 00 01 00 00 40 11 7c ce 7f 00 00 01 7f 00 00 01 00 01 00 02 00 08 00 00\n')
    capture.chmod(0o644)
    output = user('./run', '--user', capture)
    assert 'Time to Live: 64' in output
    assert f'setcap cap_net_raw=ep {user.home}/.local/bin/ipmon' in output
    profile = user.home / '.config/wireshark/profiles/IP Monitor'
    assert (profile / 'preferences').exists()
    assert 'ipmon:file' in user('tshark', '-D')
    output = user('tshark', '-n', '-i', 'ipmon:file', '-o', f'extcap.ipmon_file.file:{capture}', '-T', 'fields',
                  '-e', 'ipmon.ttl')
    assert '64' in output.split('\n')
    (profile / 'preferences').write_text('# the user has changed it\n')
    user('./run', '--user', capture)
    assert (profile / 'preferences').read_text() == '# the user has changed it\n'
    user('./run', '--user', '--uninstall')
    assert not [path for path in files(user.home) if 'ipmon' in str(path) or 'IP Monitor' in str(path)]


def test_what_the_options_of_run_do_not_allow(user):
    assert 'as root Wireshark ignores personal plugins' in subprocess.run(
        [TREE / 'run', '--user'], capture_output=True, text=True, timeout=TIMEOUT).stderr
    for arguments in (['--uninstall', 'x'], ['--user', '--user'], ['--nothing'], ['--uninstall', '--user']):
        assert '--uninstall' in user('./run', *arguments, status=2)
