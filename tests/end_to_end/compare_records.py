#!/usr/bin/python3
# Compares what ipmon prints of a capture file with what the dissector shows: each field of each
# frame that has an IP header right behind its link header.
#   compare_records.py --ipmon IPMON --tshark TSHARK FILE...
# TSHARK loads the plugin: as root Wireshark ignores plugin folders, so that it is a script that runs
# tshark as an ordinary user. Prints each difference; the exit status is 1 if there is one.
#
# Not compared, since one packet alone does not show it:
# - ipmon.error.* of TCP and SCTP, and of ICMP errors that quote them: the state of connections;
#   of messages with a wrong checksum: whether all of their sender have one
# - ipmon.event.level of icmp_error-start, which is lower for answers to a traceroute
# - events by the neighbour table: given up after several solicitations
# - ipmon.error.packet, .answered_in, .count and .hint: other packets of the conversation
# - ipmon.payload.text: the code pages are the dissector's
# - ipmon.header and ipmon.expert.*, which have no value, and ipmon.error.told, a former name
# Different, and reported: raw IP (link type 101) of which fewer than 8 bytes were captured, which
# Wireshark gives up; IPv6 without a link header whose payload length of 0 means segmentation offload,
# which Wireshark cuts to its header.
# Not printed at all: headers in tunnels and reassembled packets (ipmon.layer above 0), headers behind
# other link headers (PPPoE, MPLS, LLC and others), and all of other link types.
# SPDX-License-Identifier: GPL-2.0-or-later
import argparse
import json
import os
import subprocess
import sys
import re
import xml.sax
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

FORMS = {'text': [], 'details': ['-V'], 'json': ['--json']}
# frame.encap_type: Ethernet, PPP, raw IP, NULL, cooked captures, LOOP.
LINKS = {1, 4, 7, 15, 25, 129, 130, 174, 210}
# The first header, or what is left of one that Wireshark refuses; and what may stand in front of it.
IP = {'ip', 'ipv6', 'data', ''}
IN_FRONT = {'eth', 'ethertype', 'vlan', 'ieee8021ad', 'sll', 'null', 'ppp', 'raw'}
NOT_COMPARED = {'ipmon.error.packet', 'ipmon.error.answered_in', 'ipmon.error.count', 'ipmon.error.hint',
                'ipmon.error.told', 'ipmon.payload.text', 'ipmon.header'}
BY_NEIGHBOUR = {'ether_output-rtreject', 'ether_output-noroute'}
BY_TRACEROUTE = 'icmp_error-start'
EVENTS = ('ipmon.event', 'ipmon.event.level', 'ipmon.event.class')
TCP, SCTP = 6, 132
BOOLEANS = {'True': '1', 'False': '0'}  # as -T fields prints them from Wireshark 4.2 on
# Why an error has no effect, by the connection or by the sender of the packet.
BY_STATE = ('path MTU discovery', 'the connection', 'the checksum of the message', 'the receiver', 'the quoted',
            'outside the', 'the reset')


class Headers(xml.sax.ContentHandler):
    """The values of the outermost header in PDML, by frame number and field."""

    def __init__(self):
        super().__init__()
        self.frames, self.values, self.number = {}, None, 0

    def startElement(self, name, attributes):  # noqa: N802
        if name == 'proto' and attributes['name'] == 'ipmon':
            self.values = None if self.number in self.frames else self.frames.setdefault(self.number, {})
        elif name == 'field' and attributes['name'] == 'frame.number':
            self.number = int(attributes['show'])
        elif name == 'field' and self.values is not None and attributes['name'].startswith('ipmon.'):
            self.values.setdefault(attributes['name'], []).append(attributes['show'].replace(':', '')
                                                                  if attributes['name'] == 'ipmon.payload'
                                                                  else attributes['show'])

    def endElement(self, name):  # noqa: N802
        if name == 'proto':
            self.values = None


class Shown:
    """What a dissector shows: tshark is a function that returns the output for arguments."""

    def __init__(self, tshark):
        self.tshark = tshark
        version = re.search(rb'\d+\.\d+', tshark('--version'))[0]
        self.backslash = '\\' if version == b'4.0' else r'\\'  # as -T fields writes one
        rows = [line.split('\t') for line in tshark('-G', 'fields').decode().splitlines()]
        self.types = {row[2]: row[3] for row in rows if row[0] == 'F' and row[2].startswith('ipmon.')
                      and row[3] != 'FT_NONE' and row[2] not in NOT_COMPARED}

    def frames(self, file):
        """Values by frame number and field, of the outermost header."""
        names = ['frame.number', 'frame.encap_type', 'frame.protocols', *self.types]
        output = self.tshark('-n', '-r', file, '-Y', 'ipmon', '-T', 'fields', '-E', 'separator=/t',
                             '-E', 'aggregator=|',
                             *[word for name in names for word in ('-e', name)])
        frames = {}
        for line in output.decode(errors='replace').replace(self.backslash, '\\').splitlines():
            cells = dict(zip(names, [cell.split('|') if cell else [] for cell in line.split('\t')], strict=True))
            frames[int(cells['frame.number'][0])] = cells
        self.take_outermost(file, frames)
        return frames

    def take_outermost(self, file, frames):
        """-T fields has the values of all headers of a frame in one list."""
        several = [number for number, cells in frames.items() if len(cells['ipmon.layer']) > 1]
        if not several:
            return
        headers = Headers()
        document = self.tshark('-n', '-r', file, '-Y', 'ipmon.layer > 0', '-T', 'pdml')
        xml.sax.parseString(document, headers)
        for number in several:
            for name in self.types:
                frames[number][name] = headers.frames[number].get(name, [])


def is_covered(cells):
    """Whether the outermost IP header stands right behind the link header."""
    protocols = ''.join(cells['frame.protocols']).split(':')
    first = next(i for i, name in enumerate([*protocols, 'data']) if name in IP)
    return int(cells['frame.encap_type'][0]) in LINKS and set(protocols[:first]) <= IN_FRONT


def value_of(kind, value):
    """A value of tshark as JSON has it."""
    if kind == 'FT_BOOLEAN':
        return BOOLEANS.get(value, value) == '1'
    if kind.startswith(('FT_UINT', 'FT_INT')):
        return int(value, 0)
    return value


def needs_state(printed, cells):
    if printed.get('ipmon.protocol') in (TCP, SCTP) or printed.get('ipmon.error.protocol') in (TCP, SCTP):
        return True
    return any(text.startswith(BY_STATE) for text in
               [printed.get('ipmon.error.none', ''), *cells.get('ipmon.error.none', [])])


def without_neighbours(values):
    """Rows of name, level and class, of the events that the packet alone shows."""
    rows = zip(*[values[name] for name in EVENTS], strict=True)
    return [(name, None if name == BY_TRACEROUTE else level, kind) for name, level, kind in rows
            if name not in BY_NEIGHBOUR]


def compare_frame(types, printed, cells):
    """The fields of one frame that differ, as text."""
    shown = {name: [value_of(kind, value) for value in cells[name]] for name, kind in types.items()}
    ours = {name: value if isinstance(value, list) else [value] for name, value in printed.items()}
    stateful = needs_state(printed, cells)
    for values in (shown, ours):
        events = without_neighbours({name: values.get(name, []) for name in EVENTS})
        values.update({name: [row[i] for row in events] for i, name in enumerate(EVENTS)})
        values['ipmon.event.count'] = [len(events)] if events else []
    for name in sorted(set(shown) | {name for name in ours if name in types or name in EVENTS}):
        if name in types and not (stateful and name.startswith('ipmon.error')):
            if shown.get(name, []) != ours.get(name, []):
                yield f'{name} is {ours.get(name, [])}, in Wireshark {shown.get(name, [])}'


def compare_file(shown, ipmon, file):
    """Differences of a file as text, and how many frames were compared."""
    frames = shown.frames(file)
    printed = {}
    for line in ipmon(file).decode().splitlines():
        record = json.loads(line)
        printed[record['frame.number']] = record
    covered = {number for number, cells in frames.items() if is_covered(cells)}
    found = [f'{file}: frame {number} is not printed' for number in sorted(covered - printed.keys())]
    found += [f'{file}: frame {number} is none in Wireshark' for number in sorted(printed.keys() - covered)]
    for number in sorted(covered & printed.keys()):
        found += [f'{file}: frame {number}: {text}'
                  for text in compare_frame(shown.types, printed[number], frames[number])]
    return found, len(covered & printed.keys())


def run(*command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=False).stdout


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--ipmon', required=True)
    parser.add_argument('--tshark', required=True)
    parser.add_argument('files', nargs='+', type=Path)
    arguments = parser.parse_args()
    shown = Shown(lambda *words: run(arguments.tshark, *words))

    def compare(file):
        return compare_file(shown, lambda path: run(arguments.ipmon, *print_arguments(path)), file)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(compare, arguments.files))
    lines = [line for found, _ in results for line in found]
    print(*lines, sep='\n', end='\n' if lines else '')
    print(f'{len(arguments.files)} files, {sum(count for _, count in results)} frames, '
          f'{len(shown.types)} fields, {len(lines)} differences')
    return 1 if lines else 0


def print_arguments(file, form='json'):
    """What ipmon prints a file with."""
    return ['-r', str(file), *FORMS[form]]


if __name__ == '__main__':
    sys.exit(main())
