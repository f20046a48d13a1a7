# A person at the window: finds the source, sets options, captures, pauses, reads the annotation and
# the statistics, opens the help, and gets error messages. Each step is checked by what arrived: the
# log of ipmon, the saved capture, the preference file, titles and texts of the window.
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import re
import shutil
import signal
from pathlib import Path

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPerror
from scapy.utils import wrpcap

from capturing import SOURCE, frame, send_all
from network import Pair, wait_until
from wireshark import START_TITLE, preference

TOP = Path(__file__).parents[2]
ADDRESS = f'ipmon:{Pair.FAR}'
LISTED = f'IP Monitor on far0: {ADDRESS}'
CAPTURING = f'Capturing from {re.escape(LISTED)}'
OPTIONS = f'Wireshark · Interface Options: {re.escape(LISTED)}'


def numbered(ports, destination=Pair.FAR_MAC, **fields):
    return [frame(IP(src=SOURCE, dst=Pair.FAR, **fields) / UDP(sport=port, dport=9) / b'x', destination)
            for port in ports]


def logged():
    """Preferences for a log that the test reads."""
    return {preference(ADDRESS, 'log-level'): 'info'}


def send(hosts, frames):
    """Sends and returns when all of them are on the capturing host's interface."""
    before = hosts.far.received('far0')
    send_all(hosts.near.wire('near0'), frames)
    wait_until(lambda: hosts.far.received('far0') >= before + len(frames), 'frames did not arrive')


def start(one, hosts):
    one.click('tree item', re.escape(LISTED), times=2)
    one.await_title(CAPTURING)
    wait_until(hosts.far.is_capturing, 'no packet socket was bound')


def stop(one):
    one.click('push button', 'Stop')
    one.await_no_title('Capturing from .*')


def source_ports(programs, file):
    return [int(row[0][0]) for row in programs.fields(file, ['udp.srcport']) if row[0]]


def save(one, name):
    """File > Save As: the capture as Wireshark keeps it."""
    file = one.home / name
    one.menu('File', 'Save As…')
    dialog = one.await_title('Wireshark · Save Capture File As')
    one.desktop.focus(dialog)
    one.desktop.type(str(file))
    one.desktop.key('Return')
    one.await_no_title(re.escape(dialog))
    wait_until(file.exists, 'nothing was saved')
    return file


def test_sources_are_listed_by_readable_names(window):
    one = window()
    one.await_widget('tree item', re.escape(LISTED))
    assert one.listed('IP Monitor.*') == [
        LISTED, 'IP Monitor on lo: ipmon:127.0.0.1', 'IP Monitor on lo: ipmon:::1',
        'IP Monitor on all interfaces: ipmon:all', 'IP Monitor replay: ipmon:file']
    one.picture('sources')


def test_three_hundred_addresses(window, hosts):
    hosts.far.run('sh', '-c', 'for i in $(seq 300); do echo "address add 10.77.$((i / 250)).$((i % 250 + 1))/32 dev far0"; '
                  'done | ip -batch -')
    one = window()
    one.await_listed('IP Monitor replay: ipmon:file')
    names = one.listed('IP Monitor.*')
    assert len(names) == 34 and len(set(names)) == 34
    assert LISTED in names and names[-2:] == ['IP Monitor on all interfaces: ipmon:all', 'IP Monitor replay: ipmon:file']


def test_options_are_saved_and_used(window, hosts, programs):
    one = window(preferences=logged())
    one.click_before('tree item', re.escape(LISTED))  # the gear
    one.await_title(OPTIONS)
    assert one.tabs(OPTIONS) == ['Capture', 'Stop', 'Buffers', 'Log']
    one.click('page tab', 'Stop', OPTIONS)
    one.fill_behind('label', 'Stop after packets', '5', OPTIONS)
    one.picture('options')
    one.click('push button', 'Save', OPTIONS)
    one.await_no_title(OPTIONS)
    wait_until(lambda: f'{preference(ADDRESS, "packet-count")}: 5' in (one.settings / 'preferences').read_text(),
               'the option was not saved')
    start(one, hosts)
    send(hosts, numbered(range(41000, 41020)))
    one.await_no_title('Capturing from .*')
    assert source_ports(programs, save(one, 'five.pcapng')) == list(range(41000, 41005))


def test_pause_resume_and_mode(window, hosts, programs):
    one = window(preferences=logged())
    start(one, hosts)
    send(hosts, numbered(range(41000, 41020), tos=0x90))
    one.await_text_behind('label', 'Packets', '20')
    one.click('push button', 'Pause')
    one.await_log('paused: packets are counted and not kept')
    one.await_widget('label', '.*paused.*')  # the status bar
    send(hosts, numbered(range(42000, 42010)))
    one.await_text_behind('label', 'Paused', '10')
    one.picture('paused')
    one.click('push button', 'Resume')
    one.await_log('resumed')
    send(hosts, numbered(range(43000, 43005)))
    send(hosts, numbered(range(43100, 43105), Pair.OTHER_MAC))
    one.await_text_behind('label', 'Packets', '30')
    one.choose('1: everything .promiscuous.*', "3: this host's IP layer")
    one.await_log('receive-all mode 3 from now on')
    send(hosts, numbered(range(44000, 44005), Pair.OTHER_MAC))
    send(hosts, numbered(range(45000, 45003)))
    one.await_text_behind('label', 'Packets', '33')
    stop(one)
    expected = [*range(41000, 41020), *range(43000, 43005), *range(43100, 43105), *range(45000, 45003)]
    assert source_ports(programs, save(one, 'paused.pcapng')) == expected
    # what a person reads on the first packet
    one.click('push button', 'First Packet')
    one.await_widget('tree item', r'IP Monitor: .* → 10.9.0.2:9, UDP, AF42 \(Flash Override\), TTL 64')
    one.click('tree item', 'IP Header')
    one.desktop.key('Right')
    one.await_widget('tree item', 'Time to Live: 64')
    one.picture('record')


def test_an_interface_with_a_brace_in_its_name(window, hosts):
    """Listed, captured, and ruled by the toolbar as any other."""
    hosts.far.write('/proc/sys/net/ipv6/conf/default/accept_ra', '0')  # nor solicits routers
    hosts.far.run('ip', 'link', 'add', 'name', 'we}ird', 'type', 'veth', 'peer', 'name', 'peer0')
    for end in ('we}ird', 'peer0'):
        hosts.far.run('ip', 'link', 'set', 'dev', end, 'addrgenmode', 'none')
        hosts.far.run('ip', 'link', 'set', 'dev', end, 'up')
    hosts.far.run('ip', 'address', 'add', 'fe80::1/64', 'dev', 'we}ird', 'nodad')
    index = hosts.far.run('ip', '-o', 'link', 'show', 'dev', 'we}ird').stdout.split(b':')[0].decode()
    source = f'ipmon:fe80::1%{index}'
    listed = re.escape(f'IP Monitor on we)ird: {source}')
    one = window()
    one.click('tree item', listed, times=2)
    one.await_title(f'Capturing from {listed}')
    wait_until(hosts.far.is_capturing, 'no packet socket was bound')
    send_all(hosts.far.wire('peer0'), numbered(range(41000, 41005)))
    one.await_text_behind('label', 'Packets', '5')
    one.click('push button', 'Pause')
    one.await_widget('label', '.*paused.*')  # the status bar
    send_all(hosts.far.wire('peer0'), numbered(range(42000, 42003)))
    one.await_text_behind('label', 'Paused', '3')
    one.click('push button', 'Resume')
    one.await_widget('label', '.*resumed.*')
    send_all(hosts.far.wire('peer0'), numbered(range(43000, 43002)))
    one.await_text_behind('label', 'Packets', '7')


def test_log_window(window, hosts):
    one = window(preferences=logged())
    start(one, hosts)
    one.click('push button', 'Log')
    title = re.escape(one.await_title('.*Log.*'))
    one.await_text('(?s).* info: ipmon .* captures from .*', title)
    one.click('push button', 'Pause')
    one.await_text('(?s).* info: paused: packets are counted and not kept.*', title)
    one.picture('log')


def test_restore_defaults(window, hosts):
    """Of a choice that was made before the start."""
    one = window(preferences=logged())
    one.await_widget('tree item', re.escape(LISTED))
    one.choose('1: everything .*', "3: this host's IP layer")
    one.await_widget('combo box', '3: .*')
    one.click('push button', 'Restore defaults')
    one.await_widget('combo box', '1: everything .*')
    start(one, hosts)
    one.await_log('captures from .*, receive-all mode 1')


@pytest.fixture
def troubled(programs):
    """A packet of every colour each second: errors, events, fragments, precedence."""
    one, two = '10.9.0.1', '10.9.0.2'
    request = IP(src=one, dst=two) / UDP(sport=4000, dport=9) / b'question'
    packets = [request, IP(src=two, dst=one) / ICMP(type=3, code=3) / IPerror(bytes(request)),
               IP(src=one, dst=two) / TCP(sport=4001, dport=80, flags='S', seq=5),
               IP(src=two, dst=one) / TCP(sport=80, dport=4001, flags='RA', seq=0, ack=6),
               IP(src=one, dst=two, chksum=1) / UDP(sport=4002, dport=9), IP(src=one, dst=two, ttl=0) / UDP(),
               IP(src=one, dst=two, flags='MF', proto=17) / bytes(24), IP(src=one, dst=two, tos=0xC0) / UDP(),
               IP(src=one, dst=two, tos=0x90) / UDP(), IP(src=one, dst=two, tos=0x20) / UDP()]
    for number, packet in enumerate(packets):
        packet.time = 1700000000 + number
    file = programs.readable('troubled.pcap')
    wrpcap(str(file), packets)
    return file


# One Wireshark each: where a window of the same kind was closed before, Qt may not name the next one.
@pytest.mark.parametrize('name, row', [('Packets', 'Flash Override'), ('Network events', 'ipintr-badsum'),
                                       ('Socket errors', 'ECONNREFUSED')])
def test_statistics(window, troubled, name, row):
    one = window(str(troubled))
    one.menu('Statistics', 'IP Monitor', name)
    title = one.await_title(f'Wireshark · .*{name} · troubled.pcap')
    one.await_widget('tree item', row, re.escape(title))
    one.picture('statistics-' + name.lower().replace(' ', '-'))


def test_profile(window, troubled):
    one = window('-C', 'IP Monitor', str(troubled), profile=TOP / 'plugin' / 'profile')
    one.await_title('troubled.pcap')
    headers = [header.name for header in one.await_widget('tree', 'Packet list').children() if header.role == 'column header']
    assert headers == ['No.', 'Time', 'Source', 'Destination', 'Protocol', 'Precedence', 'TTL', 'Flags', 'Event', 'Error', 'Info']
    one.await_widget('tree item', 'ECONNREFUSED')
    one.await_widget('label', 'Profile: IP Monitor')
    one.picture('profile')
    one.click('push button', 'Errors')
    one.await_widget('label', r'Packets: 10 · Displayed: 2 \(20.0%\).*')
    one.click('tree item', 'ECONNREFUSED')
    one.click('tree item', 'IP Monitor: ECONNREFUSED for 10.9.0.2:9 .*')
    one.desktop.key('End')  # what is worst is open, as each part of the record but the header and the payload
    one.await_widget('tree item', '.*Socket: UDP 10.9.0.1:4000 → 10.9.0.2:9.*')
    one.await_widget('tree item', '.*Network Event: icmp_error-start, level 3 CRITICAL, class core.*')
    one.await_widget('tree item', '.*Expert Info .*icmp_error-start: .*')
    one.picture('error')
    one.click('text', 'Display filter entry', times=3)
    one.desktop.key('Delete', 'Return')
    one.await_widget('label', r'Packets: 10( · Displayed: 10 \(100.0%\).*)?')  # 4.4 shows no more than the first
    one.menu('Statistics', 'I/O Graphs')
    title = one.await_title('Wireshark · I/O Graphs · .*')
    names = one.listed('.*', re.escape(title))
    assert {'All packets', 'Network events', 'Socket errors', 'Fragments'} <= set(names)
    for graph in ('#8A2BE2', '#FF0000'):  # precedence of control, network events
        one.await_colour(graph)
    one.picture('io-graphs')


def test_help(window, hosts, programs):
    """Both Help buttons hand the installed manual to the person's browser."""
    browser, opened = programs.readable('browser'), programs.readable('opened')
    browser.write_text(f'#!/bin/sh\necho "$@" >> {opened}\n')
    browser.chmod(0o755)
    opened.touch()
    opened.chmod(0o666)
    shutil.copy(browser, programs.readable('xdg-open'))
    path = f'{programs.stage}:{programs.environment()["PATH"]}'
    one = window(environment={'BROWSER': str(browser), 'PATH': path})
    declared = programs.ipmon('--extcap-interfaces', host=hosts.far).stdout.decode()
    manual = re.search(r'\{help=([^}]*)\}', declared)[1]
    one.await_widget('tree item', re.escape(LISTED))
    one.click('push button', 'Help')
    wait_until(lambda: opened.read_text().count(manual) == 1, 'no browser was called')
    one.click_before('tree item', re.escape(LISTED))
    one.click('push button', 'Help', OPTIONS)
    wait_until(lambda: opened.read_text().count(manual) == 2, 'no browser was called by the options')


def test_a_failing_start(window):
    one = window(capture=False)
    one.click('tree item', re.escape(LISTED), times=2)
    dialog = one.await_widget('label', '(?s).*sudo setcap cap_net_raw=ep.*')
    assert re.search(r'ipmon: error 10013: .*EACCES|ipmon: error 10013: .*EPERM', dialog.name)
    one.picture('refused')
    one.answer('OK')
    one.await_title(re.escape(START_TITLE))
    one.await_widget('tree item', re.escape(LISTED))  # and can be chosen again


def test_an_interface_that_is_deleted(window, hosts, programs):
    one = window(preferences=logged())
    start(one, hosts)
    send(hosts, numbered(range(41000, 41010)))
    one.await_text_behind('label', 'Packets', '10')
    hosts.far.run('ip', 'link', 'del', 'far0')
    dialog = one.await_widget('label', '(?s).*ipmon: error 10050: .*')
    assert 'far0' in dialog.name
    one.picture('deleted')
    one.answer('OK')
    one.await_no_title('Capturing from .*')
    assert source_ports(programs, save(one, 'kept.pcapng')) == list(range(41000, 41010))


def test_a_killed_extcap(window, hosts, programs):
    one = window(preferences=logged())
    start(one, hosts)
    send(hosts, numbered(range(41000, 41010)))
    one.await_text_behind('label', 'Packets', '10')
    os.kill(one.extcap(), signal.SIGKILL)
    one.await_no_title('Capturing from .*')
    if one.find('push button', 'OK'):  # Wireshark itself makes a dialog of some signals
        one.answer('OK')
    assert source_ports(programs, save(one, 'killed.pcapng')) == list(range(41000, 41010))
