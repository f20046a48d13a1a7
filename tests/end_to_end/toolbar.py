# Wireshark's side of the control pipes: opens them as its toolbar does, keeps what a toolbar would
# show.
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import select
import threading
import time

SILENCE = 25  # seconds without what is waited for
PAUSE, PACKETS, DROPPED, MODE, LOG, HELP, RESTORE, PAUSED = range(8)
INITIALIZED, SET, ADD, REMOVE, ENABLE, DISABLE, STATUS = range(7)


def message(control, command, payload=b''):
    return b'T' + (len(payload) + 2).to_bytes(3, 'big') + bytes([control, command]) + payload


class Toolbar:
    """Reads nothing by itself, so that a full pipe can be tried.

    restored: (control, value) of what its user changed before the start; None: it is slow, and has
    not sent anything yet.
    """

    def __init__(self, programs, restored=(), name='toolbar'):
        self.paths = [programs.readable(f'{name}-{end}') for end in ('in', 'out')]
        for path in self.paths:
            path.unlink(missing_ok=True)
            os.mkfifo(path)
            path.chmod(0o666)
        self.options = ['--extcap-control-in', self.paths[0], '--extcap-control-out', self.paths[1]]
        self.bytes = b''
        self.messages = []  # (time, control, command, payload)
        self.reader = os.open(self.paths[1], os.O_RDONLY | os.O_NONBLOCK)
        self.writer = None
        self.restored = restored
        self.opened = threading.Event()
        threading.Thread(target=self._open, daemon=True).start()

    def _open(self):
        # Wireshark's window stands still in this call.
        self.writer = os.open(self.paths[0], os.O_WRONLY)
        try:
            for control, payload in self.restored or ():
                os.write(self.writer, message(control, SET, payload))
            if self.restored is not None:
                os.write(self.writer, message(0, INITIALIZED))
        except BrokenPipeError:
            pass  # ipmon has ended already
        self.opened.set()

    def send(self, control, command=SET, payload=b''):
        self.write(message(control, command, payload))

    def write(self, data):
        assert self.opened.wait(SILENCE), 'ipmon never opened the pipe from the toolbar'
        os.write(self.writer, data)

    def pump(self, seconds=0.0):
        """Reads what is there; false when nothing more can come."""
        ready, _, _ = select.select([self.reader], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self.reader, 65536)
        except BlockingIOError:
            return True
        self.bytes += data
        while len(self.bytes) >= 6:
            assert self.bytes[:1] == b'T'
            end = 4 + int.from_bytes(self.bytes[1:4], 'big')
            assert len(self.bytes) >= end, 'Wireshark spins while it waits for the rest of a message'
            self.messages.append((time.monotonic(), self.bytes[4], self.bytes[5], self.bytes[6:end]))
            self.bytes = self.bytes[end:]
        return bool(data)

    def wait(self, condition, what):
        """Reads until the condition holds; returns its value."""
        end = time.monotonic() + SILENCE
        while not condition():
            assert time.monotonic() < end, f'{what}: {self.messages[-5:]}'
            self.pump(0.05)
        return condition()

    def read_all(self):
        """To the end, which comes when ipmon has ended."""
        end = time.monotonic() + SILENCE
        while self.pump(0.05):
            assert time.monotonic() < end, 'the pipe to the toolbar was never closed'

    def _payloads(self, control, *commands):
        return [payload for _, number, command, payload in self.messages
                if number == control and command in commands]

    def value(self, control):
        found = self._payloads(control, SET)
        return found[-1].decode() if found else None

    def wait_value(self, control, value):
        self.wait(lambda: self.value(control) == value, f'control {control} never showed {value}')

    def enabled(self, control):
        states = [command for _, number, command, _ in self.messages
                  if number == control and command in (ENABLE, DISABLE)]
        return not states or states[-1] == ENABLE

    def log(self):
        return b''.join(self._payloads(LOG, ADD)).decode()

    def status(self):
        return [payload.decode() for _, _, command, payload in self.messages if command == STATUS]

    def wait_status(self, part):
        self.wait(lambda: any(part in text for text in self.status()), f'no status with {part}')

    def close_in(self):
        assert self.opened.wait(SILENCE)
        os.close(self.writer)
        self.writer = None

    def close_out(self):
        os.close(self.reader)
        self.reader = None

    def close(self):
        if self.reader is not None:
            self.close_out()
        if not self.opened.is_set():  # lets the thread go that waits for ipmon
            os.close(os.open(self.paths[0], os.O_RDONLY | os.O_NONBLOCK))
            self.opened.wait(SILENCE)
        if self.writer is not None:
            self.close_in()
