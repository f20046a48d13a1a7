# A person records beside the window: fills the dialog's tab, captures more than the window takes,
# pauses, stops. What arrived is checked in the record, what the window shows by its own count.
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import re
import signal
from pathlib import Path

import pcapng
from accounting import flood, numbered, numbers
from network import Pair, wait_until
from tee import account, by_interface, check_stream, statistics, whole_blocks
from test_window import ADDRESS, LISTED, OPTIONS, logged, save, send, start, stop
from wireshark import preference

FLOOD, FLOOD_SIZE = 6000, 1000  # more than the pipe and the buffers around it hold


class LogOf:
    """The log of a window's ipmon, as `account` reads it."""

    def __init__(self, one):
        self.text = one.log


def dumpcap_of(one):
    """The process number of the program that reads the pipe."""
    children = Path(f'/proc/{one.process.pid}/task/{one.process.pid}/children').read_text().split()
    [number] = [int(child) for child in children if Path(f'/proc/{child}/comm').read_text() == 'dumpcap\n']
    return number


def choose_file(one, file):
    """The field of the dialog takes no keys, only what its button's dialog chose."""
    one.click('push button', '…', OPTIONS)
    dialog = one.await_title('.*Select File')
    one.desktop.focus(dialog)
    one.desktop.type(str(file))
    one.desktop.key('Return')
    one.await_no_title(re.escape(dialog))


def record_in_dialog(one, record):
    """The tab Record of the source's options, filled in and saved."""
    one.click_before('tree item', re.escape(LISTED))  # the gear
    one.await_title(OPTIONS)
    one.click('page tab', 'Record', OPTIONS)
    choose_file(one, record)
    one.choose('End the capture', 'Wait for room, and count packets')
    one.picture('options-record')
    one.click('push button', 'Save', OPTIONS)
    one.await_no_title(OPTIONS)
    wait_until(lambda: f'{preference(ADDRESS, "record")}: {record}\n' in (one.settings / 'preferences').read_text(),
               'the option was not saved')


def recorded(record):
    return pcapng.blocks(whole_blocks(record.read_bytes()))


def await_recorded(one, record, count):
    one.wait_for(lambda: len(pcapng.packets(recorded(record))) >= count, 'not all packets were recorded')


def test_a_record_keeps_what_the_window_does_not_take(window, hosts):
    one = window(preferences=logged())
    record = one.home / 'record.pcapng'
    record_in_dialog(one, record)
    start(one, hosts)
    send(hosts, numbered(20))
    one.await_widget('label', 'Packets: 20.*')  # in the window's own status bar
    dumpcap = dumpcap_of(one)
    os.kill(dumpcap, signal.SIGSTOP)  # as slow as it gets
    try:
        flood(hosts, FLOOD, FLOOD_SIZE)
        await_recorded(one, record, 20 + FLOOD)
        one.await_widget('label', '.*all are recorded, not all are shown.*')
        one.await_text_behind('label', 'Packets', str(20 + FLOOD))
        one.await_widget('label', r'.*ipmon: \d+ of \d+ packets are recorded and not shown.*')
        one.picture('not-shown')
    finally:
        os.kill(dumpcap, signal.SIGCONT)
    one.click('push button', 'Pause')
    one.await_log('paused: packets are counted and not kept')
    send(hosts, numbered(10))
    one.await_text_behind('label', 'Paused', '10')
    one.click('push button', 'Resume')
    one.await_log('resumed')
    send(hosts, numbered(5))
    await_recorded(one, record, 25 + FLOOD)
    stop(one)
    one.await_log('received .* packets: ')
    counted = account(LogOf(one))
    assert (counted.sums['recorded'], counted.sums['paused'], counted.dropped) == (25 + FLOOD, 10, 0)
    check_stream(pcapng.blocks(record.read_bytes()), counted)
    one.await_widget('label', f'Packets: {counted.sums["shown"]}.*')
    one.picture('recorded')
    shown = pcapng.blocks(save(one, 'shown.pcapng').read_bytes())
    assert sum(by_interface(shown)) == counted.sums['shown'] < counted.sums['recorded']
    assert sum(packet.drops for packet in pcapng.packets(shown)) == counted.sums['hidden']
    assert statistics(shown) and record.exists()


def test_ring_files_of_a_capture_that_is_started_again(window, hosts, programs):
    """It begins files of its own."""
    folder = programs.readable('window-ring')
    folder.mkdir()
    folder.chmod(0o777)
    one = window(preferences={**logged(), preference(ADDRESS, 'record'): folder / 'ring.pcapng',
                              preference(ADDRESS, 'ring-buffer'): 'packets:10'})
    earlier = set()
    start(one, hosts)
    for run in (1, 2):
        one.await_log('captures from', times=run)
        wait_until(hosts.far.is_capturing, 'no packet socket was bound')
        send(hosts, numbered(25))
        one.await_text_behind('label', 'Packets', '25')
        one.click('push button', ('Restart', 'Stop')[run - 1])
        one.await_log('received 25 packets: ', times=run)
        files = sorted(file for file in set(folder.glob('ring_*.pcapng')) - earlier if numbers(recorded(file)))
        assert [len(numbers(pcapng.blocks(file.read_bytes()))) for file in files] == [10, 10, 5]
        assert [number for file in files for number in numbers(pcapng.blocks(file.read_bytes()))] == list(range(25))
        earlier.update(files)


def test_a_record_that_exists_is_not_overwritten(window, hosts, programs):
    """As the same capture started again would; the dialog names the way out."""
    record = programs.readable('window-once.pcapng')
    one = window(preferences={**logged(), preference(ADDRESS, 'record'): record})
    start(one, hosts)
    send(hosts, numbered(5))
    one.await_text_behind('label', 'Packets', '5')
    one.click('push button', 'Restart')
    dialog = one.await_widget('label', '(?s).*exists, and a record overwrites nothing.*')
    assert 'ring files' in dialog.name
    one.picture('record-exists')
    one.answer('OK')
    assert numbers(pcapng.blocks(record.read_bytes())) == list(range(5))
