# Captures and replays by root that read and write files in folders of other users.
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import shutil
import subprocess
from pathlib import Path

import pytest

import pcapng
from capture_files import pcap
from programs import NOBODY, TIMEOUT, run_as
from replaying import PACKETS

REPLAY = ['--capture', '--extcap-interface', 'ipmon:file']
CAPTURE = ['--capture', '--extcap-interface', 'ipmon:127.0.0.1', '--timeout', '1']


@pytest.fixture
def folder(programs):
    """A user's, with a file that only this user reads."""
    made = programs.readable('folder of a user')
    made.mkdir()
    file = made / 'in.pcap'
    file.write_bytes(pcap(list(enumerate(PACKETS))))
    file.chmod(0o600)
    for path in (made, file):
        os.chown(path, NOBODY, NOBODY)
    made.chmod(0o700)
    yield made
    shutil.rmtree(made)


def run(programs, host, *arguments, prefix=()):
    """As root; status and error."""
    result = subprocess.run(['nsenter', f'--net={host.path}', *prefix, programs.ipmon_path, *arguments],
                            stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT)
    return result.returncode, result.stderr.decode()


def test_root_replays_a_user_s_file_into_the_user_s_folder(programs, host, folder):
    out, log = folder / 'out.pcapng', folder / 'log'
    assert run(programs, host, *REPLAY, '--file', folder / 'in.pcap', '--fifo', out,
               '--log-file', log) == (0, '')
    assert [packet.bytes for packet in pcapng.packets(pcapng.blocks(out.read_bytes()))] == PACKETS
    assert 'received 50 packets' in log.read_text()
    out.chmod(0o400)
    os.chown(out, NOBODY, NOBODY)
    assert run(programs, host, *REPLAY, '--file', folder / 'in.pcap', '--fifo', out) == (0, '')
    assert len(pcapng.packets(pcapng.blocks(out.read_bytes()))) == len(PACKETS)


@pytest.mark.parametrize('words', [REPLAY, CAPTURE], ids=['replay', 'capture'])
@pytest.mark.parametrize('option', ['--fifo', '--log-file'])
def test_root_without_power_over_files(programs, host, folder, words, option):
    file = ['--file', programs.copy_of(folder / 'in.pcap')] if words == REPLAY else []
    path = folder / 'new'
    rest = [] if option == '--fifo' else ['--fifo', '-']
    status, error = run(programs, host, *words, *file, option, path, *rest,
                        prefix=['setpriv', '--bounding-set=-dac_override,-dac_read_search', '--'])
    assert status == 1 and error.count('\n') == 1 and f"{option} '{path}'" in error
    assert 'although ipmon runs as root: it lacks CAP_DAC_OVERRIDE' in error
    assert error.endswith('run ipmon as the owner of the folder (EACCES)\n')


def test_root_without_power_over_the_file_to_replay(programs, host, folder):
    status, error = run(programs, host, *REPLAY, '--file', folder / 'in.pcap', '--fifo', '-',
                        prefix=['setpriv', '--bounding-set=-dac_override,-dac_read_search', '--'])
    assert status == 1 and error.count('\n') == 1
    assert error.startswith('ipmon: error 650: ') and 'run ipmon as the owner' in error


@pytest.fixture
def protection():
    """The kernel's, on for a moment."""
    path = Path('/proc/sys/fs/protected_regular')
    before = path.read_text()
    try:
        path.write_text('1')
    except OSError as error:
        pytest.skip(f'{path} cannot be set: {error}')
    yield
    path.write_text(before)


@pytest.mark.usefixtures('protection')
@pytest.mark.parametrize('words', [REPLAY, CAPTURE], ids=['replay', 'capture'])
@pytest.mark.parametrize('option', ['--fifo', '--log-file'])
def test_a_file_that_the_kernel_protects(programs, host, folder, words, option):
    common = programs.readable('common')
    common.mkdir()
    common.chmod(0o1777)
    path = common / 'there'
    path.write_bytes(b'as it was')
    path.chmod(0o666)
    os.chown(path, NOBODY, NOBODY)
    file = ['--file', folder / 'in.pcap'] if words == REPLAY else []
    rest = [] if option == '--fifo' else ['--fifo', '-']
    status, error = run(programs, host, *words, *file, option, path, *rest)
    kept = path.read_bytes()
    shutil.rmtree(common)
    assert status == 1 and kept == b'as it was' and error.count('\n') == 1
    assert f"{option} '{path}'" in error and 'it belongs to another user' in error
    assert 'fs.protected_regular' in error and 'remove it, or choose another name' in error


def test_a_user_gets_a_plain_message(programs, host, folder):
    readable = programs.copy_of(folder / 'in.pcap')
    os.chown(folder, 0, 0)
    result = programs.ipmon(*REPLAY, '--file', readable, '--fifo', folder / 'new', host=host)
    assert result.returncode == 1
    assert result.stderr.decode().endswith('for writing: Permission denied (EACCES)\n')


def test_the_capability_of_a_file_opens_no_file_of_others(host, folder, file_capability):
    """Even if it was given one that could."""
    program, group = file_capability
    subprocess.run(['setcap', 'cap_net_raw,cap_dac_override=ep', program], check=True)
    os.chown(folder / 'in.pcap', 0, 0)
    result = run_as(group, program, *REPLAY, '--file', folder / 'in.pcap', '--fifo', '-', host=host)
    assert (result.returncode, result.stdout) == (1, b'')
    assert b'error 650: ' in result.stderr and b'Permission denied' in result.stderr
