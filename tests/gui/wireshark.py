# One Wireshark window: its settings at the start, its menus and lists.
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

from desktop import HEIGHT, WIDTH
from network import Pair, wait_until
from programs import BUILD, NOBODY, TIMEOUT

PATIENCE = 60  # seconds for anything in the window to happen
START_TITLE = 'The Wireshark Network Analyzer'
PROFILE_NAME = 'IP Monitor'
PROFILE = BUILD / 'plugin' / 'profile' / PROFILE_NAME

# What keeps dialogs away that have nothing to do with ipmon, and fixes the window's size.
RECENT_COMMON = f'''privs.warn_if_elevated: FALSE
sys.warn_if_no_capture: FALSE
gui.geometry_main_x: 0
gui.geometry_main_y: 0
gui.geometry_main_width: {WIDTH}
gui.geometry_main_height: {HEIGHT}
gui.geometry_main_maximized: FALSE
'''
RECENT = 'gui.interface_toolbar_show: "IP Monitor"\n'
PREFERENCES = '''gui.update.enabled: FALSE
gui.ask_unsaved: FALSE
'''


def preference(source, option):
    """The name under which Wireshark keeps an option of a source."""
    return f'extcap.{re.sub("[^a-z0-9_]", "_", source.lower())}.{option.replace("-", "")}'


class Wireshark:
    """A window of an ordinary user with a home of its own, who may capture or not."""

    count = 0

    def __init__(self, programs, desktop, host, *arguments, capture=True, preferences=None,
                 environment=None, profile=None, recent=RECENT, stdin=subprocess.DEVNULL):
        Wireshark.count += 1
        self.programs, self.desktop, self.host = programs, desktop, host
        self.home = programs.stage / f'home-{Wireshark.count}'
        self.settings = self.home / '.config' / 'wireshark'
        self.log_path = self.home / 'ipmon.log'
        log = {preference(f'ipmon:{Pair.FAR}', 'log-file'): self.log_path}
        self._settle(log | (preferences or {}), profile, recent)
        words = ['wireshark', *arguments]
        self.output = (self.home / 'output').open('wb')
        self.process = subprocess.Popen(
            programs.command(words, host=host, capture=capture),
            env={**desktop.environment, 'HOME': str(self.home), **(environment or {})},
            stdin=stdin, stdout=self.output, stderr=subprocess.STDOUT, cwd=self.home)

    def _settle(self, preferences, profile, recent):
        self.settings.mkdir(parents=True)
        if profile:
            copy = self.settings / 'profiles' / PROFILE_NAME
            shutil.copytree(profile, copy)
            with (copy / 'recent').open('a') as file:  # of two lines for one setting the last counts
                file.write(recent)
        lines = [f'{name}: {value}\n' for name, value in preferences.items()]
        for name, text in (('recent_common', RECENT_COMMON), ('recent', recent),
                           ('preferences', PREFERENCES + ''.join(lines))):
            (self.settings / name).write_text(text)
        for path in (self.home, *self.home.rglob('*')):
            os.chown(path, NOBODY, NOBODY)

    @property
    def application(self):
        """The program among those on the desktop, by its process."""
        for child in self.desktop.widgets.children():
            if child.process == self.process.pid and child.find('frame'):
                return child
        return None

    def log(self):
        return self.log_path.read_text() if self.log_path.exists() else ''

    def is_running(self):
        return self.process.poll() is None

    def wait_for(self, condition, what):
        """The condition's value as soon as it is one."""
        found = []

        def poll():
            assert self.is_running(), f'Wireshark has ended, waiting for {what}'
            found[:] = [condition()]
            return found[0]
        try:
            wait_until(poll, what, PATIENCE)
        except TimeoutError:
            self.desktop.picture('failed')
            raise
        return found[0]

    def await_log(self, pattern, times=1):
        self.wait_for(lambda: len(re.findall(pattern, self.log())) >= times,
                      f'no line {pattern!r} in the log')

    def find(self, role, name='.*', window=None):
        """A shown widget, in the window with this title or in any."""
        application = self.application
        if not application:
            return None
        for frame in application.children():
            if window is None or re.fullmatch(window, frame.name):
                if frame.role == role and re.fullmatch(name, frame.name) and frame.is_shown:
                    return frame
                found = frame.find(role, name)
                if found:
                    return found
        return None

    def await_widget(self, role, name='.*', window=None):
        return self.wait_for(lambda: self.find(role, name, window), f'no {role} {name!r}')

    def await_title(self, pattern):
        def poll():
            return next((name for name in self.desktop.titles().values()
                         if re.fullmatch(pattern, name)), None)
        return self.wait_for(poll, f'no window {pattern!r}')

    def await_no_title(self, pattern):
        self.wait_for(lambda: not any(re.fullmatch(pattern, name)
                                   for name in self.desktop.titles().values()),
                   f'the window {pattern!r} is still there')

    def click(self, role, name='.*', window=None, times=1):
        self.desktop.click(self.await_widget(role, name, window), times)

    def await_colour(self, colour):
        self.wait_for(lambda: self.desktop.shows(colour), f'nothing is drawn in {colour}')

    def click_before(self, role, name):
        """In the column before the widget's."""
        left, top, _, height = self.await_widget(role, name).place
        self.desktop.run('xdotool', 'mousemove', left - height // 2, top + height // 2, 'click', 1)

    def _field_behind(self, role, name, window=None):
        """The text field that stands nearest to the right of a label."""
        label = self.find(role, name, window)
        if not label:
            return None
        left, top, _, height = label.place
        middle = top + height // 2
        fields = [field for field in self._all('text', window=window)
                  if field.place[0] > left and field.place[1] <= middle < field.place[1] + field.place[3]]
        return min(fields, key=lambda field: field.place[0], default=None)

    def _all(self, role, name='.*', window=None):
        return [widget for frame in self.application.children()
                if window is None or re.fullmatch(window, frame.name)
                for widget in frame.all(role, name)]

    def fill_behind(self, role, name, text, window=None):
        field = self.wait_for(lambda: self._field_behind(role, name, window), f'no field behind {name!r}')
        self.desktop.click(field, 3)
        self.desktop.type(text)

    def await_text_behind(self, role, name, text):
        def poll():
            field = self._field_behind(role, name)
            return field and field.text == text
        self.wait_for(poll, f'{name!r} is not {text!r}')

    def await_text(self, pattern, window):
        """The text of a field of this window."""
        self.wait_for(lambda: any(re.fullmatch(pattern, field.text) for field in self._all('text', window=window)),
                      f'no text {pattern!r} in {window!r}')

    def choose(self, shown, wanted):
        """Another item of a list of choices, by keys, since the list opens as a window of its own."""
        self.click('combo box', shown)
        self.click('list item', re.escape(wanted))

    def tabs(self, window):
        return [tab.name for tab in self._all('page tab', window=window)]

    def listed(self, name, window=None):
        """Names of list items from top to bottom, those scrolled out of sight, too."""
        return [item.name for frame in self.application.children()
                if window is None or re.fullmatch(window, frame.name)
                for item in frame.every('tree item') if item.name and re.fullmatch(name, item.name)]

    def await_listed(self, name):
        self.wait_for(lambda: self.application and self.listed(name), f'{name!r} is not listed')

    def _list_of_packets(self):
        return self.await_widget('tree', 'Packet list')

    def column_headers(self):
        """Places of the columns of the packet list, by title from left to right."""
        return {header.name: header.place for header in self._list_of_packets().children()
                if header.role == 'column header'}

    def rows_in_sight(self):
        """Places of the first cells of the packets that are wholly in sight, by number."""
        tree = self._list_of_packets()
        left, top, _, height = tree.place
        rows = {}
        for cell in tree.all('tree item', '[0-9]+'):
            x, y, width, line = cell.place
            if x <= left + 1 and top <= y and y + line <= top + height:
                rows[int(cell.name)] = (x, y, width, line)
        return rows

    def select(self, number):
        """Shows the details of a packet in sight."""
        x, y, width, height = self.rows_in_sight()[number]
        self.desktop.run('xdotool', 'mousemove', x + width // 2, y + height // 2, 'click', 1)
        self.await_packet(number)

    def go_to(self, number):
        """Shows the details of a packet, wherever in the list it is."""
        self.desktop.focus(self.await_title('application.pcap'))
        self.desktop.key('ctrl+g')
        self.desktop.type(str(number))
        self.desktop.key('Return')
        self.await_packet(number)

    def await_packet(self, number):
        """The details are those of this packet."""
        self.await_widget('tree item', f'Frame {number}: .*')

    def await_count(self, number, of):
        """So many packets are displayed; without a filter 4.4 shows only the first figure."""
        optional = '?' if number == of else ''
        self.await_widget('label', f'Packets: {of}( · Displayed: {number} .*){optional}')

    def await_rows(self, numbers):
        """These packets are in the list, and no others."""
        self.wait_for(lambda: list(self.rows_in_sight()) == list(numbers), f'the list is not {list(numbers)}')

    def apply(self, text):
        """Sets the display filter."""
        self.click('text', 'Display filter entry', times=3)
        self.desktop.type(text)
        self.desktop.key('Return')

    def clear_filter(self):
        self.click('text', 'Display filter entry', times=3)
        self.desktop.key('Delete', 'Return')

    def buttons_beside(self, name):
        """Names of the buttons of the same bar, from left to right."""
        self.await_widget('push button', name)
        bars = ([child.name for child in bar.children() if child.role == 'push button' and child.name]
                for bar in self._all('tool bar'))
        return next(names for names in bars if name in names)

    def row_colours(self):
        """Background and text colour of each packet in sight, but of the selected one."""
        self.desktop.run('xdotool', 'mousemove', 0, HEIGHT - 1)  # no row is below the mouse
        self.desktop.await_still()
        return {number: tuple(self.desktop.colours(x, y, width, height)[:2])
                for number, (x, y, width, height) in self.rows_in_sight().items()}

    def answer(self, button):
        """Closes the only dialog there is; no other comes after it."""
        found = self._all('push button', button)
        assert len(found) == 1, [str(widget) for widget in found]
        self.desktop.click(found[0])
        self.wait_for(lambda: not self._all('push button', button), 'the dialog does not close')

    def extcap(self):
        """The process number of the ipmon that captures for this window."""
        for folder in Path('/proc').glob('[0-9]*'):
            try:
                words = (folder / 'cmdline').read_bytes().split(b'\0')
                parent = int((folder / 'stat').read_text().rsplit(')', 1)[1].split()[1])
            except OSError:
                continue
            if parent == self.process.pid and b'--capture' in words:
                return int(folder.name)
        raise AssertionError('no ipmon captures for the window')

    def menu(self, *names):
        for name in names:
            self.click('menu item', name)

    def picture(self, name):
        return self.desktop.picture(name)

    def close(self):
        if self.is_running():
            self.process.terminate()
        try:
            self.process.wait(TIMEOUT)
        finally:
            if self.is_running():
                self.process.send_signal(signal.SIGKILL)
                self.process.wait()
            self.output.close()
            shutil.rmtree(self.home, ignore_errors=True)
