# Network events that ipmon finds in its own system calls: logged by name.
# SPDX-License-Identifier: GPL-2.0-or-later
import pytest

from capturing import Capture, refusal
from network import Pair, wait_until


def down(hosts):
    hosts.far.run('ip', 'link', 'set', 'far0', 'down')


def without_addresses(hosts):
    hosts.far.run('ip', 'address', 'flush', 'dev', 'far0')
    hosts.far.run('ip', 'link', 'set', 'lo', 'down')
    hosts.far.run('ip', 'address', 'flush', 'dev', 'lo')


@pytest.mark.parametrize('prepare,source,event', [
    (lambda hosts: None, 'ipmon:192.0.2.99', 'in_pcbbind-badaddr (ERROR, aux)'),
    (lambda hosts: None, f'ipmon:{Pair.FAR}%lo', 'in_control-noifdata (ERROR, aux)'),
    (without_addresses, 'ipmon:192.0.2.99', 'in_pcbbind-noaddr (ERROR, aux)'),
    (down, f'ipmon:{Pair.FAR}', 'ifpromisc-ifdown (CRITICAL, aux)'),
])
def test_an_event_at_the_start(programs, hosts, log, prepare, source, event):
    prepare(hosts)
    refusal(programs, hosts.far, source, '--log-file', log.path)
    assert f'error: network event {event}: ' in log.text()


def test_an_interface_that_goes_down_and_away(programs, hosts, log):
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--log-file', log.path)
    down(hosts)
    wait_until(lambda: 'network event ether_output-ifdown (CRITICAL, core): interface far0 went down'
               in log.text(), 'nothing of it in the log')
    hosts.far.run('ip', 'link', 'delete', 'far0')
    capture.finish()
    assert 'network event ether_output-ifdown (CRITICAL, core): interface far0 (' in log.text()
