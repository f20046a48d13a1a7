# The pane of packet details: its items, links and filters.
# SPDX-License-Identifier: GPL-2.0-or-later
import re

FILTER = ('text', 'Display filter entry')


class Details:
    """Of the packet that is selected in a window."""

    def __init__(self, window):
        self.window = window

    def items(self):
        """Widgets of the items in sight, from top to bottom."""
        tree = self.window.await_widget('tree', 'Packet details')
        _, top, _, height = tree.place
        return [item for item in tree.all('tree item', '.+')
                if top <= item.place[1] and item.place[1] + item.place[3] <= top + height]

    def parts(self, name):
        """Names of the items in sight below one, each with its depth from 1 on."""
        rows = [(item.name, item.place[0]) for item in self.items()]
        first = next(i for i, (found, _) in enumerate(rows) if re.fullmatch(name, found))
        steps = sorted({left for _, left in rows})
        found = []
        for text, left in rows[first + 1:]:
            if left <= rows[first][1]:
                break
            found.append((text, steps.index(left) - steps.index(rows[first][1])))
        return found

    def select(self, name):
        self.window.click('tree item', name)

    def open(self, name):
        self.select(name)
        self.window.desktop.key('Right')

    def follow(self, name):
        """Goes to the packet to which an item is a link."""
        self.window.click('tree item', name, times=2)

    def filter_of(self, name):
        """Applies an item as filter; the filter."""
        before = self.window.await_widget(*FILTER).text
        self.select(name)
        self.window.menu('Analyze', 'Apply as Filter', 'Selected')
        self.window.wait_for(lambda: self.window.find(*FILTER).text != before, f'no filter of {name!r}')
        return self.window.find(*FILTER).text
