# What the tests of the window share: the programs, two hosts, one desktop, windows that are closed
# at the end of a test.
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / 'end_to_end'))

import network  # noqa: E402
from desktop import Desktop, picture_folder  # noqa: E402
from programs import Programs  # noqa: E402
from wireshark import Wireshark  # noqa: E402


@pytest.fixture(scope='session')
def programs():
    stage = Path(tempfile.mkdtemp(prefix='ipmon-gui-'))
    yield Programs(Path(os.environ['IPMON_BUILD']), stage)
    shutil.rmtree(stage)


@pytest.fixture(scope='session')
def desktop(programs):
    desktop = Desktop(programs, picture_folder())
    yield desktop
    desktop.close()


@pytest.fixture
def hosts():
    """Two quiet hosts; the window is on the far one."""
    pair = network.Pair()
    yield pair
    pair.close()


@pytest.fixture
def window(programs, desktop, hosts):
    """Makes windows on the far host."""
    made = []

    def make(*arguments, **options):
        made.append(Wireshark(programs, desktop, hosts.far, *arguments, **options))
        return made[-1]
    yield make
    for one in made:
        one.close()
