# What the tests of captures on other machines share: the capture, packets to one of the machines,
# and the account of all of them.
# SPDX-License-Identifier: GPL-2.0-or-later
import json
import re
import socket

from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Raw

import pcapng
from accounting import DELIVERED, DROPPED, RECEIVED
from capturing import SOURCE, Capture
from network import wait_until
from programs import TIMEOUT
from tee import comment, statistics

ONLY_OURS = ('--extcap-capture-filter', f'src {SOURCE}')
COMMENT, NAME = 1, 2
SHARES = r'(\d+) (?:written|printed|recorded), (\d+) discarded while paused, (\d+) discarded at the end'


class Remote(Capture):
    """ipmon:remote, run by an ordinary user on the client, as Wireshark runs it."""

    started = []  # for what a failed test leaves

    def __init__(self, fleet, hosts, *options, source='all'):
        super().__init__(fleet.programs, fleet.client, 'ipmon:remote', '--remote-host', hosts,
                         '--remote-source', source, *options, capture=False)
        self.started.append(self.process)

    @classmethod
    def end_all(cls):
        for process in cls.started:
            if process.poll() is None:
                process.kill()
                process.wait()
        cls.started.clear()


class Traffic:
    """Numbered packets to a server, which it does not answer."""

    def __init__(self, fleet, server, size=0):
        self.server = server
        self.sent = 0
        self.size = size
        [link] = json.loads(server.host.run('ip', '-json', 'link', 'show', server.interface).stdout)
        mac = link['address']
        self.frame = bytearray(bytes(Ether(dst=mac, src='02:00:00:00:00:09', type=0x0800) / IP(
            src=SOURCE, dst=server.address) / UDP(sport=1, dport=2) / Raw(bytes(size))))
        self.wire = fleet.client.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.wire.bind((f'to-{server.name}', 0))

    def send(self, count):
        """Returns when all of them are on the server's interface."""
        before = self.server.host.received(self.server.interface)
        for _ in range(count):
            self.frame[18:20] = (self.sent & 0xFFFF).to_bytes(2, 'big')
            self.wire.send(self.frame)
            self.sent += 1
        wait_until(lambda: self.server.host.received(self.server.interface) >= before + count,
                   'frames did not arrive', TIMEOUT)


def names(found):
    return [block.options[NAME][0].decode() for block in pcapng.of_type(found, pcapng.INTERFACE)]


def numbers_of(found, name):
    """The numbers of the packets of an interface."""
    number = names(found).index(name)
    return [int.from_bytes(packet.bytes[4:6], 'big') for packet in pcapng.packets(found)
            if packet.interface == number]


def interface_comment(found, number=0):
    return pcapng.of_type(found, pcapng.INTERFACE)[number].options[COMMENT][-1].decode()


def account(text):
    """The account in a log, that of each interface, and that it balances."""
    assert 'does not balance' not in text, text
    rows = {name: tuple(map(int, shares)) for name, *shares in re.findall(fr'info: (\S+(?: \(\S+\))?): {SHARES}', text)
            if ':' in name}
    received, seen, dropped = map(int, re.findall(
        r'Z info: received (\d+) packets: (\d+) \w+ or discarded, (\d+) dropped', text)[-1])
    assert sum(map(sum, rows.values())) == seen and seen + dropped == received, text
    return rows, received, dropped


def check_statistics(found, received, dropped):
    """One block for each interface, about its packets; all of them together are the account."""
    blocks = {int.from_bytes(block.body[:4], 'little'): block for block in statistics(found)}
    assert len(blocks) == len(statistics(found)) == len(names(found))
    for number, block in blocks.items():
        assert block.number(DELIVERED) == sum(packet.interface == number for packet in pcapng.packets(found))
        assert not any(code >= 0x8000 for code in block.options), 'what is for another ipmon is not for Wireshark'
    assert sum(block.number(RECEIVED) for block in blocks.values()) == received
    assert sum(block.number(DROPPED) for block in blocks.values()) == dropped
    return [comment(blocks[number]) for number in sorted(blocks)]


def processes_of(host, name='ipmon'):
    """Their ids, in the host's network namespace."""
    run = host.run('sh', '-c', f'for p in $(pidof {name}); do '
                   'test $(readlink /proc/$p/ns/net) = $(readlink /proc/self/ns/net) && echo $p; done; true')
    return [int(word) for word in run.stdout.split()]


def await_nobody(fleet):
    """No ipmon is left on the servers, and no ssh here."""
    for host, name in [(fleet.client, 'ssh'), *((server.host, 'ipmon') for server in fleet.servers)]:
        wait_until(lambda host=host, name=name: not processes_of(host, name), f'{name} is left on {host.name}', TIMEOUT)
