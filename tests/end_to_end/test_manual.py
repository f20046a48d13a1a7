# The manual that Wireshark's help buttons open: installed, whole, and about everything.
# SPDX-License-Identifier: GPL-2.0-or-later
import re
import struct
import xml.etree.ElementTree as tree
from pathlib import Path

import pytest

from programs import install_below

PICTURE_BYTES = 200_000
PICTURE_WIDTH = 1440
BRINGS_MORE_FILES = {'link', 'script', 'iframe', 'object', 'embed', 'video', 'audio', 'base'}


def text_of(element):
    return ' '.join(''.join(element.itertext()).split())


class Manual:
    """The page as installed below `root`, at the address that ipmon gives to Wireshark."""

    def __init__(self, root, declared):
        self.path = Path(f'{root}{declared}')
        self.page = tree.parse(self.path).getroot()
        self.text = text_of(self.page)
        self.ids = [element.get('id') for element in self.page.iter() if element.get('id')]

    def section(self, name):
        """The section of a manual page that has this link."""
        return next(section for section in self.page.iter('section')
                    if section.find(f"./*[@id='{name}']") is not None)

    def explained(self, name):
        """The items of a section: pairs of item and explanation, in order."""
        parts = [element for element in self.section(name).iter() if element.tag in ('dt', 'dd')]
        assert [part.tag for part in parts] == ['dt', 'dd'] * (len(parts) // 2)
        return [(text_of(item), text_of(text)) for item, text in zip(parts[::2], parts[1::2])]


@pytest.fixture(scope='module')
def manual(programs, tmp_path_factory):
    root = tmp_path_factory.mktemp('installed')
    install_below(root)
    first = programs.ipmon('--extcap-interfaces').stdout.decode().splitlines()[0]
    declared = re.fullmatch(r'extcap \{.*\{help=(/[^{}]*)\}', first)
    assert declared, f'no path, which is what the toolbar opens: {first}'
    return Manual(root, declared[1])


def listed(programs, action):
    return [line.split('\t') for line in programs.ipmon(action).stdout.decode().splitlines()]


def test_every_link_leads_somewhere(manual):
    assert len(manual.ids) == len(set(manual.ids))
    links = [link.get('href') for link in manual.page.iter('a')]
    assert len(links) > 100
    assert [link for link in links if link[0] != '#' or link[1:] not in manual.ids] == []


def test_the_contents_lead_to_every_section(manual):
    [contents] = manual.page.iter('nav')
    offered = {link.get('href')[1:] for link in contents.iter('a')}
    sections = {heading.get('id') for level in ('h2', 'h3') for heading in manual.page.iter(level)
                if heading.get('id')}
    assert len(sections) > 30 and offered == sections


def test_nothing_is_fetched_but_installed_pictures(manual):
    tags = {element.tag for element in manual.page.iter()}
    assert not tags & BRINGS_MORE_FILES
    styles = ''.join(style.text for style in manual.page.iter('style'))
    assert styles and 'url(' not in styles and '@import' not in styles
    sources = [element.get('src') for element in manual.page.iter() if element.get('src')]
    assert len(sources) >= 2 and all(re.fullmatch(r'[a-z-]+\.png', source) for source in sources)
    for source in sources:
        content = (manual.path.parent / source).read_bytes()
        assert content[:8] == b'\x89PNG\r\n\x1a\n' and len(content) < PICTURE_BYTES, source
        assert struct.unpack('>I', content[16:20])[0] <= PICTURE_WIDTH, source
    assert all(picture.get('alt') for picture in manual.page.iter('img'))


def test_every_receive_all_mode_is_explained(manual):
    items = dict(manual.explained('ipmon1-RECEIVE-ALL_MODES'))
    assert sorted(items) == ['0', '1', '2', '3'] and all(items.values())


def test_every_option_is_explained(manual, programs):
    options = set(re.findall(r'^  (--[a-z-]+)', programs.ipmon('--help').stdout.decode(), re.M))
    items = manual.explained('ipmon1-OPTIONS')
    named = {option for item, explanation in items if explanation
             for option in re.findall(r'--[a-z-]+', item)}
    assert len(options) > 25 and named == options


def test_every_field_is_listed(manual, programs):
    registered = {row.split('\t')[2] for row in programs.tshark('-G', 'fields').stdout.decode().splitlines()
                  if row.startswith('F\t') and row.split('\t')[2].startswith('ipmon.')}
    cells = [text_of(cell) for cell in manual.section('ipmon5-FIELDS').iter('td')]
    named = set()
    for cell in cells:
        first, *others = re.findall(r'ipmon\.[a-z0-9_.]+|(?<= )\.[a-z0-9_]+', cell) or ['']
        if first.startswith('ipmon.'):
            named |= {first, *(first.rpartition('.')[0] + other for other in others)}
    values = {name for name in registered if not name.startswith('ipmon.expert')}
    assert len(values) > 40 and values - named == set() and named - values == set()


def test_every_event_is_explained(manual, programs):
    items = manual.explained('ipmon5-LIST_OF_NETWORK_EVENTS')
    events = listed(programs, '--list-events')
    assert len(events) > 60
    for name, level, class_, _, meaning, *_ in events:
        assert any(item == name and explanation.startswith(f'{level}, {class_}')
                   and meaning[1:] in explanation for item, explanation in items), name


def test_every_error_is_explained(manual, programs):
    items = manual.explained('ipmon5-LIST_OF_ERRORS')
    errors = listed(programs, '--list-errors')
    assert len(errors) > 60
    assert items == [(' '.join([code, *(name for name in names if name != '-')]),
                     f'{meaning[0].upper()}{meaning[1:]}. {hint}')
                    for code, *names, meaning, hint in errors]


def test_a_failure_is_explained_as_the_program_prints_it(manual, programs):
    failure = programs.ipmon('--capture', '--extcap-interface', 'ipmon:file', '--fifo', '-')
    assert failure.returncode == 1
    assert text_of(manual.section('ipmon1-ERRORS')).count(failure.stderr.decode().strip()) == 1
