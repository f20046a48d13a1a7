# How much work a replay is, counted in instructions: for each section or interface of a file as much
# among many as among few. The build is the one for valgrind, without the sandbox.
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import re
import struct
import subprocess

import pytest

import pcapng
from capture_files import ETHERNET, block
from programs import TIMEOUT, WITHOUT_SANDBOX
from replaying import PACKETS
from toolbar import Toolbar

pytestmark = pytest.mark.usefixtures('program_without_sandbox')

COMMENTED = 20  # packets
FEW, MANY = 250, 3000
SAME = 1.05  # more than what differs with the moments at which tables grow
SECTION = block(pcapng.SECTION, struct.pack('<IHHq', 0x1A2B3C4D, 1, 0, -1))
INTERFACE = block(pcapng.INTERFACE, struct.pack('<HHI', ETHERNET, 0, 0))
COMMENT, CUSTOM, PRIVATE = 1, 2988, struct.pack('<I', 32473) + b'text'


def packet(interface=0, options=b''):
    frame = bytes(12) + b'\x08\x00' + PACKETS[0]
    head = struct.pack('<IIIII', interface, 0, 5, len(frame), len(frame))
    return block(pcapng.PACKET, head + frame + bytes(-len(frame) % 4) + options)


def option(code, value):
    return struct.pack('<HH', code, len(value)) + value


def sections(count):
    return (SECTION + INTERFACE + packet()) * count


def interfaces(count):
    """No packet is of the same interface as the one before."""
    return SECTION + INTERFACE * count + b''.join(packet(number) for number in range(count))


def descriptions(count):
    return SECTION + INTERFACE * count + packet()


def comments(count):
    """Of each packet; the other options that come before are passed on the way to a comment."""
    options = option(CUSTOM, PRIVATE) * count + option(COMMENT, b'text') * count
    return SECTION + INTERFACE + packet(options=options) * COMMENTED


def blocks_of(type_, body):
    return lambda count: SECTION + INTERFACE + block(type_, body) * count + packet()


NAME = struct.pack('<HH4s8sHH', 1, 12, bytes(4), b'example\0', 0, 0)
SECRETS = struct.pack('<II4s', 0x544C534B, 4, b'key\n')
FILES = {
    'sections': (sections, FEW, MANY, SAME),
    'interfaces': (interfaces, FEW, MANY, SAME),
    'descriptions': (descriptions, FEW, MANY, SAME),
    'comments': (comments, 100, 450, 1.5),  # up to FILE_COMMENTS_MAX
    'names': (blocks_of(4, NAME), FEW, MANY, SAME),
    'secrets': (blocks_of(10, SECRETS), FEW, MANY, SAME),
    'statistics': (blocks_of(5, struct.pack('<III', 0, 0, 1)), FEW, MANY, SAME),
}


# Small pieces of memory that were freed wait in malloc's fast bins until a large one is freed, which then
# pays for all of them: a step that depends on what else is in memory.
PLAIN_MALLOC = {**os.environ, 'GLIBC_TUNABLES': 'glibc.malloc.mxfast=0'}


def work(file, out, *options):
    """Instructions that a replay takes."""
    result = subprocess.run(
        ['valgrind', '--tool=callgrind', '--callgrind-out-file=/dev/null', WITHOUT_SANDBOX, '--capture',
         '--extcap-interface', 'ipmon:file', '--file', file, '--fifo', out, *options],
        capture_output=True, timeout=TIMEOUT, text=True, env=PLAIN_MALLOC)
    assert result.returncode == 0, result.stderr
    return int(re.search(r'Collected : (\d+)', result.stderr)[1])


@pytest.fixture
def work_for_each(tmp_path):
    """Instructions for each thing in a file of many: from so many to twice as many."""
    file, out = tmp_path / 'many.pcapng', tmp_path / 'replayed.pcapng'

    def measure(make, count, options=tuple):
        numbers = []
        for things in (count, 2 * count):
            file.write_bytes(make(things))
            numbers.append(work(file, out, *options()))
            assert len(pcapng.packets(pcapng.blocks(out.read_bytes()))) == {
                sections: things, interfaces: things, comments: COMMENTED}.get(make, 1)
        return (numbers[1] - numbers[0]) / count
    return measure


@pytest.mark.parametrize('make, few, many, most', FILES.values(), ids=FILES)
def test_many_are_no_more_work_each_than_few(work_for_each, make, few, many, most):
    assert work_for_each(make, many) < most * work_for_each(make, few)


def test_a_toolbar_makes_no_difference(work_for_each, programs):
    def toolbar():
        return Toolbar(programs).options

    assert work_for_each(sections, MANY, toolbar) < SAME * work_for_each(sections, FEW, toolbar)
