# Fixtures of the tests of the window: one desktop, and windows that are closed at the end of a test.
# SPDX-License-Identifier: GPL-2.0-or-later
import pytest

from desktop import Desktop, picture_folder
from wireshark import Wireshark


@pytest.fixture(scope='session')
def desktop(programs):
    desktop = Desktop(programs, picture_folder())
    yield desktop
    desktop.close()


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
