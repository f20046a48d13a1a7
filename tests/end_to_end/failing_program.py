#!/usr/bin/python3
# The program of the laboratory: an ordinary client whose calls fail. It reads its jobs from the file
# that is named, does all of them at once with blocking calls, and logs the error of the first call of
# each that failed. Each line of its output is an object of JSON.
#
# A job holds where its steps say so: the program prints that it does, and goes on when the name of
# the job comes on standard input.
# SPDX-License-Identifier: GPL-2.0-or-later
import contextlib
import errno
import json
import select
import socket
import struct
import sys
import threading

FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}
KIND = {'tcp': socket.SOCK_STREAM, 'udp': socket.SOCK_DGRAM, 'raw': socket.SOCK_RAW}
EXPERIMENTAL = 253  # the protocol of raw sockets, which no host has (RFC 3692)
NAMES = {errno.EOPNOTSUPP: 'EOPNOTSUPP', errno.EAGAIN: 'EAGAIN'}  # each number has two

# linux/in.h, linux/in6.h, linux/tcp.h
OPTIONS = {
    'recverr': {4: (socket.IPPROTO_IP, 11), 6: (socket.IPPROTO_IPV6, 25)},
    'hops': {4: (socket.IPPROTO_IP, socket.IP_TTL), 6: (socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS)},
    'syncnt': (socket.IPPROTO_TCP, 7),
    'user_timeout': (socket.IPPROTO_TCP, 18),  # milliseconds
    'keepalive': (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
    'keepidle': (socket.IPPROTO_TCP, 4),  # seconds
    'keepintvl': (socket.IPPROTO_TCP, 5),
    'keepcnt': (socket.IPPROTO_TCP, 6),
    'port_range': (socket.IPPROTO_IP, 51),  # one port that the kernel may choose
    'receive_timeout': (socket.SOL_SOCKET, socket.SO_RCVTIMEO),  # seconds
}

released = {}
output = threading.Lock()


def log(**fields):
    with output:
        print(json.dumps(fields), flush=True)


class Job:
    """One socket and what is done with it."""

    def __init__(self, description):
        self.name, self.protocol = description['name'], description['protocol']
        self.version, self.steps = description['version'], description['steps']
        self.local = description.get('local')
        self.remote = tuple(description['remote'])
        self.options = description.get('options', {})
        self.sock, self.open_sockets = None, []
        released[self.name] = threading.Event()

    def set_option(self, name, value):
        option = OPTIONS[name]
        level, number = option[self.version] if isinstance(option, dict) else option
        if name == 'port_range':
            value = struct.pack('I', value | value << 16)
        if name == 'receive_timeout':
            value = struct.pack('ll', value, 0)
        self.sock.setsockopt(level, number, value)

    def set_unknown_option(self):
        self.sock.setsockopt(socket.IPPROTO_TCP, 9999, 1)

    def open(self):
        protocol = EXPERIMENTAL if self.protocol == 'raw' else 0
        self.sock = socket.socket(FAMILY[self.version], KIND[self.protocol], protocol)
        self.open_sockets.append(self.sock)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for name, value in self.options.items():
            self.set_option(name, value)

    def bind(self):
        self.sock.bind(tuple(self.local))

    def connect(self):
        self.sock.connect(self.remote)

    def send(self, length=8):
        self.sock.send(b'x' * length)

    def receive(self):
        self.sock.recv(64)

    def send_in_vain(self):
        with contextlib.suppress(OSError):
            self.send()

    def ask(self, length=8):
        """Asks again each second until there is an answer or an error."""
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        self.send(length)
        while not poll.poll(1000):
            self.send(length)
        self.receive()

    def await_error(self):
        """Until the socket has an error that the next call of any kind returns."""
        poll = select.poll()
        poll.register(self.sock, 0)
        poll.poll()

    def shutdown(self):
        self.sock.shutdown(socket.SHUT_WR)

    def hold(self):
        log(job=self.name, holds=True)
        released[self.name].wait()

    def close(self):
        self.sock.close()

    def run(self):
        call = None
        try:
            self.open()
            for call, *arguments in self.steps:
                getattr(self, call)(*arguments)
            number = 0
        except OSError as error:
            number = error.errno
        log(job=self.name, call=call, errno=NAMES.get(number) or errno.errorcode.get(number),
            protocol=self.protocol, local=self.local, remote=self.remote)


def release():
    for line in sys.stdin:
        released[line.strip()].set()


def main():
    with open(sys.argv[1]) as file:
        jobs = [Job(description) for description in json.load(file)]
    threading.Thread(target=release, daemon=True).start()
    threads = [threading.Thread(target=job.run) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == '__main__':
    main()
