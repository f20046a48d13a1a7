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


def test_ssh_into_the_window(remote_window, fleet):
    """ssh HOST ipmon -i SOURCE -w - | wireshark -k -i -"""
    client = fleet.programs.start(['ssh', '-n', 'server1', "ipmon -i eth1 -w - 'udp port 9'"], host=fleet.client)
    try:
        one = remote_window('-k', '-i', '-', stdin=client.stdout)
        fleet.await_capture(fleet.servers[0])
        # Of what comes before the window has opened the file, Wireshark may show nothing until the next packet.
        one.await_title('Capturing from .*')
        fleet.send(fleet.servers[0], 3)
        one.await_widget('label', 'Packets: 3.*')
        one.picture('remote-pipe')
    finally:
        client.kill()
        client.communicate()


def test_a_source_that_is_not_listed(remote_window, fleet):
    """A host of many containers: the list says what to do, and that is captured."""
    host = fleet.servers[1].host
    commands = fleet.programs.readable('links')
    commands.write_text(''.join(f'link add veth{number} group 7 type veth peer name peer{number} group 7\n'
                                for number in range(200)))
    host.run('ip', '-batch', str(commands))
    host.run('ip', 'link', 'set', 'peer199', 'up')
    try:
        one = remote_window()
        reload(one, 'server2')
        one.click('combo box', 'all interfaces', OPTIONS)
        one.await_widget('list item', 'eth2')
        one.desktop.key('End')
        one.await_widget('list item', 'server2: and [0-9]+ more; enter')
        one.picture('remote-many')
        one.desktop.key('Escape')
        one.fill_behind('label', 'Remote hosts', 'server2=peer199', OPTIONS)
        one.click('push button', 'Save', OPTIONS)
        one.await_no_title(OPTIONS)
        one.click('tree item', re.escape(LISTED), times=2)
        one.await_title('.*IP Monitor over ssh.*')
        fleet.await_capture(fleet.servers[1])
        one.picture('remote-typed')
    finally:
        host.run('ip', 'link', 'delete', 'group', '7')
