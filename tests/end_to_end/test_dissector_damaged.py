# The dissector, built with sanitizers, on captures of every kind with bytes flipped at random, the
# same ones in every run. How many files: IPMON_DAMAGED_FILES, 20 of the corpus if not given.
# SPDX-License-Identifier: GPL-2.0-or-later
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from capture_files import CORPUS, COUNT, generated
from programs import BUILD, TIMEOUT, Programs

SANITIZED = BUILD.parent / 'sanitize'
FLIPPED = '0.02'
LARGEST = 300_000  # bytes of a file, so that the whole takes a minute


@pytest.fixture
def sanitized():
    if not SANITIZED.is_dir():
        pytest.skip(f'no build with sanitizers at {SANITIZED}')
    stage = Path(tempfile.mkdtemp(prefix='ipmon-tests-'))
    yield Programs(SANITIZED, stage)
    shutil.rmtree(stage)


def chosen(folder):
    files = sorted(path for path in CORPUS.rglob('*')
                   if path.is_file() and 0 < path.stat().st_size <= LARGEST)
    step = max(1, len(files) // COUNT)
    return files[::step][:COUNT] or generated(folder)


def damaged(folder):
    for number, file in enumerate(chosen(folder)):
        copy = folder / f'damaged-{number}'
        subprocess.run(['editcap', '-E', FLIPPED, '--seed', str(number), file, copy],
                       capture_output=True)
        if copy.exists():  # else the file is no capture at all
            yield file, copy


def library():
    name = subprocess.run(['gcc', '-print-file-name=libasan.so'], capture_output=True, text=True,
                          check=True).stdout.strip()
    return Path(name).resolve()


def dissect(programs, file):
    command = programs.command(['tshark', '-n', '-r', file, '-V', '-o', 'ipmon.summary:TRUE'])
    environment = {**programs.environment(), 'LD_PRELOAD': str(library()),
                   'ASAN_OPTIONS': 'detect_leaks=0:abort_on_error=1',
                   'UBSAN_OPTIONS': 'print_stacktrace=1'}
    return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=5 * TIMEOUT, cwd=programs.stage)


def test_flipped_bytes(sanitized):
    folder = sanitized.stage / 'files'
    folder.mkdir(mode=0o755)
    records = files = 0
    for original, file in damaged(folder):
        file.chmod(0o644)
        result = dissect(sanitized, file)
        error = result.stderr.decode(errors='replace')
        text = result.stdout.decode(errors='replace')
        files += 1
        assert result.returncode in (0, 2), (original, result.returncode, error[-3000:])
        assert 'AddressSanitizer' not in error and 'runtime error' not in error, (original, error)
        assert not re.search(r'Dissector bug, protocol IP ?Mon', text, re.I), original
        assert not re.search(r'Malformed Packet: IP ?Mon', text, re.I), original
        records += len(re.findall(r'^IP Monitor: ', text, re.M))
        file.unlink()
    print(f'{files} files, {records} records')
    assert files > 0 and records > 0
