# The window answers who failed and why: the record of a packet, its links and filters, the statistics.
# SPDX-License-Identifier: GPL-2.0-or-later
import re

import pytest


# One Wireshark each: where a window of the same kind was closed before, Qt may not name the next one.
@pytest.mark.parametrize('name, row', [('Packets', 'EF|Expedited Forwarding|CRITIC/ECP'), ('Network events', 'ipintr-badsum'),
                                       ('Socket errors', '.*ECONNREFUSED.*')])
def test_statistics(show, name, row):
    one = show()
    one.menu('Statistics', 'IP Monitor', name)
    title = one.await_title(f'Wireshark · .*{name} · application.pcap')
    one.await_widget('tree item', row, re.escape(title))
    one.picture('statistics-' + name.lower().replace(' ', '-'))
