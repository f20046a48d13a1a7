# What the tests of the dissector share: packets, and what tshark shows of them.
# SPDX-License-Identifier: GPL-2.0-or-later
import re
import socket
import struct
from collections import Counter

from scapy.layers.inet import IPerror, UDPerror
from scapy.layers.inet6 import IPerror6, IPv6
from scapy.layers.l2 import Ether
from scapy.utils import checksum

ETHER = 14  # bytes of an Ethernet header
V4 = {'src': '10.9.0.1', 'dst': '10.9.0.2'}
V6 = {'src': '2001:db8::1', 'dst': '2001:db8::2'}
QUOTE = IPerror(src='10.9.0.2', dst='10.9.0.3') / UDPerror(sport=1, dport=2)
QUOTE6 = IPerror6(src='2001:db8::2', dst='2001:db8::3') / UDPerror(sport=1, dport=2)


def ether(packet):
    """In an Ethernet frame. Without given addresses scapy would resolve them on the network."""
    return Ether(src='02:00:00:00:00:01', dst='02:00:00:00:00:02',
                 type=0x86DD if packet.version == 6 else 0x0800) / packet


def ethernet(packet):
    return b'\x02\0\0\0\0\x02\x02\0\0\0\0\x01' + (b'\x86\xdd' if isinstance(packet, IPv6) else b'\x08\x00') + bytes(packet)


def partial_sum(protocol, length, src, dst):
    """The sum of a pseudo-header, as it stands in a checksum that is left to the card."""
    addresses = socket.inet_aton(src) + socket.inet_aton(dst)
    return 0xFFFF ^ checksum(addresses + struct.pack('>HH', protocol, length))


def expert_summary(programs, file, *arguments):
    """How often -z expert lists each event; by itself it requests no tree."""
    text = programs.tshark('-n', '-r', file, '-q', '-z', 'expert', *arguments).stdout.decode()
    found = Counter()
    for frequency, event in re.findall(r'^ +(\d+) .* IP Monitor +([a-z0-9_]+-[a-z0-9]+): ', text, re.M):
        found[event] += int(frequency)
    return found


def shown(programs, file, display_filter):
    """How many packets a list shows when nothing but the filter needs their fields."""
    result = programs.tshark('-n', '-r', file, '-Y', display_filter)
    assert result.returncode == 0, result.stderr
    return len(result.stdout.splitlines())
