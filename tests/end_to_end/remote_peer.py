#!/usr/bin/python3
# In the place of an ipmon on another machine: a stream as it writes one, of either byte order, slow
# or without an end. It does what it is told, unless it is not controlled.
# SPDX-License-Identifier: GPL-2.0-or-later
import argparse
import struct
import sys
import threading
import time

SECTION, INTERFACE, STATISTICS, PACKET, REPORT = 0x0A0D0D0A, 1, 5, 6, 0x80000001
COMMENT, APPLICATION, NAME, RECEIVED, DROPPED, DELIVERED = 1, 4, 2, 4, 5, 8
PAUSED, DISCARDED = 0x8001, 0x8002  # for the other ipmon (pcapng.h)
PAUSE_BUTTON, INITIALIZED, REPORT_CONTROL = 0, 0, 128  # of the toolbar's messages
HEADER = 6  # bytes of one
RAW = 101


class Stream:
    def __init__(self, order):
        self.order = {'big': '>', 'little': '<'}[order]

    def pack(self, form, *values):
        return struct.pack(self.order + form, *values)

    def option(self, code, value):
        return self.pack('HH', code, len(value)) + value + bytes(-len(value) % 4)

    def block(self, type_, body):
        length = self.pack('I', len(body) + 12)
        return self.pack('I', type_) + length + body + length

    def beginning(self, application):
        return self.block(SECTION, self.pack('IHHq', 0x1A2B3C4D, 1, 0, -1) + self.option(APPLICATION, application)
                          ) + self.block(INTERFACE, self.pack('HHI', RAW, 0, 0) + self.option(NAME, b'peer0'))

    def packet(self, number):
        """IPv4 with the number as its identification."""
        packet = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 20, number & 0xFFFF, 0, 64, 17, 0, bytes(4), bytes(4))
        return self.block(PACKET, self.pack('IIIII', 0, 0, 0, len(packet), len(packet)) + packet)

    def statistics(self, count=0, comment=b''):
        options = b''.join(self.option(code, self.pack('Q', value)) for code, value in (
            (RECEIVED, count), (DROPPED, 0), (DELIVERED, count), (PAUSED, 0), (DISCARDED, 0)))
        return self.block(STATISTICS, self.pack('III', 0, 0, 0) + self.option(COMMENT, comment) + options)

    def report(self, token):
        """The token as it came."""
        return self.block(REPORT, token + self.pack('Q', time.time_ns()))


def messages():
    """(control, command, payload), until standard input ends."""
    while len(header := sys.stdin.buffer.read(HEADER)) == HEADER:
        yield header[4], header[5], sys.stdin.buffer.read(int.from_bytes(header[1:4], 'big') - 2)


def write(data):
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def obey(stream, count, delay):
    for control, command, payload in messages():
        if control == REPORT_CONTROL:
            time.sleep(delay)
            write(stream.report(payload))
        elif (control, command) == (PAUSE_BUTTON, INITIALIZED):
            write(b''.join(map(stream.packet, range(count))))
    write(stream.statistics(count))


def log_without_end():
    line = b'2026-01-01T00:00:00.000000Z info: nothing\n' * 100
    while True:
        sys.stderr.buffer.write(line)


def send_without_end(stream, what):
    data = {'packets': b''.join(map(stream.packet, range(5000))),
            'statistics': stream.statistics(comment=b'\xc3\xa9' * 4000) * 50}[what]
    while True:
        write(data)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--order', default=sys.byteorder)
    parser.add_argument('--delay', type=float, default=0, help='of each report, in seconds')
    parser.add_argument('--packets', type=int, default=0)
    parser.add_argument('--endless', choices=['packets', 'statistics'])
    parser.add_argument('--flood', action='store_true', help='of the log, from the first packet on')
    own, _ = parser.parse_known_args()
    stream = Stream(own.order)
    write(stream.beginning(b'ipmon 1' if own.endless else b'ipmon 1, controlled'))
    if own.endless:
        send_without_end(stream, own.endless)
    if own.flood:
        threading.Thread(target=log_without_end, daemon=False).start()
    obey(stream, own.packets, own.delay)


main()
