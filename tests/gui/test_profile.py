# The profile "IP Monitor" in the window, beside Wireshark's own.
# SPDX-License-Identifier: GPL-2.0-or-later
import re
import shutil
from pathlib import Path

import pytest

from desktop import WIDTH
from wireshark import PROFILE, PROFILE_NAME

COLUMNS = ['No.', 'Time', 'Source', 'Destination', 'Protocol', 'Length', 'DSCP', 'Event', 'Error', 'Process', 'Info']
STOCK = Path('/usr/share/wireshark')
GRAPHS = ['Socket errors', 'TCP resets', 'TCP retransmissions', 'Network events']
# Of each button: the names in the scene of the packets that it leaves.
BUTTONS = {
    'Socket errors': ['reset', 'port unreachable', 'filtered', 'aborted', 'port unreachable6', 'second6', 'third6',
                      'given up'],
    'Network events': ['port unreachable', 'filtered', 'port unreachable6', 'second6', 'third6', 'checksum'],
    'Bad checksums': ['checksum'],
    'Fragments': ['fragment', 'last fragment'],
    'Tunnels': ['tunnel'],
}


def rules(file):
    """Names of colour rules, in order, with background and text colour as #rrggbb."""
    found = re.findall(r'^@([^@]*)@.*@\[([0-9,]+)\]\[([0-9,]+)\]$', file.read_text(), re.MULTILINE)

    def colour(values):
        return '#' + ''.join(f'{int(value) >> 8:02x}' for value in values.split(','))
    return {name: (colour(background), colour(text)) for name, background, text in found}


@pytest.fixture
def stock(show):
    return lambda: show()


def test_columns_and_rows(ours):
    one = ours()
    one.await_widget('label', f'Profile: {PROFILE_NAME}')
    headers = one.column_headers()
    assert list(headers) == COLUMNS
    left, _, width, _ = headers['Info']
    assert width >= 0.4 * WIDTH
    assert left + width <= WIDTH
    rows = one.rows_in_sight()
    assert len(rows) >= 18 and list(rows)[0] == 1
    one.picture('profile')


def test_the_toolbar(ours, stock):
    assert not stock().find('push button', 'Restore defaults')
    assert ours().await_widget('push button', 'Restore defaults')


def test_rows_have_the_colours_of_stock(stock, ours, application):
    """Where no rule of the profile's own comes first."""
    one = stock()
    expected = one.row_colours()
    one.picture('profile-stock')
    found = ours().row_colours()
    numbers = [number for number in expected if 1 < number < application.number['fragment']]
    assert len(numbers) > 10
    assert {number: found[number] for number in numbers} == {number: expected[number] for number in numbers}
    assert found[application.number['retransmission']] == rules(STOCK / 'colorfilters')['Bad TCP']
    assert found[application.number['reset']][0] == rules(STOCK / 'colorfilters')['TCP RST'][0]


def test_rules_for_trouble_come_first():
    stock, found = rules(STOCK / 'colorfilters'), rules(PROFILE / 'colorfilters')
    own = [name for name in found if name not in stock]
    names = list(found)
    assert names[0] == 'Bad TCP'
    assert set(stock) <= set(names)
    assert {name: found[name] for name in stock} == stock
    last = names.index('Checksum Errors')
    assert names[last + 1:last + 1 + len(own)] == own
    assert min(names.index(name) for name in ('ARP', 'ICMP', 'HTTP', 'TCP', 'UDP')) == last + 1 + len(own)


@pytest.mark.parametrize('name', BUTTONS)
def test_buttons(ours, application, name):
    one = ours()
    one.click('push button', name)
    one.await_rows([application.number[packet] for packet in BUTTONS[name]])


def test_there_are_no_other_buttons(ours):
    assert ours().buttons_beside('Tunnels') == list(BUTTONS)


def test_colours_of_its_own(ours, application):
    one, expected = ours(), rules(PROFILE / 'colorfilters')
    one.apply(f'frame.number in {{1, {application.number["fragment"]}..{application.number["tunnel"]}}}')
    one.await_rows([1, *range(application.number['fragment'], application.number['tunnel'] + 1)])
    found = one.row_colours()
    one.picture('profile-colours')
    for packet, rule in (('fragment', 'Fragments'), ('checksum', 'Bad checksum'),
                         ('voice', 'Precedence: Flash to CRITIC/ECP')):
        assert found[application.number[packet]][0] == expected[rule][0]


def test_graphs(ours):
    one = ours()
    one.menu('Statistics', 'I/O Graphs')
    title = re.escape(one.await_title('Wireshark · I/O Graphs · .*'))
    assert [name for name in one.listed('.+', title) if name in GRAPHS] == GRAPHS
    for colour in re.findall(r'#[0-9A-F]{6}', (PROFILE / 'io_graphs').read_text()):
        one.await_colour(colour)
    one.picture('io-graphs')


def test_first_use(show, programs):
    """Wireshark copies the installed profile, all of it, to the user's configuration."""
    data = programs.readable('data')
    data.mkdir()
    for entry in STOCK.iterdir():
        if entry.name != 'profiles':
            (data / entry.name).symlink_to(entry)
    shutil.copytree(PROFILE, data / 'profiles' / PROFILE_NAME)
    try:
        one = show('-C', PROFILE_NAME, environment={'WIRESHARK_DATA_DIR': str(data)})
        one.await_widget('label', f'Profile: {PROFILE_NAME}')
        assert list(one.column_headers()) == COLUMNS
        assert one.await_widget('push button', 'Restore defaults')
        copy = one.settings / 'profiles' / PROFILE_NAME
        assert {file.name for file in copy.iterdir()} >= {file.name for file in PROFILE.iterdir()}
    finally:
        shutil.rmtree(data)
