# The window and other machines: their sources in the options dialog.
# SPDX-License-Identifier: GPL-2.0-or-later
import re

import pytest

from remote_window import LISTED, OPTIONS, reload
from wireshark import preference


@pytest.fixture
def window(remote_window):
    return remote_window()


def test_the_sources_of_two_hosts(window):
    reload(window, 'server1 server2')
    window.click('combo box', 'all interfaces', OPTIONS)
    window.await_widget('list item', 'server2: 10.8.2.2 on eth2')
    window.picture('remote-sources')
    window.click('list item', 'server2: eth2')
    window.await_widget('combo box', 'server2: eth2', OPTIONS)
    window.picture('remote-chosen')
    window.click('push button', 'Save', OPTIONS)
    window.await_no_title(OPTIONS)


def test_a_fault_is_shown(window, fleet):
    fleet.servers[1].install('')
    reload(window, 'server2')
    window.click('combo box', 'No list of sources: see here', OPTIONS)
    window.await_widget('list item', '.*server2: bash: line 1:')
    window.await_widget('list item', 'ipmon: command not found;.*')
    window.picture('remote-fault')


def test_a_capture_on_two_hosts(remote_window, fleet):
    """Its filter is checked while it is typed."""
    one = remote_window(preferences={preference('ipmon:remote', 'remote-host'): 'server1 server2'})
    one.click('tree item', re.escape(LISTED))
    one.click('text', 'Capture filter entry|.*capture filter.*')
    one.desktop.type('udp port 9')
    one.click('tree item', re.escape(LISTED), times=2)
    fleet.await_capture(*fleet.servers)
    for server in fleet.servers:
        fleet.send(server, 3)
    one.await_widget('label', 'Packets: 6.*')
    one.click('push button', 'Pause')
    one.await_widget('push button', 'Resume')
    one.picture('remote-capture')
