# A person at the window: finds the source, sets options, captures, pauses, reads the annotation, opens
# the help, and gets error messages. Each step is checked by what arrived: the log of ipmon, the saved
# capture, the preference file, titles and texts of the window.
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import re
import shutil
import signal
from pathlib import Path

from scapy.layers.inet import IP, UDP

from capturing import SOURCE, frame, send_all
from network import Pair, wait_until
from widgets import ENABLED
from wireshark import START_TITLE, preference

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
        'IP Monitor on all interfaces: ipmon:all', 'IP Monitor replay: ipmon:file', 'IP Monitor over ssh: ipmon:remote']
    one.picture('sources')


def test_three_hundred_addresses(window, hosts):
    hosts.far.run('sh', '-c', 'for i in $(seq 300); do echo "address add 10.77.$((i / 250)).$((i % 250 + 1))/32 dev far0"; '
                  'done | ip -batch -')
    one = window()
    one.await_listed('IP Monitor over ssh: ipmon:remote')
    names = one.listed('IP Monitor.*')
    assert len(names) == 35 and len(set(names)) == 35
    assert LISTED in names and names[-2:] == ['IP Monitor replay: ipmon:file', 'IP Monitor over ssh: ipmon:remote']
    assert re.fullmatch(r'IP Monitor on all interfaces; 27\d more addresses in its options: ipmon:all', names[-3])


def test_options_are_saved_and_used(window, hosts, programs):
    one = window(preferences=logged())
    one.click_before('tree item', re.escape(LISTED))  # the gear
    one.await_title(OPTIONS)
    assert one.tabs(OPTIONS) == ['Capture', 'Processes', 'Stop', 'Record', 'Buffers', 'Log']
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


def words_of(process):
    return Path(f'/proc/{process}/cmdline').read_text().split('\0')


def test_the_options_of_a_recorder(window, hosts):
    """Ring files that ipmon would refuse are marked and cannot be saved."""
    one = window(preferences=logged())
    file, ring = one.home / 'record.pcapng', 'filesize:100,files:3'

    def can_be_saved():
        return one.await_widget('push button', 'Save', OPTIONS).has(ENABLED)
    one.click_before('tree item', re.escape(LISTED))
    one.await_title(OPTIONS)
    one.click('page tab', 'Record', OPTIONS)
    one.click('push button', '…', OPTIONS)
    one.desktop.focus(one.await_title('.*Select File'))
    one.desktop.type(str(file))
    one.desktop.key('Return')
    one.await_text(re.escape(str(file)), OPTIONS)
    one.fill_behind('label', 'Ring files', 'size:1', OPTIONS)
    one.wait_for(lambda: not can_be_saved(), 'wrong ring files are accepted')
    one.desktop.key('ctrl+a')
    one.desktop.type(ring)
    one.wait_for(can_be_saved, 'ring files are not accepted')
    one.choose('End the capture', 'Wait for room, and count packets')
    one.picture('recorder')
    one.click('push button', 'Save', OPTIONS)
    one.await_no_title(OPTIONS)
    start(one, hosts)
    words = words_of(one.extcap())
    for option, value in (('--record', str(file)), ('--ring-buffer', ring), ('--on-full', 'wait')):
        assert words[words.index(option) + 1] == value
    stop(one)


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
