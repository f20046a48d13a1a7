# Only a replay needs libwiretap, whose name changes with each minor version of Wireshark: what a
# Wireshark leaves behind that was upgraded still lists and captures, and says what a replay needs.
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from scapy.all import IP, UDP, wrpcap

from programs import TIMEOUT

MODULE = Path('replay', 'ipmon-replay.so')


@pytest.fixture
def copy(programs):
    """The program without its module."""
    folder = programs.readable('upgraded')
    folder.mkdir()
    shutil.copy(programs.ipmon_path, folder / 'ipmon')
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def file(programs):
    path = programs.readable('one.pcap')
    wrpcap(str(path), [IP() / UDP()])
    path.chmod(0o644)
    return path


def give_module_of_another_version(programs, folder):
    module = (programs.extcap / MODULE).read_bytes()
    start = module.index(b'libwiretap.so.')
    end = module.index(b'\0', start)
    path = folder / MODULE
    path.parent.mkdir()
    path.write_bytes(module[:end - 1] + b'?' + module[end:])
    path.chmod(0o755)


def replay(programs, program, file):
    return programs.run([program, '--capture', '--extcap-interface', 'ipmon:file', '--file', file, '--fifo', '-'])


def test_the_program_needs_no_library_of_wireshark_s(programs):
    dynamic = subprocess.run(['readelf', '--wide', '--dynamic', programs.ipmon_path], capture_output=True,
                             text=True, check=True, env={**os.environ, 'LC_ALL': 'C'}).stdout
    needed = [line for line in dynamic.splitlines() if '(NEEDED)' in line]
    assert any('libpcap' in line for line in needed)
    assert not any(name in line for line in needed for name in ('wiretap', 'wsutil', 'wireshark', 'glib'))


def test_with_its_module_it_replays(programs, file):
    result = replay(programs, programs.ipmon_path, file)
    assert (result.returncode, result.stderr) == (0, b'') and result.stdout


def test_a_replay_says_which_library_is_missing_and_what_helps(programs, copy, file):
    give_module_of_another_version(programs, copy)
    result = replay(programs, copy / 'ipmon', file)
    assert (result.returncode, result.stdout) == (1, b'')
    assert result.stderr.count(b'\n') == 1
    for part in (b'libwiretap.so.', b'built for Wireshark ', b'install ipmon again'):
        assert part in result.stderr


def test_all_else_works_with_the_module_of_another_version(programs, copy):
    give_module_of_another_version(programs, copy)
    for arguments in (['--extcap-interfaces'], ['--extcap-config', '--extcap-interface', 'ipmon:file'],
                      ['--list-errors'], ['--extcap-capture-filter', 'udp port 53']):
        result = programs.run([copy / 'ipmon', *arguments])
        assert (result.returncode, result.stderr) == (0, b'')
    result = programs.run([copy / 'ipmon', '--capture', '--extcap-interface', 'ipmon:127.0.0.1', '--fifo', '-',
                           '--timeout', '1'], capture=True)
    assert (result.returncode, result.stderr) == (0, b'') and result.stdout


def test_a_replay_without_a_module(programs, copy, file):
    """With what is installed hidden."""
    hide = 'for folder in /usr/local/lib/ipmon /usr/lib/*/ipmon; do [ ! -d "$folder" ] || ' \
           'mount -t tmpfs tmpfs "$folder"; done; exec "$@"'
    result = subprocess.run(['unshare', '--mount', 'sh', '-c', hide, '-', copy / 'ipmon', '--capture',
                             '--extcap-interface', 'ipmon:file', '--file', file, '--fifo', '-'],
                            stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT)
    assert (result.returncode, result.stdout) == (1, b'')
    assert result.stderr.count(b'\n') == 1 and b'ipmon-replay.so' in result.stderr
