# The program and the plugin are built so that a mistake in them is hard to make use of.
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import re
import subprocess

import pytest

from programs import BUILD

PROGRAM = BUILD / 'extcap' / 'ipmon'
FILES = {'program': 'extcap/ipmon', 'replay': 'extcap/replay/ipmon-replay.so',
         'plugin': 'plugin/*/epan/ipmon.so'}
PROCESS = 'extcap/process_module/ipmon-process.so'  # only where its compiler is
if (BUILD / PROCESS).exists():
    FILES['process'] = PROCESS


def readelf(file, *options):
    result = subprocess.run(['readelf', '--wide', *options, file], capture_output=True, text=True,
                            check=True, env={**os.environ, 'LC_ALL': 'C'})
    assert not result.stderr
    return result.stdout


@pytest.fixture(params=FILES.values(), ids=FILES.keys())
def binary(request):
    [file] = BUILD.glob(request.param)
    return file


def test_it_is_loaded_anywhere(binary):
    assert re.search(r'Type: +DYN ', readelf(binary, '--file-header'))
    assert 'TEXTREL' not in readelf(binary, '--dynamic')


def test_the_program_is_position_independent():
    assert re.search(r'FLAGS_1\) .*\bPIE\b', readelf(PROGRAM, '--dynamic'))


def test_its_tables_cannot_be_written(binary):
    assert 'GNU_RELRO' in readelf(binary, '--program-headers')
    dynamic = readelf(binary, '--dynamic')
    assert re.search(r'\(FLAGS\) +BIND_NOW|FLAGS_1\) .*\bNOW\b', dynamic)


def test_nothing_is_both_writable_and_executable(binary):
    headers = readelf(binary, '--program-headers')
    segments = re.findall(r'^  (\w+) +0x\S+ +0x\S+ +0x\S+ +0x\S+ +0x\S+ +([RWE ]{3}) ', headers, re.M)
    assert {name for name, _ in segments} >= {'LOAD', 'GNU_STACK'}
    assert all(not ('W' in flags and 'E' in flags) for _, flags in segments), headers


def test_it_watches_its_stack(binary):
    assert re.search(r'UND __stack_chk_fail\b', readelf(binary, '--dyn-syms'))


def test_the_program_watches_its_copies():
    # The plugin calls no function of libc that could copy too much.
    assert re.search(r'UND __\w+_chk@', readelf(PROGRAM, '--dyn-syms'))


def test_no_path_is_searched_for_libraries_but_the_system_s(binary):
    assert not re.search(r'\((RPATH|RUNPATH)\)', readelf(binary, '--dynamic'))
