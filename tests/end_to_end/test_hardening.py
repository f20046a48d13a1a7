# The program and the plugin are built so that a mistake in them is hard to make use of.
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import re
import subprocess
from pathlib import Path

import pytest

BUILD = Path(os.environ['IPMON_BUILD'])
FILES = {'program': BUILD / 'extcap' / 'ipmon',
         'plugin': next((BUILD / 'plugin').glob('*/epan/ipmon.so'))}


def readelf(file, *options):
    result = subprocess.run(['readelf', '--wide', *options, file], capture_output=True, text=True,
                            check=True, env={**os.environ, 'LC_ALL': 'C'})
    assert not result.stderr
    return result.stdout


@pytest.fixture(params=FILES.values(), ids=FILES.keys())
def file(request):
    return request.param


def test_it_is_loaded_anywhere(file):
    assert re.search(r'Type: +DYN ', readelf(file, '--file-header'))
    assert 'TEXTREL' not in readelf(file, '--dynamic')


def test_the_program_is_position_independent():
    assert re.search(r'FLAGS_1\) .*\bPIE\b', readelf(FILES['program'], '--dynamic'))


def test_its_tables_cannot_be_written(file):
    assert 'GNU_RELRO' in readelf(file, '--program-headers')
    dynamic = readelf(file, '--dynamic')
    assert re.search(r'\(FLAGS\) +BIND_NOW|FLAGS_1\) .*\bNOW\b', dynamic)


def test_nothing_is_both_writable_and_executable(file):
    headers = readelf(file, '--program-headers')
    segments = re.findall(r'^  (\w+) +0x\S+ +0x\S+ +0x\S+ +0x\S+ +0x\S+ +([RWE ]{3}) ', headers, re.M)
    assert {name for name, _ in segments} >= {'LOAD', 'GNU_STACK'}
    assert all(not ('W' in flags and 'E' in flags) for _, flags in segments), headers


def test_it_watches_its_stack(file):
    assert re.search(r'UND __stack_chk_fail\b', readelf(file, '--dyn-syms'))


def test_the_program_watches_its_copies():
    # The plugin calls no function of libc that could copy too much.
    assert re.search(r'UND __\w+_chk@', readelf(FILES['program'], '--dyn-syms'))


def test_no_path_is_searched_for_libraries_but_the_system_s(file):
    assert not re.search(r'\((RPATH|RUNPATH)\)', readelf(file, '--dynamic'))
