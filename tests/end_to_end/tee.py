# What the tests of a record beside an output share: ipmon with both, and the account of both.
# SPDX-License-Identifier: GPL-2.0-or-later
import collections
import os
import re

import pcapng
from accounting import COMMENT, DELIVERED, DROPPED, RECEIVED, numbers
from capturing import Capture
from network import wait_until
from programs import TIMEOUT

# More than the pipe and the buffers before it hold, less than the kernel's ring does.
FLOOD, FLOOD_SIZE = 5000, 1000
SMALL_PIPE = ('--out-buffer-size', '4096')

SHARES = (r'(\d+) recorded, (?:(\d+) not recorded, )?(\d+) discarded while paused, (\d+) discarded at the end')
SHOWN = r'(?:; (\d+) shown, (\d+) not shown)?$'
NAMES = ('recorded', 'unrecorded', 'paused', 'ended', 'shown', 'hidden')

Account = collections.namedtuple('Account', ('received', 'dropped', 'interfaces', 'sums'))


def _shares(found):
    return dict(zip(NAMES, (int(number or 0) for number in found), strict=True))


def account(log):
    """The account in the log; that it balances is checked here, for each interface and the sum."""
    text = log.text()
    assert 'does not balance' not in text, text
    interfaces = [_shares(found) for found in re.findall(fr'interface \d+: {SHARES}{SHOWN}', text, re.M)]
    sums = {name: sum(row[name] for row in interfaces) for name in NAMES}
    received, *shares, dropped, shown, hidden = (int(number or 0) for number in re.findall(
        fr' received (\d+) packets: {SHARES}, (\d+) dropped{SHOWN}$', text, re.M)[-1])
    assert _shares([*shares, shown, hidden]) == sums, text
    assert sums['recorded'] + sums['unrecorded'] + sums['paused'] + sums['ended'] + dropped == received, text
    return Account(received, dropped, interfaces, sums)


def check_report(error, counted):
    """The last line on standard error has the same account."""
    received, *shares, dropped, shown, hidden = (int(number or 0) for number in re.search(
        fr'^ipmon: received (\d+) packets: {SHARES}, (\d+) dropped{SHOWN}', error, re.M).groups())
    assert (received, dropped) == (counted.received, counted.dropped), error
    assert _shares([*shares, shown, hidden]) == counted.sums, error


def statistics(found):
    return pcapng.of_type(found, pcapng.STATISTICS)


def comment(block):
    return block.options.get(COMMENT, [b''])[0].decode()


def by_interface(found):
    """Packets of each interface description block."""
    counts = collections.Counter(packet.interface for packet in pcapng.packets(found))
    return [counts[number] for number in range(len(pcapng.of_type(found, pcapng.INTERFACE)))]


def delivered(found):
    """isb_usrdeliv of each interface description block: one statistics block each, behind the packets."""
    blocks = statistics(found)
    assert blocks and not pcapng.packets(found[found.index(blocks[0]):])
    counts = {int.from_bytes(block.body[:4], 'little'): block.number(DELIVERED) for block in blocks}
    assert len(counts) == len(blocks) == len(pcapng.of_type(found, pcapng.INTERFACE))
    return [counts[number] for number in range(len(counts))]


def check_stream(found, counted):
    """The statistics of a pipe or a file are about its own packets, and about all that were received."""
    assert delivered(found) == by_interface(found)
    assert sum(block.number(RECEIVED) for block in statistics(found)) == counted.received
    assert sum(block.number(DROPPED) for block in statistics(found)) == counted.dropped


def check_pipe(found, counted, record):
    """What the reader got, and that the statistics say what it did not get, and where that is."""
    check_stream(found, counted)
    assert sum(by_interface(found)) == counted.sums['shown']
    comments = [comment(block) for block in statistics(found)]
    said = [int(number) for text in comments
            for number in re.findall(r'(\d+) packets were recorded and not shown; Record: ', text)]
    assert sum(said) == counted.sums['hidden'], comments
    assert all(f'not shown; Record: {record}' in text for text in comments if 'not shown' in text)


def check_gaps(found, dropped=0):
    """Each packet behind a gap has the number of those that are missing there."""
    order = numbers(found)
    packets = pcapng.packets(found)
    assert order == sorted(set(order))
    if dropped == 0:
        gaps = [after - before - 1 for before, after in zip([-1, *order], order)]
        assert [packet.drops for packet in packets] == gaps


class Tee(Capture):
    """A capture of a user with a record beside the pipe."""

    def __init__(self, programs, host, source, *options, record='record.pcapng'):
        self.record = programs.readable(record)
        self.record.unlink(missing_ok=True)
        super().__init__(programs, host, source, '--record', self.record, *options)

    @staticmethod
    def words(source, path):
        return ['-i', source, '-w', path]

    def recorded(self):
        return pcapng.blocks(whole_blocks(self.record.read_bytes()))

    def await_recorded(self, count):
        wait_until(lambda: len(pcapng.packets(self.recorded())) >= count, 'not all packets were recorded', TIMEOUT)

    def await_complete(self):
        wait_until(lambda: statistics(self.recorded()), 'the record has no statistics', TIMEOUT)

    def check(self, found, log, error=None):
        """The record has every packet, the pipe some of them, and the account of both is right."""
        counted = account(log)
        record = pcapng.blocks(self.record.read_bytes())
        assert counted.sums['recorded'] + counted.sums['unrecorded'] \
            == counted.sums['shown'] + counted.sums['hidden']
        check_stream(record, counted)
        assert sum(by_interface(record)) == counted.sums['recorded']
        assert all('not shown' not in comment(block) for block in statistics(record))
        if error is not None:
            check_report(error, counted)
        if found is not None:
            check_pipe(found, counted, self.record)
        return record, counted


def whole_blocks(data):
    """What comes before a block that is not whole yet."""
    end = 0
    while end + 8 <= len(data) and end + int.from_bytes(data[end + 4:end + 8], 'little') <= len(data):
        end += int.from_bytes(data[end + 4:end + 8], 'little')
    return data[:end]
