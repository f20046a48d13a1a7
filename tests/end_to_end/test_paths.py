# The tree is built wherever it is, or refused in one line before anything is installed.
# SPDX-License-Identifier: GPL-2.0-or-later
import shutil
import subprocess
from pathlib import Path

import pytest

from programs import TIMEOUT

TREE = Path(__file__).parents[2]
NAMES = ['-a', 'a b', 'a#b', 'a$b$', "-a #<>$'&()[]*?`@b@,\t{}~^!=+%:: ä"]
REFUSED = ['a"b', 'a;b', 'a\\b', 'a|b', 'a\nb', 'a\rb', 'a${b}', 'a$(b)', 'a$ENV{b}', 'a$<b>', 'a\n']
ANSWER = 'the path of this folder has one of '


@pytest.fixture
def tree(programs):
    """A copy in a folder of this name, where only root can write."""
    top = programs.readable('elsewhere')

    def copy(name):
        shutil.rmtree(top, ignore_errors=True)
        ignored = shutil.ignore_patterns('build', '.git')
        return Path(shutil.copytree(TREE, top / name, ignore=ignored))
    yield copy
    shutil.rmtree(top, ignore_errors=True)


def configure(source, build, **options):
    return subprocess.run(['cmake', '-S', source, '-B', build, '-G', 'Ninja', '-DIPMON_TESTS=OFF'],
                          capture_output=True, timeout=TIMEOUT, text=True, **options)


@pytest.mark.parametrize('name', NAMES, ids=ascii)
def test_it_is_built_in_a_folder_of_this_name(tree, name):
    source = tree(name)
    build = source / 'build' / 'check'
    result = configure(source, build)
    assert result.returncode == 0, result.stderr
    for command in (['cmake', '--build', build, '--', '-n'],  # the whole, as far as Ninja reads it
                    ['cmake', '--build', build, '--target', 'extcap/CMakeFiles/ipmon_system.dir/system/mask.c.o']):
        result = subprocess.run(command, capture_output=True, timeout=TIMEOUT, text=True)
        assert result.returncode == 0, result.stdout
    assert 'Network events' in (build / 'extcap' / 'manual' / 'ipmon.html').read_text()


@pytest.mark.parametrize('script', ['run', 'tests/run'])
@pytest.mark.parametrize('name', NAMES, ids=ascii)
def test_the_scripts_find_themselves_in_a_folder_of_this_name(programs, tree, name, script):
    source = tree(name)
    for folder in (source, source.parent):
        command = str((source / script).relative_to(folder))
        result = subprocess.run(['bash', '-c', 'PATH=.:$PATH; "$0" --help', command], cwd=folder, text=True,
                                capture_output=True, timeout=TIMEOUT, env=programs.environment())
        assert result.stderr == '' and result.stdout.startswith(f'{"./" * (script == "run")}{script}  ')


@pytest.mark.parametrize('script', ['run', 'tests/run'])
@pytest.mark.parametrize('name', REFUSED, ids=ascii)
def test_the_scripts_refuse_a_folder_of_this_name(programs, tree, name, script):
    result = programs.run([tree(name) / script])
    assert (result.returncode, result.stdout) == (1, b'')
    [line] = result.stderr.decode().splitlines()
    assert line.startswith(f'run: {ANSWER}')


@pytest.mark.parametrize('name', REFUSED, ids=ascii)
def test_cmake_refuses_a_folder_of_this_name(tree, tmp_path, name):
    source = tree(name)
    inside = configure(source, source / 'build')
    assert inside.returncode != 0
    if '\\' in name:  # CMake makes a / of it
        assert 'does not exist' in inside.stderr
        return
    for result in (inside, configure(TREE, tmp_path / name)):
        assert result.returncode != 0
        assert 'CMake or Ninja cannot build in a folder whose path has one of' in result.stderr
