# A reader of pcap-ng that is independent of our writer and shows every block and option.
# SPDX-License-Identifier: GPL-2.0-or-later
import struct
from dataclasses import dataclass, field

SECTION, INTERFACE, STATISTICS, PACKET = 0x0A0D0D0A, 1, 5, 6


@dataclass
class Block:
    type: int
    body: bytes
    options: dict = field(default_factory=dict)
    raw: bytes = b''

    def number(self, code):
        raw = self.options[code][0]
        return int.from_bytes(raw, 'little')

    def time(self, code):
        high, low = struct.unpack('<II', self.options[code][0])
        return high << 32 | low


@dataclass
class Packet:
    interface: int
    time: int
    wire_length: int
    bytes: bytes
    direction: int
    reception: int
    drops: int


def _options(raw):
    options = {}
    while raw:
        code, length = struct.unpack_from('<HH', raw)
        if code == 0:
            assert length == 0 and len(raw) == 4, 'bytes behind the end of the options'
            return options
        options.setdefault(code, []).append(raw[4:4 + length])
        padded = -(-length // 4) * 4
        assert raw[4 + length:4 + padded] == bytes(padded - length)
        raw = raw[4 + padded:]
    return options


def blocks(data):
    """Every block of a little-endian file; a broken one is an assertion."""
    found = []
    at = 0
    while at < len(data):
        type_, length = struct.unpack_from('<II', data, at)
        assert length % 4 == 0 and 12 <= length <= len(data) - at, 'block cut short'
        assert struct.unpack_from('<I', data, at + length - 4)[0] == length
        body = data[at + 8:at + length - 4]
        fixed = {SECTION: 16, INTERFACE: 8, STATISTICS: 12}.get(type_)
        if type_ == PACKET:
            fixed = 20 + -(-struct.unpack_from('<I', body, 12)[0] // 4) * 4
        found.append(Block(type_, body, _options(body[fixed:]), data[at:at + length]))
        at += length
    return found


def packets(found):
    result = []
    for block in found:
        if block.type != PACKET:
            continue
        interface, high, low, captured, wire = struct.unpack_from('<IIIII', block.body)
        flags = block.number(2) if 2 in block.options else 0
        result.append(Packet(interface, high << 32 | low, wire, block.body[20:20 + captured],
                             flags & 3, flags >> 2 & 7,
                             block.number(4) if 4 in block.options else 0))
    return result


def of_type(found, type_):
    return [block for block in found if block.type == type_]
