# What the tests of captures share: frames to send, and ipmon writing into a pipe.
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import select
import threading

from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether

import pcapng
from network import Pair
from programs import TIMEOUT

INBOUND, OUTBOUND, UNKNOWN = 1, 2, 0
UNICAST, MULTICAST, BROADCAST, PROMISCUOUS = 1, 2, 3, 4

# Sources that the receiving host has no route back to: it answers nothing.
SOURCE, SOURCE6 = '192.0.2.77', '2001:db8::77'


def frame(packet, destination=Pair.FAR_MAC):
    kind = 0x86DD if isinstance(packet, IPv6) else 0x0800
    return bytes(Ether(src=Pair.NEAR_MAC, dst=destination, type=kind) / packet)


SILENCE = 25  # seconds; a stalled reader is given up after 20


class Capture:
    """ipmon writing into a pipe that this process reads, as Wireshark's dumpcap would."""

    def __init__(self, programs, host, source, *options, inherited=(), capture=True):
        self.path = programs.readable('pipe')
        self.path.unlink(missing_ok=True)
        os.mkfifo(self.path)
        os.chmod(self.path, 0o666)
        self.process = programs.start(
            [programs.ipmon_path, *self.words(source, self.path), *options], host=host, capture=capture,
            pass_fds=inherited)
        self.reader = open(self.path, 'rb', buffering=0)
        ready, _, _ = select.select([self.reader], [], [], SILENCE)
        assert ready, 'ipmon never wrote its first block, which comes when everything is open'

    @staticmethod
    def words(source, path):
        return ['--capture', '--extcap-interface', source, '--fifo', path]

    def signal(self, *numbers):
        for number in numbers:
            self.process.send_signal(number)

    def read(self, length=None):
        """So many bytes, or all up to the end; a writer that falls silent is an error."""
        data = b''
        while length is None or len(data) < length:
            ready, _, _ = select.select([self.reader], [], [], SILENCE)
            assert ready, 'ipmon fell silent'
            more = self.reader.read((length or 1 << 20) - (len(data) if length else 0))
            if not more:
                break
            data += more
        return data

    def read_block(self):
        """The next block as soon as it is written, for tests that go step by step."""
        head = self.read(8)
        [block] = pcapng.blocks(head + self.read(int.from_bytes(head[4:], 'little') - 8))
        return block

    @staticmethod
    def raw(found):
        """The bytes of blocks that were read."""
        return (block.raw for block in found)

    def read_later(self):
        """Reads in the background; returns a function that waits for the end and returns finish()."""
        data = []
        thread = threading.Thread(target=lambda: data.append(self.read()))
        thread.start()

        def finish():
            thread.join()
            self.reader.close()
            _, error = self.process.communicate(timeout=TIMEOUT)
            return pcapng.blocks(data[0]), self.process.returncode, error.decode()

        return finish

    def finish(self):
        data = self.read()
        self.reader.close()
        _, error = self.process.communicate(timeout=TIMEOUT)
        return pcapng.blocks(data), self.process.returncode, error.decode()


def send_all(wire, frames):
    for bytes_ in frames:
        wire.send(bytes_)


def accept_with_capinfos(programs, data, name='check.pcapng'):
    file = programs.readable(name)
    file.write_bytes(data)
    result = programs.run(['capinfos', file])
    assert result.returncode == 0 and not result.stderr, result.stderr
    return file


def refusal(programs, host, source, *options, capture=True, fifo=None):
    """Runs a capture that must fail; returns what the pipe's reader got and the error line."""
    path = programs.readable('refused')
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    os.chmod(path, 0o666)
    process = programs.start([programs.ipmon_path, '--capture', '--extcap-interface', source,
                              '--fifo', fifo or path, *options], host=host, capture=capture)
    data = b'' if fifo else path.open('rb').read()  # a reader must not be left waiting
    _, error = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 1
    assert error.count(b'\n') == 1 and len(error) <= 1000
    return data, error.decode()
