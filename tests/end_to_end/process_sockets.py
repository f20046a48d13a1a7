# What the programs of process_rivals.py do with their sockets.
# SPDX-License-Identifier: GPL-2.0-or-later
import contextlib
import ctypes
import os
import socket
import struct

from network import CLONE_NEWNET
from process_workload import STAMP, answer, checksum, converse, family_of, note, own, own_numbers, stamped, write

SERVER, CLIENT = 8000, 6000  # ports
DATAGRAM = 1000  # bytes
ETH_P_IP = 0x0800
SO_SNDBUFFORCE = 32


class Gate:
    """One process waits for another one."""

    def __init__(self):
        self.reader, self.writer = os.pipe()

    def open(self):
        os.write(self.writer, b'.')

    def wait(self):
        os.read(self.reader, 1)


def bound(address, port, *options, to=None):
    """A socket for datagrams."""
    own_socket = socket.socket(family_of(address), socket.SOCK_DGRAM)
    for option in options:
        own_socket.setsockopt(socket.SOL_SOCKET, option, 1)
    own_socket.bind((address, port))
    if to:
        own_socket.connect(to)
    write('receiver', own_socket.getsockname()[1], own_numbers()[0])
    return own_socket


def send(own_socket, to=None):
    own_socket.sendto(stamped(), to) if to else own_socket.send(stamped())


def receive(own_socket):
    return note(own_socket.recv(DATAGRAM)[:STAMP.size])


def number_of(data):
    return STAMP.unpack_from(data)[-1]


def enter(namespace):
    with open(namespace) as inside:
        assert ctypes.CDLL(None).setns(inside.fileno(), CLONE_NEWNET) == 0


def header(source, destination, length):
    head = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 20 + length, 1, 0, 64, socket.IPPROTO_UDP, 0,
                       socket.inet_aton(source), socket.inet_aton(destination))
    return head[:10] + struct.pack('>H', checksum(head)) + head[12:]


def send_packet(source, destination, device, hardware_address):
    """From the port of another process."""
    hardware_address = bytes.fromhex(hardware_address.replace(':', ''))
    datagram = struct.pack('>HHHH', CLIENT, SERVER, 8 + STAMP.size, 0) + stamped()
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0) as raw:
        raw.sendto(header(source, destination, len(datagram)) + datagram, (device, ETH_P_IP, 0, 0, hardware_address))


def connect_again(to):
    """From the port of the connection before; a reset ends it, so that nothing is left of it."""
    connection = socket.socket(family_of(to[0]))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    connection.bind((to[0], CLIENT))
    write('connection', CLIENT, to[1])
    connection.connect(to)
    converse(connection)


def accept(listener, *listening):
    connection = listener.accept()[0]
    for process in (own_numbers()[0], *listening):
        write('acceptor', connection.getsockname()[1], connection.getpeername()[1], process)
    return connection


def answer_once(listener, *listening):
    with contextlib.suppress(ConnectionResetError):
        answer(accept(listener, *listening))


def connect(to, room):
    """room: bytes that may wait to be sent."""
    connection = socket.socket(family_of(to[0]))
    connection.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, room)
    connection.connect(to)
    return connection


def only_ipv6(kind):
    own_socket = socket.socket(socket.AF_INET6, kind)
    own_socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    own_socket.bind(('::', SERVER))
    return own_socket


def drain(connection):
    """Logs each number once."""
    data = b''
    while more := connection.recv(1 << 16):
        data += more
    for number in {number_of(data[at:at + STAMP.size]) for at in range(0, len(data), STAMP.size)}:
        write('received', number, *own_numbers())


def read_all(connection):
    """Never waits: it has locked the connection nearly all the time."""
    own(connection)
    data, more = b'', b'x'
    while more:
        with contextlib.suppress(BlockingIOError):
            more = connection.recv(1 << 14, socket.MSG_DONTWAIT)
            data += more
    note(data)
