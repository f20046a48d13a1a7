# tshark with the plugin: its command line, its identity, and one pass over one capture.
# SPDX-License-Identifier: GPL-2.0-or-later
import itertools
import json
import os
import re
import shlex
import struct
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from failure import Failure

FILTER = 'ipmon.event or ipmon.error'
# The fields of a packet in the NDJSON; those from ipmon.event to ipmon.error.process are also rows of
# the database. Without the payload, which stays in the capture.
FIELDS = ('frame.number', 'frame.len', 'frame.protocols', 'ipmon.timestamp', 'ipmon.src.text', 'ipmon.dst.text',
          'ipmon.srcport', 'ipmon.dstport', 'ipmon.protocol', 'ipmon.ttl', 'ipmon.tos', 'ipmon.id', 'ipmon.offset',
          'ipmon.total_length', 'ipmon.layer', 'ipmon.missing',
          'ipmon.event', 'ipmon.event.level', 'ipmon.event.class',
          'ipmon.error.name', 'ipmon.error.errno', 'ipmon.error.winsock', 'ipmon.error.winsock_name',
          'ipmon.error.reason', 'ipmon.error.fatal', 'ipmon.error.socket', 'ipmon.error.reporter',
          'ipmon.error.reporter6', 'ipmon.error.reporter.kind', 'ipmon.error.process',
          'ipmon.error.packet', 'ipmon.error.count', 'ipmon.error.mtu', 'ipmon.error.reported_to',
          'ipmon.error.hint', 'ipmon.error.none',
          'ipmon.process', 'ipmon.process.id', 'ipmon.process.name', 'ipmon.process.user_name',
          'ipmon.process.container', 'ipmon.process.role')
STATISTICS = ('io,phs', 'ipmon_packets', 'ipmon,tree', 'ipmon_events,tree', 'ipmon_errors,tree', 'ipmon_processes,tree',
              'ipmon_connections')
# What ipmon_packets prints: its title, and then these lines. They come after the documents.
COUNTS_TITLE = b'IP Monitor Packet Count'
COUNT = re.compile(rb'^(Packets|Bytes) +(\d+)$')
HIERARCHY_TITLE = b'Protocol Hierarchy Statistics'
OTHER_KIND = re.compile(rb'^ {,2}mime_dlt ')  # there: Wireshark opens files such as images, as one packet
NO_CAPTURE = 'no capture'
# What tshark says of a file that it cannot read to its end, and what is said of it here.
STATES = (("isn't a capture file", NO_CAPTURE), ('cut short', 'cut short'))
REFUSED = 'IP Monitor: '  # of a preference of the plugin that it does not take; tshark goes on
LISTED = 10  # lines of an error: below its first one, for example, the fields that are none
SMALLEST_CAPTURE = 24  # bytes: the header of a pcap file, https://www.tcpdump.org/manpages/pcap-savefile.5.html
# A folder that nobody can make: tshark runs an init.lua of the one that it has, and loads preferences from it.
NO_CONFIGURATION = '/proc/self/no-configuration'
EMPTY_CAPTURE = struct.pack('<IHHiIII', 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101)  # of raw IP packets


@dataclass
class Options:
    """What the user chooses of the decoding."""
    fields: list[str] = field(default_factory=list)
    preferences: list[str] = field(default_factory=list)
    two_passes: bool = False

    def arguments(self) -> list[str]:
        words = ['-2'] if self.two_passes else []
        return words + each('-o', self.preferences) + each('-e', self.fields)


def each(option: str, values: Iterable[str]) -> list[str]:
    return [word for value in values for word in (option, value)]


@dataclass
class Outcome:
    """What a pass over a capture found. `state` is 'decoded', a state of STATES, or another fault."""
    state: str
    message: str
    packets: int
    bytes: int
    final: bool  # another attempt would find the same


def command(options: Options) -> list[str]:
    """The name of a capture must not influence its results: tshark reads standard input, as a file."""
    return ['tshark', '-n', '-r', '/dev/stdin', '-Y', FILTER, '-T', 'ek', *each('-e', FIELDS), *each('-z', STATISTICS),
            *options.arguments()]


def environment() -> dict[str, str]:
    """Without the preferences of whoever runs it, and without his time zone."""
    return {**os.environ, 'WIRESHARK_CONFIG_DIR': NO_CONFIGURATION, 'TZ': 'UTC', 'LC_ALL': 'C.UTF-8'}


def output_of(words: list[str], **options: Any) -> 'subprocess.CompletedProcess[bytes]':
    try:
        return subprocess.run(words, capture_output=True, check=False, **options)
    except OSError as error:
        raise Failure(f'cannot run {words[0]}: {error.strerror}') from error


def versions() -> str:
    """Those of tshark and of the plugin that it loads."""
    listed = output_of(['tshark', '-G', 'plugins']).stdout.decode(errors='replace')
    plugin = re.search(r'^ipmon\.so\s+(\S+)', listed, re.MULTILINE)
    if not plugin:
        raise Failure("tshark does not load the plugin ipmon: 'tshark -G plugins' does not list ipmon.so")
    program = re.search(rb'\d+\.\d+\.\d+', output_of(['tshark', '--version']).stdout)
    return f'ipmon {plugin[1]}, tshark {program[0].decode() if program else "?"}'


def identity(found: str, options: Options) -> str:
    """What results depend on, beside the content of the capture."""
    words = shlex.join(options.arguments())
    return f'{found}, {words}' if words else found


def check(options: Options, folder: Path) -> None:
    """Refuses options that tshark refuses, before there are ten thousand failures."""
    empty = folder / 'empty.pcap'
    try:
        empty.write_bytes(EMPTY_CAPTURE)
    except OSError as error:
        raise Failure(f'cannot write below --into: {error.strerror}') from error
    with open(empty, 'rb') as capture:
        result = output_of(command(options), stdin=capture, env=environment())
    said = complaint(result.stderr)
    if result.returncode != 0 or REFUSED in said:
        raise Failure(f'tshark: {said or result.returncode}')


def complaint(text: bytes) -> str:
    """tshark's error, as one line, without the name that the file has for it."""
    lines = [line for line in text.decode(errors='replace').splitlines()
             if line.strip() and not line.startswith('Running as user')]
    first = next((number for number, line in enumerate(lines) if line.startswith('tshark: ')), 0)
    line = ' '.join(line.strip() for line in lines[first:first + LISTED]
                    if line is lines[first] or line[0].isspace())
    return line.removeprefix('tshark: ').replace('The file "/dev/stdin"', 'the file').replace(' "/dev/stdin"', '')


def outcome(status: int, said: str, size: int, counts: dict[bytes, int]) -> Outcome:
    packets, length = counts.get(b'Packets', 0), counts.get(b'Bytes', 0)
    if status < 0:
        return Outcome('failed', f'tshark was ended by signal {-status}', packets, length, False)
    if status > 0:
        state = next((state for text, state in STATES if text in said), 'damaged')
        return Outcome(state, said or f'tshark ended with status {status}', packets, length, True)
    if not counts:
        raise Failure('tshark printed no statistics')
    if size < SMALLEST_CAPTURE:
        return Outcome(NO_CAPTURE, f'the file has only {size} bytes' if size else 'the file is empty', 0, 0, True)
    return Outcome('decoded', '', packets, length, True)


class Pass:
    """tshark on one open file. Its packets are to be read first, then the rest is known."""

    def __init__(self, options: Options, capture: IO[bytes], errors: IO[bytes]):
        self.size = os.fstat(capture.fileno()).st_size
        self.errors = errors
        errors.seek(0)
        errors.truncate()
        try:
            self.process = subprocess.Popen(command(options), stdin=capture, stdout=subprocess.PIPE, stderr=errors,
                                            env=environment())
        except OSError as error:
            raise Failure(f'cannot run tshark: {error.strerror}') from error
        self.first_of_statistics = b''

    def packets(self) -> Iterator[tuple[str, bytes]]:
        """The documents, each with the name of the index that tshark has for its day."""
        assert self.process.stdout
        index, last = '', b''
        for line in self.process.stdout:
            if not line.startswith(b'{'):
                self.first_of_statistics = line
                return
            if line == last:
                continue
            if line.startswith(b'{"index"'):
                index, last = json.loads(line)['index']['_index'], line
            else:
                yield index, line

    def finish(self, statistics: IO[bytes]) -> Outcome:
        """Writes the statistics."""
        assert self.process.stdout
        counts: dict[bytes, int] = {}
        section, other_kind = b'', False
        for line in itertools.chain([self.first_of_statistics], self.process.stdout):
            statistics.write(line)
            if line.startswith((COUNTS_TITLE, HIERARCHY_TITLE)):
                section = line.rstrip()
            elif section == COUNTS_TITLE and (found := COUNT.match(line)):
                counts.setdefault(found[1], int(found[2]))
            elif section == HIERARCHY_TITLE and OTHER_KIND.match(line):
                other_kind = True
        status = self.process.wait()
        if status == 0 and other_kind:
            return Outcome(NO_CAPTURE, 'the file has no packets, but is of another kind', 0, 0, True)
        self.errors.seek(0)
        return outcome(status, complaint(self.errors.read()), self.size, counts)

    def close(self) -> None:
        """After a failure, too."""
        assert self.process.stdout
        self.process.stdout.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
