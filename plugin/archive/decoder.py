# tshark with the plugin: its command line, its identity, and one pass over one capture.
# SPDX-License-Identifier: GPL-2.0-or-later
import itertools
import json
import os
import re
import shlex
import shutil
import struct
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from capture_paths import printable
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
# There: Wireshark opens images and the like, JSON, PEM and objects of Ruby, as one packet.
OTHER_KIND = re.compile(rb'^ {,2}(mime_dlt|json|rfc7468|rbm) ')
START = re.compile(rb'=*\n')  # of the statistics: whatever else comes before them is not of tshark
DOCUMENT = (b'{"index"', b'{"timestamp"')
NO_CAPTURE, DAMAGED = 'no capture', 'damaged'
# What tshark says of a file whose content it cannot read to its end, and what is said of it here. Its status does not
# tell: 2 is, in Wireshark 4.0, also that of a wrong filter; 4.4 and 4.6 have 3 for a file that they cannot open.
STATES = (("the file isn't a capture file", NO_CAPTURE),
          ('the file appears to have been cut short', 'cut short'),
          ('the file appears to be damaged or corrupt', DAMAGED),
          ('the file cannot be decompressed', DAMAGED),
          ('the file contains record data that', DAMAGED),
          ('the file is a capture for a network type that', DAMAGED))
REFUSED = 'IP Monitor: '  # of a preference of the plugin that it does not take; tshark goes on
OF_TSHARK = 'tshark: '
OF_THE_FILE = f'{OF_TSHARK}The file "/dev/stdin"'  # a plugin may have said something else before
NO_FIELDS = "tshark: Some fields aren't valid"  # the fields are listed below it
LISTED = 10  # lines of this list
SHOWN = 80  # characters of a line that does not belong to the output
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
    """What a pass over a capture found. `state` is 'decoded', 'failed' if tshark did, or a state of STATES."""
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


def state_of_file(path: str) -> list[int]:
    try:
        status = os.stat(path)
    except OSError:
        return []
    return [status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns]


def installed() -> tuple[str, dict[str, list[int]]]:
    """The versions of tshark and of the plugin that it loads, and their files as unchanged() takes them."""
    files = {path: state_of_file(path) for path in [shutil.which('tshark') or '']}
    listed = os.fsdecode(output_of(['tshark', '-G', 'plugins']).stdout)
    plugin = re.search(r'^ipmon\.so\s+(\S+)[^/\n]*(.*)$', listed, re.MULTILINE)
    if not plugin:
        raise Failure("tshark does not load the plugin ipmon: 'tshark -G plugins' does not list ipmon.so")
    files[plugin[2]] = state_of_file(plugin[2])
    program = re.search(rb'\d+\.\d+\.\d+', output_of(['tshark', '--version']).stdout)
    return f'ipmon {plugin[1]}, tshark {program[0].decode() if program else "?"}', files


def versions() -> str:
    return installed()[0]


def unchanged(files: dict[str, list[int]]) -> bool:
    """Whether none of them was replaced; without starting tshark, which costs as much as to decode a small capture."""
    return all(state_of_file(path) == state for path, state in files.items())


def identity(found: str, options: Options) -> str:
    """What results depend on, beside the content of the capture."""
    words = shlex.join(options.arguments())
    try:
        words.encode()
    except UnicodeEncodeError as error:
        raise Failure(f"an option is not UTF-8: '{printable(words)}'") from error
    return f'{found}, {words}' if words else found


def check(options: Options, folder: Path) -> None:
    """Refuses options that tshark refuses, before there are ten thousand failures."""
    empty = folder / 'empty.pcap'
    try:
        empty.write_bytes(EMPTY_CAPTURE)
    except OSError as error:
        raise Failure(f"cannot write '{printable(str(empty))}': {error.strerror}") from error
    with open(empty, 'rb') as capture:
        result = output_of(command(options), stdin=capture, env=environment())
    said = complaint(result.stderr)
    if result.returncode != 0 or REFUSED in said:
        raise Failure(f'tshark: {said or result.returncode}')
    first = result.stdout.splitlines(keepends=True)[:1]
    if not first or not START.fullmatch(first[0]):
        raise Failure(f'tshark: {foreign(b"".join(first))}')


def complaint(text: bytes) -> str:
    """tshark's error, as one line, without the name that the file has for it."""
    lines = [line for line in text.decode(errors='replace').splitlines()
             if line.strip() and not line.startswith('Running as user')]
    first = next((number for words in (OF_THE_FILE, OF_TSHARK) for number, line in enumerate(lines)
                  if line.startswith(words)), 0)
    last = first + (LISTED if lines[first:] and lines[first].startswith(NO_FIELDS) else 1)
    line = ' '.join(line.strip() for line in lines[first:last] if line is lines[first] or line[0].isspace())
    return line.removeprefix(OF_TSHARK).replace('The file "/dev/stdin"', 'the file').replace(' "/dev/stdin"', '')


def foreign(line: bytes) -> str:
    """What is said of a line that tshark itself does not print."""
    text = printable(line.decode(errors='replace').strip())
    return f"something else prints into its output, such as a plugin in Lua: '{text[:SHOWN]}'"


def failed(message: str) -> Outcome:
    """It says nothing of the capture."""
    return Outcome('failed', message, 0, 0, False)


def outcome(status: int, said: str, size: int, counts: dict[bytes, int]) -> Outcome:
    packets, length = counts.get(b'Packets', 0), counts.get(b'Bytes', 0)
    if status < 0:
        return failed(f'tshark was ended by signal {-status}')
    if status > 0:
        state = next((state for text, state in STATES if said.startswith(text)), '')
        return Outcome(state, said, packets, length, True) if state else \
            failed(f'tshark ended with status {status}{": " if said else ""}{said}')
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
        first = self.first_of_statistics
        wrong = b'' if not first or START.fullmatch(first) else first
        for line in itertools.chain([first], self.process.stdout):
            statistics.write(line)
            if line.startswith(DOCUMENT):
                wrong = wrong or first
            elif line.startswith((COUNTS_TITLE, HIERARCHY_TITLE)):
                section = line.rstrip()
            elif section == COUNTS_TITLE and (found := COUNT.match(line)):
                counts.setdefault(found[1], int(found[2]))
            elif section == HIERARCHY_TITLE and OTHER_KIND.match(line):
                other_kind = True
        status = self.process.wait()
        if status == 0 and other_kind and not wrong:
            return Outcome(NO_CAPTURE, 'the file has no packets, but is of another kind', 0, 0, True)
        self.errors.seek(0)
        found = outcome(status, complaint(self.errors.read()), self.size, counts)
        return failed(foreign(wrong)) if found.final and wrong else found

    def close(self) -> None:
        """After a failure, too."""
        assert self.process.stdout
        self.process.stdout.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
