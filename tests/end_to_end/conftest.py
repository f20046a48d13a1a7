# What the end-to-end tests share: the programs under test, network namespaces, the corpus.
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

import network
from programs import Programs

os.umask(0o022)  # what a test writes is read by an ordinary user


@pytest.fixture(scope='session')
def programs():
    build = Path(os.environ['IPMON_BUILD'])
    stage = Path(tempfile.mkdtemp(prefix='ipmon-tests-'))
    yield Programs(build, stage)
    shutil.rmtree(stage)


@pytest.fixture
def hosts():
    """Two quiet hosts, joined by a veth pair, without IPv6 chatter of their own."""
    pair = network.Pair()
    yield pair
    pair.close()


@pytest.fixture
def host():
    """One host with nothing but a loopback."""
    alone = network.Host('alone')
    yield alone
    alone.close()


@pytest.fixture(scope='module')
def path():
    """A client, a router and a server, with IPv4 and IPv6."""
    three = network.Path()
    yield three
    three.close()


@pytest.fixture
def own_clock(programs, monkeypatch):
    """
    Gives programs a clock of their own from now on, so many seconds from the kernel's, by which
    packets are stamped: `before`, and `after` from SIGALRM on.
    """
    library = programs.readable('clock_set.so')
    subprocess.run(['gcc', '-shared', '-fPIC', '-D_GNU_SOURCE', '-o', library,
                    Path(__file__).with_name('clock_set.c')], check=True)

    def give(before, after):
        environment = {**programs.environment(), 'LD_PRELOAD': str(library),
                       'CLOCK_BEFORE': str(before), 'CLOCK_AFTER': str(after)}
        monkeypatch.setattr(programs, 'environment', lambda: environment)

    return give


@pytest.fixture(scope='session')
def corpus():
    folder = Path(os.environ.get('IPMON_CORPUS', 'no corpus'))
    if not folder.is_dir():
        pytest.skip(f'no corpus of captures at {folder} (variable IPMON_CORPUS)')
    return folder
