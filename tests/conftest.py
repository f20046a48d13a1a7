# What the end-to-end tests and the tests of the window share: the build under test, and two hosts.
# Some tests, by a part of their names (-B: no bytecode is left in the source tree):
#   sudo python3 -B -m pytest tests/end_to_end/test_events.py -k badsum
#   sudo python3 -B -m pytest tests/gui -k pause
# The folder of the build is IPMON_BUILD, default build/check, which tests/run makes.
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import shutil
import tempfile
from pathlib import Path

import pytest

import network
from programs import BUILD, Programs
from ssh_server import Fleet

os.umask(0o022)  # what a test writes is read by an ordinary user


@pytest.fixture(scope='session')
def programs():
    """The programs of the build, in a folder that an ordinary user can read."""
    if os.geteuid() != 0:
        pytest.exit('these tests make network namespaces: run them as root', 2)
    if not BUILD.is_dir():
        pytest.exit(f'no build at {BUILD}: set IPMON_BUILD, or run tests/run', 2)
    stage = Path(tempfile.mkdtemp(prefix='ipmon-tests-'))
    yield Programs(BUILD, stage)
    shutil.rmtree(stage)


@pytest.fixture
def hosts():
    """Two quiet hosts, joined by a veth pair, without IPv6 chatter of their own."""
    pair = network.Pair()
    yield pair
    pair.close()


@pytest.fixture(scope='module')
def fleet(programs):
    """A client of ssh and two servers, which it may log in to as root."""
    made = Fleet(programs)
    yield made
    made.close()
