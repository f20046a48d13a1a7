# Fixtures of the tests of the window: one desktop, and windows that are closed at the end of a test.
# SPDX-License-Identifier: GPL-2.0-or-later
import pytest

import scene
from desktop import Desktop, picture_folder
from wireshark import PROFILE, PROFILE_NAME, Wireshark


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


@pytest.fixture
def remote_window(programs, desktop, fleet):
    """Makes windows on the client of ssh, of a user who may not capture there."""
    made = []

    def make(*arguments, **options):
        made.append(Wireshark(programs, desktop, fleet.client, *arguments, capture=False, **options))
        return made[-1]
    yield make
    for one in made:
        one.close()
    fleet.reset()


@pytest.fixture(scope='session')
def application():
    return scene.application()


@pytest.fixture
def show(programs, application, window):
    """Opens the scene in a window, in place of the one before."""
    file = application.write(programs.readable('application.pcap'))
    shown = []

    def make(*arguments, recent='', **options):
        if shown:
            shown[-1].close()
        shown.append(window(*arguments, str(file), recent=recent, **options))
        shown[-1].await_title('application.pcap')
        shown[-1].await_widget('label', 'Packets: .*')
        return shown[-1]
    return make


@pytest.fixture
def ours(show):
    """The scene in the profile of ipmon."""
    return lambda **options: show('-C', PROFILE_NAME, profile=PROFILE, **options)
