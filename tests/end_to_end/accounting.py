# What the tests of accounting share: packets that have a number, and ipmon's log with its account.
# SPDX-License-Identifier: GPL-2.0-or-later
import re

from scapy.layers.inet import IP, UDP
from scapy.packet import Raw

import pcapng
from capturing import SOURCE, frame
from network import Pair, wait_until

RECEIVED, DROPPED, DELIVERED, COMMENT = 4, 5, 8, 1


def numbered(count, first=0, size=0):
    return [frame(IP(src=SOURCE, dst=Pair.FAR, id=number & 0xFFFF) / UDP(sport=1, dport=2) /
                  Raw(bytes(size))) for number in range(first, first + count)]


def numbers(found):
    return [int.from_bytes(packet.bytes[4:6], 'big') for packet in pcapng.packets(found)]


def flood(hosts, count, size):
    """Sends numbered packets faster than anybody reads; returns when all are on the interface."""
    before = hosts.far.received('far0')
    wire = hosts.near.wire('near0')
    one = bytearray(numbered(1, size=size)[0])
    for number in range(count):
        one[18:20] = (number & 0xFFFF).to_bytes(2, 'big')
        wire.send(one)
    wait_until(lambda: hosts.far.received('far0') >= before + count, 'frames did not arrive')


class Log:
    """A log file that ipmon, an ordinary user, can write."""

    def __init__(self, programs, name):
        folder = programs.readable('logs')
        folder.mkdir(exist_ok=True)
        folder.chmod(0o777)
        self.path = folder / name
        self.path.unlink(missing_ok=True)

    def text(self):
        return self.path.read_text() if self.path.exists() else ''

    def account(self):
        """The terms of the account; that they balance is checked here."""
        text = self.text()
        assert 'does not balance' not in text, text
        received, seen, dropped = map(int, re.search(
            r'received (\d+) packets: (\d+) written or discarded, (\d+) dropped', text).groups())
        terms = [list(map(int, found)) for found in re.findall(
            r'interface \d+: (\d+) written, (\d+) discarded while paused, (\d+) discarded at', text)]
        written, paused, ended = (sum(column) for column in zip(*terms)) if terms else (0, 0, 0)
        assert written + paused + ended == seen and seen + dropped == received, text
        return {'received': received, 'written': written, 'paused': paused, 'ended': ended,
                'dropped': dropped}
