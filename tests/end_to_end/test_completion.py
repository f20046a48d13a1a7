# The completion of command lines in a real bash: the script that the build made, in a shell with a
# terminal, and called as bash calls it.
# SPDX-License-Identifier: GPL-2.0-or-later
import contextlib
import os
import re
import select
import shutil
import subprocess

import pytest

from programs import BUILD, TIMEOUT, install_below

SCRIPT = BUILD / 'extcap' / 'completion' / 'ipmon'

# Prints what the completion replies for a line up to the cursor; the words are split as bash does it.
REPLY = r'''
set -u
. "$1"
COMP_LINE=$2 COMP_POINT=${#2}
[ -z "${3-}" ] || COMP_WORDBREAKS=$3
"$(complete -p ipmon | sed 's/.*-F \([^ ]*\) .*/\1/')" "$4"
printf '%s\n' "${COMPREPLY[@]}"
'''
BREAKS = ' \t\n"\'><=;|&(:'


@pytest.fixture
def complete(programs, host):
    """The replies to a line, in the host's namespace, with its own /sys."""
    script = programs.readable('completion')
    shutil.copy(SCRIPT, script)
    script.chmod(0o644)

    def run(line, breaks=BREAKS, program=None):
        inner = ['bash', '--norc', '-c', REPLY, 'bash', script, line, breaks, program or programs.ipmon_path]
        result = subprocess.run(['nsenter', f'--net={host.path}', 'unshare', '--mount', 'sh', '-c',
                                 'mount -t sysfs none /sys && exec "$0" "$@"', *inner],
                                stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT, text=True)
        assert result.returncode == 0 and not result.stderr, result.stderr
        return [word for word in result.stdout.split('\n') if word]
    return run


def options(programs):
    return set(re.findall(r'^  (--[a-z-]+)', programs.ipmon('--help').stdout.decode(), re.M))


def test_every_option_is_completed(programs, complete):
    found = options(programs)
    assert len(found) > 40 and set(complete('ipmon --')) == found
    letters = set(re.findall(r'^  (-[a-zA-Z])\b', programs.ipmon('--help').stdout.decode(), re.M))
    assert len(letters) > 12 and set(complete('ipmon -i lo -')) == letters | found


@pytest.mark.parametrize('line,replies', [
    ('ipmon --snap', ['--snapshot-length']),
    ('ipmon -i lo --log-level ', ['error', 'warning', 'info', 'debug']),
    ('ipmon -i lo --log-level=w', ['warning']),
    ('ipmon -r x --pace o', ['original']),
    ('ipmon -i lo --receive-all-mode ', ['0', '1', '2', '3']),
    ('ipmon -i lo -a ', ['duration:', 'filesize:', 'packets:', 'files:']),
    ('ipmon -i lo -b ', ['filesize:', 'duration:', 'packets:', 'files:']),
    ('ipmon -i lo -b fi', ['filesize:', 'files:']),
    ('ipmon -i lo -b packets:5', []),
    ('ipmon -i lo -b packets:5,fil', ['5,filesize:', '5,files:']),
    ('ipmon -i lo --ring-buffer=packets:5,d', ['5,duration:']),
    ('ipmon -i lo --on-full ', ['stop', 'wait']),
    ('ipmon -i lo --on-full=w', ['wait']),
    ('ipmon -i lo --record ', []),  # names of files, by bash itself
    ('ipmon -i lo -c ', []),
    ('ipmon -i lo udp po', []),
    ('ipmon --extcap-interface ', ['ipmon:file', 'ipmon:remote', 'ipmon:all', 'ipmon:127.0.0.1',
                                       'ipmon:::1']),
    ('ipmon --extcap-interface ipmon:1', ['127.0.0.1']),
    ('ipmon --local-host 1', ['127.0.0.1']),
    ('ipmon --local-host l', []),
])
def test_values(complete, line, replies):
    assert complete(line) == replies


def test_addresses_and_interfaces(complete, host):
    host.run('ip', 'link', 'add', 'name', 'bare0', 'type', 'veth', 'peer', 'name', 'bare1')
    host.run('ip', 'address', 'add', '2001:db8::10/64', 'dev', 'lo')
    for option in ('-i', '--interface'):
        assert set(complete(f'ipmon {option} ')) == {'all', '127.0.0.1', '::1', '2001:db8::10', 'lo', 'bare0', 'bare1'}
    assert complete('ipmon -i ba') == ['bare0', 'bare1']
    assert complete('ipmon -i 2001:db8::') == ['10']
    assert complete('ipmon -i 2001:d', breaks=' \n') == ['2001:db8::10']
    assert complete('ipmon --interface=ba', breaks=' \n') == ['--interface=bare0', '--interface=bare1']


def test_names_of_interfaces_are_not_run(complete, host, tmp_path):
    """Linux allows nearly every byte in them."""
    host.run('ip', 'link', 'add', 'name', '$(reboot)', 'type', 'veth', 'peer', 'name', 'a;b*')
    replies = complete('ipmon -i ')
    assert r'\$\(reboot\)' in replies and r'a\;b\*' in replies


def test_a_program_that_cannot_be_run_adds_nothing(complete):
    assert complete('ipmon -i ', program='/nowhere/ipmon') == ['all', 'lo']
    assert '--interface' in complete('ipmon --inter', program='/nowhere/ipmon')


class Shell:
    """An interactive bash with a terminal."""

    def __init__(self, folder, script):
        self.primary, secondary = os.openpty()
        self.process = subprocess.Popen(
            ['setsid', '--ctty', 'bash', '--norc', '--noprofile', '-i'], cwd=folder, stdin=secondary, stdout=secondary,
            stderr=secondary, env={'PATH': f'{folder}:/usr/bin:/bin', 'TERM': 'dumb', 'PS1': '> ', 'HOME': str(folder),
                                   'INPUTRC': '/dev/null', 'COLUMNS': '200'})
        os.close(secondary)
        self.type(f'. {script}\n', '> ')

    def type(self, text, awaited):
        """What is printed until the awaited text comes."""
        os.write(self.primary, text.encode())
        printed = ''
        while awaited not in printed:
            assert select.select([self.primary], [], [], TIMEOUT)[0], printed
            printed += os.read(self.primary, 4096).decode()
        return printed

    def close(self):
        os.close(self.primary)
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()


@pytest.fixture
def shell(tmp_path):
    (tmp_path / 'ipmon').symlink_to(BUILD / 'extcap' / 'ipmon')
    (tmp_path / 'a capture.pcapng').touch()
    opened = Shell(tmp_path, SCRIPT)
    yield opened
    opened.close()


def test_a_shell_with_a_terminal(shell):
    """Each key that completes is followed by what makes the end of the line visible."""
    for typed, completed in (('ipmon --packet-co', 'ipmon --packet-count '),
                             ('ipmon -i lo --log-level=deb', 'ipmon -i lo --log-level=debug '),
                             ('ipmon -i 127.0.0', 'ipmon -i 127.0.0.1 '),
                             ('ipmon -i ::', 'ipmon -i ::1 '),
                             ('ipmon -i lo -a dur', 'ipmon -i lo -a duration:'),
                             ('ipmon -i lo -b duration:9,filesi', 'ipmon -i lo -b duration:9,filesize:'),
                             ('ipmon -i lo -b packets:9,dur', 'ipmon -i lo -b packets:9,duration:'),
                             ('ipmon -i lo --record a', r'ipmon -i lo --record a\ capture.pcapng '),
                             ('ipmon -r a', r'ipmon -r a\ capture.pcapng ')):
        assert completed in shell.type(f'{typed}\t', completed)
        shell.type('\x15', '')  # Ctrl-U
    printed = shell.type('complete -p ipmon\n', '_ipmon ipmon')
    assert 'complete -F _ipmon ipmon' in printed


def test_it_is_installed_where_bash_looks(tmp_path):
    install_below(tmp_path)
    [installed] = tmp_path.rglob('bash-completion/completions/ipmon')
    assert installed.read_bytes() == SCRIPT.read_bytes() and installed.stat().st_mode & 0o777 == 0o644
    assert subprocess.run(['bash', '-n', installed], capture_output=True, check=True).stderr == b''
