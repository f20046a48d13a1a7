# The window and other machines: their sources in the options dialog.
# SPDX-License-Identifier: GPL-2.0-or-later
import re

import pytest

from wireshark import Wireshark

LISTED = 'IP Monitor over ssh: ipmon:remote'
OPTIONS = f'Wireshark · Interface Options: {re.escape(LISTED)}'


@pytest.fixture
def window(programs, desktop, fleet):
    """A window on the client of ssh, of a user who may not capture there."""
    one = Wireshark(programs, desktop, fleet.client, capture=False)
    yield one
    one.close()
    fleet.reset()


def open_dialog(one):
    one.click_before('tree item', re.escape(LISTED))
    one.await_title(OPTIONS)


def reload(one, hosts):
    open_dialog(one)
    one.fill_behind('label', 'Remote hosts', hosts, OPTIONS)
    one.click('push button', 'Reload data', OPTIONS)


def test_the_sources_of_two_hosts(window, fleet):
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
