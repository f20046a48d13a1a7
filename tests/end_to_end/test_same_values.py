# What `tshark -T fields` prints, from an invisible tree, is what the visible tree has (pdml): on
# every capture of the corpus, or on generated ones where there is none.
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import subprocess
import xml.sax
from concurrent.futures import ThreadPoolExecutor

import pytest

from capture_files import CORPUS, generated
from programs import TIMEOUT

SAME = {'True': '1', 'False': '0',  # -T fields from 4.2 on
        '': '1'}                    # an expert item: it has no value, and -T fields counts it


class Pdml(xml.sax.ContentHandler):
    """The values of ipmon's fields by frame number; frames without them are left out."""

    def __init__(self):
        super().__init__()
        self.frames = {}
        self.number = 0

    def startElement(self, name, attributes):  # noqa: N802
        if name == 'packet':
            self.number += 1
        field = attributes.get('name', '') if name == 'field' else ''
        if field.startswith('ipmon.'):
            values = self.frames.setdefault(self.number, {})
            values.setdefault(field, []).append(attributes.get('show', ''))


def normal(values):
    return [SAME.get(value, value.replace(':', '')) for value in values]  # bytes are a:b or ab


@pytest.fixture(scope='module')
def captures(programs, tmp_path_factory):
    if not CORPUS.is_dir():
        return list(generated(tmp_path_factory.mktemp('generated')))
    return sorted(path for path in CORPUS.rglob('*') if path.is_file())


@pytest.fixture(scope='module')
def names(programs):
    """Every field of ipmon but the text of payloads, which may hold what separates values."""
    lines = programs.tshark('-G', 'fields').stdout.decode().splitlines()
    names = dict.fromkeys(line.split('\t')[2] for line in lines if line.startswith('F\t'))
    return [name for name in names
            if name.startswith('ipmon.') and name != 'ipmon.payload.text']


def tshark(programs, file, *arguments):
    with open(file, 'rb') as source:  # the ordinary user perhaps cannot open it
        result = subprocess.run(programs.command(['tshark', '-n', '-r', '-', *arguments]),
                                env=programs.environment(), stdin=source, capture_output=True,
                                timeout=5 * TIMEOUT, cwd=programs.stage)
    return result.stdout


def differences(programs, file, names):
    shown = Pdml()
    document = tshark(programs, file, '-T', 'pdml')
    if document:
        xml.sax.parseString(document, shown)
    rows = tshark(programs, file, '-Y', 'ipmon', '-T', 'fields', '-E', 'separator=/t', '-E',
                  'aggregator=|', '-e', 'frame.number', *[w for n in names for w in ('-e', n)])
    printed = {}
    for row in rows.decode(errors='replace').splitlines():
        number, *cells = row.split('\t')
        printed[int(number)] = cells
    found = [f'{file.name}: frames {sorted(printed.keys() ^ shown.frames.keys())}'
             ] if printed.keys() != shown.frames.keys() else []
    for number in printed.keys() & shown.frames.keys():
        for name, cell in zip(names, printed[number], strict=True):
            one = normal(cell.split('|') if cell else [])
            other = normal(shown.frames[number].get(name, []))
            if one != other:
                found.append(f'{file.name} frame {number}: {name} is {one}, in pdml {other}')
    return found, sum(len(values['ipmon.layer']) for values in shown.frames.values())


def test_fields_agree_with_the_visible_tree(programs, captures, names):
    assert len(names) > 100
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda file: differences(programs, file, names), captures))
    found = [line for lines, _ in results for line in lines]
    assert sum(headers for _, headers in results) >= len(captures)
    assert not found, '\n'.join(found[:40])
