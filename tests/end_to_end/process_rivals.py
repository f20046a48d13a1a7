#!/usr/bin/python3
# Programs whose packets could be taken for those of others: sockets with the same addresses one after
# the other, or at the same time, and sockets of several processes. They log who sends and receives as
# process_workload.py does.
#   process_rivals.py CASE LOG ADDRESS [NETWORK-NAMESPACE]
# It prints a line when the case is prepared, and goes on when it reads one: in between the capture begins.
# SPDX-License-Identifier: GPL-2.0-or-later
import contextlib
import ctypes
import inspect
import os
import select
import signal
import socket
import sys
import threading
import time

import process_workload
from network import Pair
from process_sockets import (CLIENT, DATAGRAM, SERVER, Gate, answer_once, bound, connect, connect_again, drain, enter,
                             number_of, only_ipv6, read_all, receive, send, send_packet)
from process_workload import (STAMP, answer, child, converse, echo_request, family_of, listen, note, own, own_numbers,
                              receiver, stamped, wait, write)

IDENTIFIER = 77
LATE = 0.05    # seconds; later than who receives a datagram is looked for
MUCH = 100000  # stamps, more than any window
ROOM = 64 << 20  # bytes, for all of them
TAKEN_TURNS = 5
PR_SET_NAME = 15
SO_BINDTODEVICE = 25
IPPROTO_MPTCP = 262


def connections_again(listener):
    for _ in range(2):
        worker = child(answer_once, listener, own_numbers()[0])
        wait(child(connect_again, listener.getsockname()[:2]))
        wait(worker)


def same_connection_again(address):
    """By another worker; its listener was there before the capture."""
    listener = listen(address, port=SERVER)
    yield
    connections_again(listener)


def same_connection_of_new_listener(address):
    connections_again(listen(address, port=SERVER))


def server_restarted(address):
    """The listener of the second connection is that of another process."""
    def serve(listening):
        listener = listen(address, port=SERVER, set=[socket.SO_REUSEADDR])
        listening.open()
        answer_once(listener)

    for _ in range(2):
        listening = Gate()
        server = child(serve, listening)
        listening.wait()
        wait(child(connect_again, (address, SERVER)))
        wait(server)


def connected_socket_before(address):
    """It is closed before one that is not connected has its port and peer."""
    server = receiver(address, SERVER)
    wait(child(lambda: send(bound(address, CLIENT, to=(address, SERVER)))))
    receive(server)
    unconnected_socket(address, server)


def unconnected_socket(address, server):
    def second():
        with bound(address, CLIENT) as own_socket:
            send(own_socket, (address, SERVER))
            receive(own_socket)

    process = child(second)
    receive(server)
    send(server, (address, CLIENT))
    wait(process)


def connected_socket_of_before(address):
    """The same; the capture finds the first one there."""
    server, prepared, end = receiver(address, SERVER), Gate(), Gate()

    def first():
        with bound(address, CLIENT, to=(address, SERVER)):
            prepared.open()
            end.wait()

    process = child(first)
    prepared.wait()
    yield
    end.open()
    wait(process)
    unconnected_socket(address, server)


def worker_of_a_server(address):
    """A server that is not connected; a worker is connected to the client for a while."""
    sender, ready, read = receiver(address, CLIENT), Gate(), Gate()

    def serve():
        with bound(address, SERVER, socket.SO_REUSEADDR) as server:
            ready.open()
            for _ in range(3):
                receive(server)
                read.open()

    def work():
        with bound(address, SERVER, socket.SO_REUSEADDR, to=(address, CLIENT)) as own_socket:
            ready.open()
            receive(own_socket)

    server = child(serve)
    ready.wait()
    for _ in range(2):
        send(sender, (address, SERVER))
        read.wait()
    worker = child(work)
    ready.wait()
    send(sender, (address, SERVER))
    wait(worker)
    send(sender, (address, SERVER))
    read.wait()
    wait(server)


def ping_after_raw_ping(address):
    """With the same identifier."""
    def raw_ping():
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as raw:
            raw.sendto(echo_request(IDENTIFIER), (address, 0))
            while (reply := raw.recv(DATAGRAM)[20:])[0] != 0:
                pass
            note(reply[8:])

    def ping():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP) as pinger:
            pinger.bind((address, IDENTIFIER))
            pinger.sendto(echo_request(IDENTIFIER), (address, 0))
            note(pinger.recv(DATAGRAM)[8:])

    wait(child(raw_ping))
    wait(child(ping))


def two_families(address):
    """Of two processes, with one port and no address."""
    ready, end = Gate(), Gate()

    def first():
        with bound('0.0.0.0', SERVER) as server:
            ready.open()
            receive(server)
            ready.open()
            receive(server)

    def second():
        with only_ipv6(socket.SOCK_DGRAM) as server:
            ready.open()
            receive(server)
            ready.open()
            end.wait()

    processes = [child(first)]
    ready.wait()
    processes.append(child(second))
    ready.wait()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender, \
            socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sender6:
        send(sender, (address, SERVER))
        ready.wait()
        send(sender6, ('::1', SERVER))
        ready.wait()
        send(sender, (address, SERVER))
    end.open()
    wait(*processes)


def two_families_of_listeners(address):
    ready, end = Gate(), Gate()

    def first():
        listener = listen('0.0.0.0', port=SERVER)
        ready.open()
        answer_once(listener)

    def second():
        with only_ipv6(socket.SOCK_STREAM) as listener:
            listener.listen()
            ready.open()
            end.wait()

    processes = [child(first)]
    ready.wait()
    processes.append(child(second))
    ready.wait()
    converse(socket.create_connection((address, SERVER)))
    end.open()
    wait(*processes)


def two_readers(address, first_reads):
    """Two processes have a socket; one of them is late."""
    shared, ready = bound(address, SERVER), Gate()

    def first():
        first_reads(shared)
        ready.open()

    def second():
        time.sleep(LATE)
        receive(shared)

    process = child(first)
    with socket.socket(family_of(address), socket.SOCK_DGRAM) as sender:
        if first_reads is receive:
            send(sender, (address, SERVER))
        ready.wait()
        late = child(second)
        send(sender, (address, SERVER))
    wait(process, late)


def late_reader(address):
    two_readers(address, receive)


def nothing_to_read(address):
    """The first one only asks."""
    def ask(shared):
        with contextlib.suppress(BlockingIOError):
            shared.recv(STAMP.size, socket.MSG_DONTWAIT)

    two_readers(address, ask)


def handed_to_a_child(address):
    """A connection whose first data the parent has read, and that only its child has afterwards."""
    listener, closed = listen(address), Gate()

    def client():
        connection = socket.create_connection(listener.getsockname())
        own(connection)
        send(connection)
        closed.wait()
        send(connection)
        connection.recv(1)

    def work(connection):
        own(connection)
        time.sleep(LATE)
        receive(connection)

    process = child(client)
    connection = listener.accept()[0]
    own(connection)
    note(connection.recv(STAMP.size))
    worker = child(work, connection)
    connection.close()
    closed.open()
    wait(worker, process)


def rest_of_another(address):
    """What one process has written waits when another one writes little."""
    listener = listen(address)
    connection = connect(listener.getsockname(), ROOM)
    peer = listener.accept()[0]
    own(peer)

    def first():
        own(connection)
        connection.sendall(stamped() * MUCH)

    def second():
        own(connection)
        connection.sendall(stamped())

    for writer in (first, second):
        wait(child(writer))
    own(connection)
    connection.shutdown(socket.SHUT_WR)
    drain(peer)


def reply(neighbour, ready):
    """Reads a connection to the end, and answers meanwhile."""
    enter(neighbour)
    listener = listen(Pair.FAR, port=SERVER)
    ready.open()
    peer = listener.accept()[0]
    own(peer)
    numbers = set()
    rest = b''
    while data := peer.recv(1 << 14):
        rest += data
        end = len(rest) // STAMP.size * STAMP.size
        numbers |= {number_of(rest[at:at + STAMP.size]) for at in range(0, end, STAMP.size)}
        rest = rest[end:]
        peer.sendall(stamped())
    for number in numbers:
        write('received', number, *own_numbers())
    peer.close()


def write_much(connection):
    own(connection)
    connection.sendall(stamped() * MUCH)
    connection.shutdown(socket.SHUT_WR)


def set_options(connection):
    """Until the other end has closed."""
    own(connection)
    closed = select.poll()
    closed.register(connection, select.POLLHUP)
    while not closed.poll(0):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def connect_to_replier(neighbour):
    """The connection, and the process that replies."""
    ready = Gate()
    replier = child(reply, neighbour, ready)
    ready.wait()
    return connect((Pair.FAR, SERVER), ROOM), replier


def beside_a_writer(neighbour, other):
    connection, replier = connect_to_replier(neighbour)
    own(connection)
    processes = [child(write_much, connection), child(other, connection)]
    connection.close()
    wait(replier, *processes)


def reader_beside_a_writer(_, neighbour):
    """Two processes have a connection: one for each direction."""
    beside_a_writer(neighbour, read_all)


def options_beside_a_writer(_, neighbour):
    beside_a_writer(neighbour, set_options)


def threads_beside_a_writer(_, neighbour):
    """The same of one process with two threads."""
    connection, replier = connect_to_replier(neighbour)
    reader = threading.Thread(target=read_all, args=[connection])
    reader.start()
    write_much(connection)
    reader.join()
    wait(replier)


def listeners_of_one_port(address):
    """Two processes with SO_REUSEPORT."""
    ready = Gate()

    def serve():
        listener = listen(address, port=SERVER, set=[socket.SO_REUSEPORT])
        ready.open()
        while True:
            connection = listener.accept()[0]
            write('acceptor', SERVER, connection.getpeername()[1], own_numbers()[0])
            answer(connection)

    servers = []
    for _ in range(2):
        servers.append(child(serve))
        ready.wait()
    for _ in range(10):
        converse(socket.create_connection((address, SERVER)))
    for server in servers:
        os.kill(server, signal.SIGKILL)
        os.waitpid(server, 0)


def unread_before(address):
    """Another process takes the port at once, and reads its own datagram."""
    sender = bound(address, CLIENT)
    ready, closed = Gate(), Gate()

    def first():
        with bound(address, SERVER):
            data = stamped()
            sender.sendto(data, (address, SERVER))
            write('unread', number_of(data), own_numbers()[0])
        closed.open()

    def second():
        closed.wait()
        with bound(address, SERVER) as own_socket:
            send(sender, (address, SERVER))
            receive(own_socket)

    for _ in range(TAKEN_TURNS):
        process = child(second)
        wait(child(first))
        wait(process)


def multipath(address):
    """Whose packets are sent from sockets of the kernel."""
    listener = socket.socket(family_of(address), socket.SOCK_STREAM, IPPROTO_MPTCP)
    listener.bind((address, SERVER))
    listener.listen()
    write('listener', SERVER, own_numbers()[0])

    def client():
        connection = socket.socket(family_of(address), socket.SOCK_STREAM, IPPROTO_MPTCP)
        connection.connect((address, SERVER))
        converse(connection, 3)

    process = child(client)
    answer(listener.accept()[0], 3)
    wait(process)


def packet_socket(address, neighbour):
    """What it sends looks as if it came from another socket."""
    ready = Gate()

    def sink():
        enter(neighbour)
        server = bound(Pair.FAR, SERVER)
        ready.open()
        for _ in range(3):
            receive(server)
            send(server, (address, CLIENT))

    process = child(sink)
    ready.wait()
    with bound('0.0.0.0', CLIENT) as own_socket:
        for forged in (False, True, False):
            if forged:
                wait(child(send_packet, address, Pair.FAR, 'near0', Pair.FAR_MAC))
            else:
                send(own_socket, (Pair.FAR, SERVER))
            receive(own_socket)
    wait(process)


def option_cleared_after_bind(address):
    """Two sockets have one port although neither may share it any more."""
    server = receiver(address, SERVER)
    sockets = [bound(address, CLIENT, socket.SO_REUSEADDR) for _ in range(2)]
    for one in sockets:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
    gates = [Gate(), Gate()]

    def turns(own_socket, mine, other):
        for _ in range(TAKEN_TURNS):
            mine.wait()
            send(own_socket, (address, SERVER))
            other.open()

    processes = [child(turns, sockets[0], gates[0], gates[1]), child(turns, sockets[1], gates[1], gates[0])]
    gates[0].open()
    wait(*processes)
    for _ in range(2 * TAKEN_TURNS):
        receive(server)


def renamed(address):
    """The names are those of the latest socket's first packet."""
    server = receiver(address, SERVER)

    def sender():
        for name in (b'first', b'second', b'third'):
            ctypes.CDLL(None).prctl(PR_SET_NAME, name, 0, 0, 0)
            with socket.socket(family_of(address), socket.SOCK_DGRAM) as own_socket:
                send(own_socket, (address, SERVER))

    wait(child(sender))
    for _ in range(3):
        receive(server)


def two_in_a_queue(address, neighbour):
    """The interface is slow: one process sends before the datagrams of the other one have left."""
    shared, ready = bound(address, CLIENT), Gate()

    def sink():
        enter(neighbour)
        server = bound(Pair.FAR, SERVER)
        ready.open()
        for _ in range(11):
            receive(server)

    def sender(count):
        for _ in range(count):
            shared.sendto(stamped().ljust(DATAGRAM), (Pair.FAR, SERVER))

    process = child(sink)
    ready.wait()
    wait(child(sender, 10))
    wait(child(sender, 1))
    wait(process)


def bound_to_devices(address, neighbour):
    """One port of two processes; each has it on its own interface."""
    ready = Gate()

    def serve(device, count):
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, device)
        server.bind(('0.0.0.0', SERVER))
        ready.open()
        for _ in range(count):
            receive(server)
            ready.open()

    def sender():
        enter(neighbour)
        send(bound(Pair.NEAR, CLIENT), (address, SERVER))

    servers = [child(serve, b'far0', 2), child(serve, b'lo', 1)]
    ready.wait()
    ready.wait()
    wait(child(sender))
    ready.wait()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as local:
        send(local, ('127.0.0.1', SERVER))
    ready.wait()
    wait(child(sender))
    wait(*servers)


def address_elsewhere(address, unrelated):
    """A namespace without a way to this one has the address of another machine."""
    ready, end = Gate(), Gate()

    def local():
        enter(unrelated)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
            server.bind((Pair.FAR, SERVER))
            server.sendto(b'x', (Pair.FAR, SERVER))
            server.recv(1)
            ready.open()
            end.wait()

    process = child(local)
    ready.wait()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        data = stamped()
        write('unread', number_of(data))
        sender.sendto(data, (Pair.FAR, SERVER))
    end.open()
    wait(process)


def forged_source(address, neighbour):
    """A packet that comes in from another host with the address and the port of a socket here."""
    def forge():
        enter(neighbour)
        send_packet(address, Pair.FAR, 'far0', Pair.NEAR_MAC)

    with bound(address, CLIENT) as own_socket:
        send(own_socket, (Pair.FAR, SERVER))
        wait(child(forge))


CASES = {function.__name__: function for function in (
    same_connection_again, same_connection_of_new_listener, server_restarted, connected_socket_before,
    connected_socket_of_before, worker_of_a_server, ping_after_raw_ping, two_families, two_families_of_listeners,
    late_reader, nothing_to_read, handed_to_a_child, rest_of_another, reader_beside_a_writer, options_beside_a_writer,
    threads_beside_a_writer, listeners_of_one_port, unread_before, multipath, packet_socket,
    option_cleared_after_bind, renamed, two_in_a_queue, bound_to_devices, address_elsewhere, forged_source)}


def main():
    process_workload.open_log(sys.argv[2])
    case, arguments = CASES[sys.argv[1]], sys.argv[3:]
    prepared = case(*arguments) if inspect.isgeneratorfunction(case) else None
    if prepared:
        next(prepared)
    print('prepared', flush=True)
    sys.stdin.readline()
    if prepared:
        next(prepared, None)
    else:
        case(*arguments)


if __name__ == '__main__':
    main()
