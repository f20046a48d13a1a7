# What is installed is for everybody, whatever the umask of who cloned, built and installed it.
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from programs import BUILD, TIMEOUT, build_alone

TREE = Path(__file__).parents[2]
CLOSED = 0o077
PARTS = ('extcap', 'plugin')  # which files are installed from


def close(folder):
    """Everything as it is when it was made with this umask."""
    for path in [folder, *folder.rglob('*')]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~CLOSED)


@pytest.fixture(scope='module')
def closed_build(tmp_path_factory):
    """A build folder of a tree, both made with the umask: copies, whose scripts know no others."""
    top = tmp_path_factory.mktemp('closed')
    tree, copy = top / 'tree', top / 'build'
    for part in PARTS:
        shutil.copytree(TREE / part, tree / part)
    with build_alone():
        shutil.copytree(BUILD, copy, symlinks=True, ignore=shutil.ignore_patterns('*.o', 'test_*'))
    for script in copy.rglob('cmake_install.cmake'):
        script.write_text(script.read_text().replace(str(BUILD), str(copy)).replace(f'{TREE}/', f'{tree}/'))
    close(top)
    return copy


@pytest.fixture(scope='module')
def root(programs, closed_build):
    """What this build installs, with this umask, into a folder that is not there yet."""
    folder = programs.readable('installed') / 'root'
    subprocess.run(['cmake', '--install', closed_build], check=True, timeout=TIMEOUT, umask=CLOSED,
                   capture_output=True, env={**os.environ, 'DESTDIR': str(folder)})
    yield folder
    shutil.rmtree(folder.parent)


def test_an_ordinary_user_can_read_all_of_it(programs, root):
    found = programs.run(['find', root, '!', '-type', 'l', '!', '-readable', '-o',
                          '-type', 'd', '!', '-executable'])
    assert (found.returncode, found.stdout, found.stderr) == (0, b'', b'')


def test_files_and_folders_have_the_usual_permissions(root):
    modes = {path: path.stat().st_mode & 0o7777 for path in [root.parent, *root.parent.rglob('*')]
             if not path.is_symlink()}
    folders = {path for path in modes if path.is_dir()}
    assert {modes[path] for path in folders} == {0o755}
    programs = {path for path in modes if path.match('bin/ipmon') or path.match('archive/ipmon-archive')}
    assert [modes[path] for path in programs] == [0o755, 0o755]
    assert {mode for path, mode in modes.items() if path not in {*folders, *programs}} == {0o644}


@pytest.mark.parametrize('pattern', ['bin/ipmon', 'extcap/ipmon', 'epan/ipmon.so', 'man/man1/ipmon.1',
                                     'man/man5/ipmon.5', 'doc/ipmon/ipmon.html', 'doc/ipmon/*.png', 'bash-completion/completions/ipmon',
                                     'systemd/system/ipmon@.service', 'bin/ipmon-archive', 'ipmon/archive/task.py',
                                     'man/man1/ipmon-archive.1',
                                     'profiles/IP Monitor/preferences'])
def test_it_is_all_there(root, pattern):
    assert any(path.match(pattern) for path in root.rglob('*'))


def test_not_everybody_gets_the_capability_of_a_program_that_is_up_to_date(closed_build, tmp_path):
    def install():
        subprocess.run(['cmake', '--install', closed_build], check=True, timeout=TIMEOUT,
                       capture_output=True, env={**os.environ, 'DESTDIR': str(tmp_path)})

    install()
    [program] = tmp_path.rglob('bin/ipmon')
    subprocess.run(['bash', '-c', '. "$1"; permit_capturing "$2" 4242', '-', TREE / 'run', program], check=True)
    install()
    assert program.stat().st_mode & 0o7777 == 0o755
    assert subprocess.run(['getcap', program], capture_output=True, check=True).stdout == b''
