# Ten other machines in one window.
# SPDX-License-Identifier: GPL-2.0-or-later
import re

import pytest

from network import wait_until
from programs import TIMEOUT
from remote_window import LISTED, OPTIONS, reload
from ssh_server import Fleet

COUNT = 10
HOSTS = ' '.join(f'server{number + 1}' for number in range(COUNT))
EACH = 3  # datagrams to each host


@pytest.fixture(scope='module')
def fleet(programs):
    made = Fleet(programs, COUNT)
    yield made
    made.close()


@pytest.fixture
def window(remote_window):
    """Its list is scrolled down to the sources: the client has an interface to each host."""
    one = remote_window()
    one.desktop.move_to(one.await_widget('tree item', 'to-server1'))
    one.desktop.run('xdotool', 'click', '--repeat', 40, '--delay', 10, 5)
    one.click('tree item', re.escape(LISTED))
    return one


def send(fleet):
    for server in fleet.servers:
        fleet.send(server, EACH)


def test_ten_hosts(window, fleet):
    """One dialog: they are listed, captured from, paused, resumed and stopped."""
    window.click('text', 'Capture filter entry|.*capture filter.*')
    window.desktop.type('udp port 9')
    reload(window, HOSTS)
    window.click('combo box', 'all interfaces', OPTIONS)
    window.await_widget('list item', 'server1: eth1')
    window.picture('ten-sources')
    window.click('list item', 'all interfaces')
    window.click('push button', 'Save', OPTIONS)
    window.await_no_title(OPTIONS)
    window.click('tree item', re.escape(LISTED), times=2)
    fleet.await_capture(*fleet.servers)
    send(fleet)
    window.await_widget('label', f'Packets: {EACH * COUNT}( .*)?')
    window.click('push button', 'Pause')
    window.await_widget('push button', 'Resume')
    send(fleet)
    window.picture('ten-paused')
    window.click('push button', 'Resume')
    window.await_widget('push button', 'Pause')
    send(fleet)
    window.await_widget('label', f'Packets: {2 * EACH * COUNT}( .*)?')
    window.picture('ten-resumed')
    window.click('push button', 'Stop')
    wait_until(lambda: not any(server.host.is_capturing() for server in fleet.servers), 'somebody still captures',
               TIMEOUT)


def test_two_of_ten_hosts_are_down(window, fleet):
    """The dialog names them with the reasons; the others are captured from."""
    down = fleet.servers[3], fleet.servers[6]
    for server in down:
        server.stop()
    try:
        reload(window, HOSTS)
        window.click('combo box', 'all interfaces; 2 of 10 hosts failed', OPTIONS)
        for server in down:
            window.await_widget('list item', f'error 10061: {server.name}: .*')
        window.picture('ten-two-down')
        window.click('list item', 'all interfaces; 2 of 10 hosts failed')
        window.click('push button', 'Save', OPTIONS)
        window.await_no_title(OPTIONS)
        window.click('tree item', re.escape(LISTED), times=2)
        running = [server for server in fleet.servers if server not in down]
        fleet.await_capture(*running)
        for server in running:
            fleet.send(server, EACH)
        window.await_widget('label', 'Packets: [1-9].*')
        window.picture('ten-two-down-capture')
    finally:
        for server in down:
            server.start()
