# A window's widgets by role and name, as a screen reader finds them: over D-Bus, from any toolkit
# that speaks AT-SPI. Nothing is kept between two queries.
# SPDX-License-Identifier: GPL-2.0-or-later
import re

from gi.repository import Gio, GLib

ACCESSIBLE = 'org.a11y.atspi.Accessible'
COMPONENT = 'org.a11y.atspi.Component'
REGISTRY = ('org.a11y.atspi.Registry', '/org/a11y/atspi/accessible/root')
ON_SCREEN = 0  # coordinates of the screen
ANSWER_TIME = 60000  # milliseconds
# Numbers of states, from at-spi's constants.
CHECKED, ENABLED, SHOWING, SELECTED = 4, 8, 25, 23


class Widget:
    """A widget that is gone has no name, no state and no children."""

    def __init__(self, bus, reference):
        self.bus, self.reference = bus, reference

    def _call(self, interface, method, arguments=None, otherwise=None):
        name, path = self.reference
        try:
            return self.bus.call_sync(name, path, interface, method, arguments, None,
                                      Gio.DBusCallFlags.NONE, ANSWER_TIME, None).unpack()[0]
        except GLib.Error:
            return otherwise

    def _property(self, interface, name):
        return self._call('org.freedesktop.DBus.Properties', 'Get',
                          GLib.Variant('(ss)', (interface, name)))

    @property
    def name(self):
        return self._property(ACCESSIBLE, 'Name') or ''

    @property
    def role(self):
        return self._call(ACCESSIBLE, 'GetRoleName', otherwise='')

    @property
    def process(self):
        """The number of the process whose widget this is."""
        name, _ = self.reference
        return Widget(self.bus, ('org.freedesktop.DBus', '/org/freedesktop/DBus'))._call(
            'org.freedesktop.DBus', 'GetConnectionUnixProcessID', GLib.Variant('(s)', (name,)))

    @property
    def text(self):
        """What stands in a text field or a list of choices."""
        return self._call('org.a11y.atspi.Text', 'GetText', GLib.Variant('(ii)', (0, -1)), '')

    def has(self, state):
        low, high = (self._call(ACCESSIBLE, 'GetState', otherwise=()) or (0, 0))[:2]
        return bool((low | high << 32) >> state & 1)

    @property
    def place(self):
        """Left, top, width and height on the screen."""
        return self._call(COMPONENT, 'GetExtents', GLib.Variant('(u)', (ON_SCREEN,)), (0, 0, 0, 0))

    @property
    def center(self):
        left, top, width, height = self.place
        return left + width // 2, top + height // 2

    @property
    def is_shown(self):
        _, _, width, height = self.place
        return self.has(SHOWING) and width > 0 and height > 0

    def children(self):
        return [Widget(self.bus, reference)
                for reference in self._call(ACCESSIBLE, 'GetChildren', otherwise=())]

    def every(self, role):
        """The widgets with that role below this one, shown or not."""
        for child in self.children():
            if child.role == role:
                yield child
            yield from child.every(role)

    def all(self, role, name='.*'):
        """The shown widgets below this one whose role is `role` and whose name matches `name`."""
        for child in self.children():
            if child.role == role and re.fullmatch(name, child.name) and child.is_shown:
                yield child
            yield from child.all(role, name)

    def find(self, role, name='.*'):
        return next(self.all(role, name), None)

    def __str__(self):
        return f'{self.role} {self.name!r} at {self.place}'


def connect(address):
    """The desktop: its children are the programs. None: the bus does not listen yet."""
    flags = Gio.DBusConnectionFlags
    try:
        bus = Gio.DBusConnection.new_for_address_sync(
            address, flags.AUTHENTICATION_CLIENT | flags.MESSAGE_BUS_CONNECTION, None, None)
    except GLib.Error:
        return None
    return Widget(bus, REGISTRY)
