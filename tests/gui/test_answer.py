# The window answers who failed and why: the record of a packet, its links and filters, the statistics.
# SPDX-License-Identifier: GPL-2.0-or-later
import re
import subprocess

import pytest

from details import Details
from wireshark import PROFILE, PROFILE_NAME

# Room for all items of a record.
TALL = 'gui.geometry_main_upper_pane: 140\ngui.geometry_main_lower_pane: 1100\n'
PARTS = ['ipmon.error.local.port', 'ipmon.error.remote.port', 'ipmon.error.protocol', 'ipmon.error.reporter.kind',
         'ipmon.error.packet', 'ipmon.error.reason', 'ipmon.error.name', 'ipmon.error.errno', 'ipmon.error.winsock',
         'ipmon.error.winsock_name', 'ipmon.error.socket', 'ipmon.error.fatal', 'ipmon.error.reported_to', 'ipmon.error.hint']
ADDRESSES = ['ipmon.error.local.address', 'ipmon.error.remote.address', 'ipmon.error.reporter']
ADDRESSES6 = ['ipmon.error.local.address6', 'ipmon.error.remote.address6', 'ipmon.error.reporter6']


@pytest.fixture
def tall(ours):
    return lambda: ours(recent=TALL)


def test_record_of_an_error(ours, application):
    """The error and its events are open at the top, the header is closed."""
    one = ours()
    one.select(application.number['filtered'])
    parts = Details(one).parts('IP Monitor: EHOSTUNREACH for 10.11.2.2:7001 .from router 10.11.1.1.')
    one.picture('error')
    assert parts[0][0].startswith('[Socket Error: EHOSTUNREACH')
    assert ('[Error Name: EHOSTUNREACH]', 2) in parts


def test_order_of_a_record(tall, application):
    one = tall()
    one.go_to(application.number['filtered'])
    parts = Details(one).parts('IP Monitor: .*')
    kinds = [re.match(r'\[?(.*?):', name)[1] for name, depth in parts if depth == 1]
    assert kinds == ['Socket Error', 'Network Events', 'IP Header', 'Payload']
    open_ones = {parts[i][0] for i in range(len(parts) - 1) if parts[i + 1][1] > parts[i][1]}
    assert {re.match(r'\[?(.*?):', name)[1] for name in open_ones} >= {'Socket Error', 'Network Events'}
    assert not [name for name, _ in parts if name.startswith('Time to Live')]
    one.picture('record-of-an-error')


@pytest.mark.parametrize('error, failed', [('port unreachable', 'datagram'), ('reset', 'refused'), ('third6', 'datagram6'),
                                           ('filtered', 'prohibited'), ('given up', 'unanswered')])
def test_links(tall, application, error, failed):
    """From an error to the packet that failed, and back."""
    one = tall()
    error, failed = application.number[error], application.number[failed]
    one.go_to(error)
    Details(one).follow(rf'\[.*: {failed}\]')
    one.await_packet(failed)
    Details(one).follow(rf'\[.*: {error}\]')
    one.await_packet(error)


def test_link_to_a_packet_that_is_not_displayed(tall, application):
    """The number is right all the same, and leads there once the filter is gone. Until then Wireshark
    stays where it is, or from 4.2 on goes to the displayed packet before."""
    one = tall()
    one.apply('ipmon.error.name')
    one.await_count(8, of=80)
    one.select(application.number['port unreachable'])
    link = rf'\[.*: {application.number["datagram"]}\]'
    Details(one).follow(link)
    one.await_count(8, of=80)
    one.clear_filter()
    one.await_count(80, of=80)
    one.go_to(application.number['port unreachable'])
    Details(one).follow(link)
    one.await_packet(application.number['datagram'])


def displayed(programs, file, text):
    """Numbers of the packets that a filter finds, as tshark has them in two passes."""
    return [int(row[0][0]) for row in programs.fields(file, ['frame.number'], '-2', '-Y', text)]


def apply_each(one, programs, file, items):
    """Applies each item as filter; the packets that are displayed each time, by filter."""
    found = {}
    for name in items:
        text = Details(one).filter_of(re.escape(name))
        found[text] = displayed(programs, file, text)
        one.await_count(len(found[text]), of=80)
    return found


@pytest.mark.parametrize('packet, parent, wanted, fields', [
    ('filtered', 'Socket Error', '.*', PARTS + ADDRESSES),
    ('third6', 'Socket Error', '(Local Address|Remote Address|Reporter|Count): .*', [*ADDRESSES6, 'ipmon.error.count']),
    ('datagram6', 'IP Monitor', 'Error in: .*', ['ipmon.error.answered_in']),
    ('datagram', 'IP Header', '(Source .*|Destination .*|Identification): .*',
     ['ipmon.src', 'ipmon.dst', 'ipmon.srcport', 'ipmon.dstport', 'ipmon.id']),
    ('datagram6', 'IP Header', '(Source|Destination) Address: .*', ['ipmon.src6', 'ipmon.dst6'])])
def test_apply_as_filter(tall, programs, application, packet, parent, wanted, fields):
    """Each item gives a filter that the bar accepts and that shows the packet."""
    one = tall()
    number = application.number[packet]
    one.go_to(number)
    details = Details(one)
    if parent == 'IP Header':
        details.open('IP Header.*')
    items = [name for name, depth in details.parts(rf'\[?{parent}.*')
             if depth == 1 and 'Expert Info' not in name and re.fullmatch(wanted, name.strip('[]'))]
    found = apply_each(one, programs, programs.readable('application.pcap'), items)
    assert {text.split(' ')[0] for text in found} >= set(fields)
    assert {text: numbers for text, numbers in found.items() if number not in numbers} == {}


# One Wireshark each: where a window of the same kind was closed before, Qt may not name the next one.
@pytest.mark.parametrize('name, row', [('Packets', r'CS6 \(48\)'), ('Network events', 'ipintr-badsum'),
                                       ('Socket errors', '10.11.2.2:5432')])
def test_statistics(ours, name, row):
    one = ours()
    one.menu('Statistics', 'IP Monitor', name)
    title = one.await_title(f'Wireshark · .*{name} · application.pcap')
    one.await_widget('tree item', '.+', re.escape(title))
    assert one.listed(row, re.escape(title))
    one.picture('statistics-' + name.lower().replace(' ', '-'))


def test_statistics_of_processes(programs, application, window):
    plain, file = application.write(programs.readable('plain.pcap')), programs.readable('processes.pcapng')
    lines = 'PID: 1234\nThreadId: 1234\nUserId: 1000\nName: curl\nRole: sender\nHow: connect\nCertainty: exact'
    subprocess.run(['editcap', '-a', f'{application.number["refused"]}:{lines}', plain, file], check=True)
    one = window('-C', PROFILE_NAME, str(file), recent='', profile=PROFILE)
    one.await_title('processes.pcapng')
    one.await_widget('label', 'Packets: .*')
    one.menu('Statistics', 'IP Monitor', 'Processes')
    title = re.escape(one.await_title('Wireshark · .*Processes · processes.pcapng'))
    one.await_widget('tree item', r'curl \(pid 1234, user 1000\)', title)
    one.picture('statistics-processes')
    # Its packet, its bytes, and the error that it got.
    assert len(one.listed(r'curl \(pid 1234, user 1000\)', title)) == 3


def test_connections(ours):
    """One row for each, with its verdict."""
    one = ours()
    one.menu('Statistics', 'IP Monitor Connections')
    title = re.escape(one.await_title('Wireshark · .*Connections · application.pcap'))
    one.await_widget('tree item', '10.11.2.2:5432', title)
    one.picture('statistics-connections')
    verdicts = one.listed('ok|refused|reset by .*|.*timed out|E[A-Z]+', title)
    assert sorted(verdicts) == sorted(['ok'] * 5 + ['refused', 'EHOSTUNREACH', 'reset by server', 'likely timed out'])
