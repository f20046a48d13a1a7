# A desktop without a screen: X server, buses for the widgets' names, mouse, keys, pictures.
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import subprocess
import time
from collections import Counter
from pathlib import Path

import widgets
from network import wait_until
from programs import NOBODY, TIMEOUT

WIDTH, HEIGHT = 1440, 900  # of the screen, in pixels
STILL = 0.3  # seconds between two equal pictures: the window has drawn what it had to draw


class Desktop:
    """Everything but the X server runs as the ordinary user whose windows it shows."""

    def __init__(self, programs, pictures):
        self.pictures = pictures
        self.pictures.mkdir(parents=True, exist_ok=True)
        self.processes = []
        self.runtime = programs.stage / 'runtime'
        self.runtime.mkdir(mode=0o700)
        os.chown(self.runtime, NOBODY, NOBODY)
        self.environment = {
            **programs.environment(),
            'XDG_RUNTIME_DIR': str(self.runtime),
            'DBUS_SESSION_BUS_ADDRESS': f'unix:path={self.runtime}/bus',
            'QT_QPA_PLATFORM': 'xcb',
            'QT_LINUX_ACCESSIBILITY_ALWAYS_ON': '1',
        }
        self.environment['DISPLAY'] = self._start_screen()
        self._start_buses(programs)

    def _start(self, command, **options):
        self.processes.append(subprocess.Popen(command, env=self.environment,
                                               stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                               **options))
        return self.processes[-1]

    def _start_screen(self):
        reader, writer = os.pipe()
        self._start(['Xvfb', '-displayfd', str(writer), '-screen', '0', f'{WIDTH}x{HEIGHT}x24', '-nolisten', 'tcp',
                     '-noreset'], pass_fds=[writer])
        os.close(writer)
        with open(reader) as pipe:
            number = pipe.readline().strip()
        assert number, 'Xvfb did not start'
        return ':' + number

    def _start_buses(self, programs):
        """The names of widgets have a bus of their own, which lets root in, too."""
        self._start(programs.command(['dbus-daemon', '--session', '--nofork', '--nopidfile',
                                      f'--address=unix:path={self.runtime}/bus']))
        wait_until((self.runtime / 'bus').exists, 'no session bus', TIMEOUT)
        self._start(programs.command(['/usr/libexec/at-spi-bus-launcher', '--launch-immediately']))
        wait_until(lambda: list(self.runtime.glob('at-spi/bus*')), 'no bus of widgets', TIMEOUT)
        [bus] = self.runtime.glob('at-spi/bus*')

        def connected():
            self.widgets = widgets.connect(f'unix:path={bus}')
            return self.widgets
        wait_until(connected, 'the bus of widgets does not listen', TIMEOUT)

    def close(self):
        for process in reversed(self.processes):
            process.terminate()
            process.wait(TIMEOUT)

    def run(self, *command, **options):
        options.setdefault('check', True)
        return subprocess.run([str(word) for word in command], env=self.environment,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT,
                              **options)

    def titles(self):
        """Titles of the windows on the screen, by their X identifiers."""
        found = self.run('xdotool', 'search', '--onlyvisible', '--name', '.', check=False)
        numbers = found.stdout.decode().split()
        names = {number: self.run('xdotool', 'getwindowname', number, check=False).stdout.decode()
                 for number in numbers}
        return {number: name.strip() for number, name in names.items() if name.strip()}

    def move_to(self, widget):
        self.run('xdotool', 'mousemove', *widget.center)

    def click(self, widget, times=1):
        self.move_to(widget)
        self.run('xdotool', 'click', '--repeat', times, '--delay', 60, 1)

    def key(self, *keys):
        self.run('xdotool', 'key', '--clearmodifiers', *keys)

    def type(self, text):
        self.run('xdotool', 'type', '--delay', 20, text)

    def focus(self, title):
        """Without a window manager nobody else gives a window the keyboard."""
        for number, name in self.titles().items():
            if name == title:
                self.run('xdotool', 'windowfocus', '--sync', number)
                return
        raise AssertionError(f'no window {title!r} among {list(self.titles().values())}')

    def _pixels(self):
        return self.run('import', '-window', 'root', '-depth', '8', 'rgb:-').stdout

    def colours(self, left, top, width, height):
        """The colours in a part of the screen, #rrggbb, the most frequent first."""
        pixels = self._pixels()
        starts = [3 * (line * WIDTH + left) for line in range(top, top + height)]
        counts = Counter(pixels[start + i:start + i + 3] for start in starts for i in range(0, 3 * width, 3))
        return [f'#{colour.hex()}' for colour, _ in counts.most_common()]

    def shows(self, colour):
        """Whether a pixel has this colour, #RRGGBB: for what is drawn and has no name."""
        wanted = bytes.fromhex(colour[1:])
        pixels = self._pixels()
        return any(pixels[i:i + 3] == wanted for i in range(0, len(pixels), 3))

    def await_still(self):
        """Until two pictures of the screen are equal, or a while has passed."""
        end = time.monotonic() + TIMEOUT / 6
        before, now = None, self._pixels()
        while before != now and time.monotonic() < end:
            time.sleep(STILL)
            before, now = now, self._pixels()

    def picture(self, name):
        """Keeps a picture of the screen once it stands still, or as it is after a while."""
        self.await_still()
        file = self.pictures / f'{name}.png'
        self.run('import', '-window', 'root', '-strip', '-colors', '256', '-define',
                 'png:compression-level=9', f'png8:{file}')
        return file


def picture_folder():
    top = Path(__file__).parents[2]
    return Path(os.environ.get('IPMON_SCREENSHOTS') or top / 'build' / 'screenshots')
