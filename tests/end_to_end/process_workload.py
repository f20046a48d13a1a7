#!/usr/bin/python3
# Programs that send and receive, and say which of them did: the ground truth of the processes of
# packets. Each payload has the process and the thread that sent it, and a number; whoever receives it
# writes the number into the log. Connections are logged with every process that had them.
#   process_workload.py CASE LOG ADDRESS [COUNT]
# Lines of the log:
#   received NUMBER PROCESS THREAD
#   end PROTOCOL LOCAL-PORT REMOTE-PORT PROCESS      one that may send control packets
#   listener LOCAL-PORT PROCESS
#   receiver LOCAL-PORT PROCESS                      one that has a socket for datagrams
#   connection LOCAL-PORT REMOTE-PORT                another one of these ports begins
#   acceptor LOCAL-PORT REMOTE-PORT PROCESS          the listener of this connection alone
#   unread NUMBER [PROCESS]...                       nobody receives it; who had the socket that got it
# SPDX-License-Identifier: GPL-2.0-or-later
import array
import contextlib
import ctypes
import os
import signal
import socket
import struct
import sys
import threading

MAGIC = b'ipmon!'
STAMP = struct.Struct('>6sIIQ')
ECHO, ECHO6 = 8, 128
CLOSED_PORT = 1
NOBODY = 65534
# Answers have the numbers of the first pid namespace. In another one that has this mounted, they are there.
FIRST_PROC = next(path for path in ('/run/first-proc', '/proc') if os.path.islink(f'{path}/thread-self'))

log = None
numbers = iter(range(1, 1 << 30))


def write(*words):
    os.write(log, (' '.join(map(str, words)) + '\n').encode())


def own_numbers():
    """Of the process and the thread, as answers have them."""
    process, _, thread = os.readlink(f'{FIRST_PROC}/thread-self').split('/')
    return int(process), int(thread)


def stamped():
    process, thread = own_numbers()
    return STAMP.pack(MAGIC, process, thread, process << 32 | next(numbers))


def note(data):
    """What was received."""
    for at in range(0, len(data), STAMP.size):
        _, _, _, number = STAMP.unpack_from(data, at)
        write('received', number, *own_numbers())
    return data


def own(connection):
    """The current process has a connection."""
    protocol = 'tcp' if connection.type == socket.SOCK_STREAM else 'udp'
    with contextlib.suppress(OSError):
        write('end', protocol, connection.getsockname()[1], connection.getpeername()[1], own_numbers()[0])


def family_of(address):
    return socket.AF_INET6 if ':' in address else socket.AF_INET


def listen(address, **options):
    listener = socket.socket(family_of(address))
    for option in options.get('set', ()):
        listener.setsockopt(socket.SOL_SOCKET, option, 1)
    listener.bind((address, options.get('port', 0)))
    listener.listen(512)
    write('listener', listener.getsockname()[1], own_numbers()[0])
    return listener


def receiver(address, port=0):
    server = socket.socket(family_of(address), socket.SOCK_DGRAM)
    server.bind((address, port))
    write('receiver', server.getsockname()[1], own_numbers()[0])
    return server


def child(function, *arguments):
    """The process number of a copy of this one that runs the function."""
    process = os.fork()
    if process == 0:
        status = 1
        try:
            function(*arguments)
            status = 0
        finally:
            os._exit(status)
    return process


def wait(*processes):
    for process in processes:
        _, status = os.waitpid(process, 0)
        assert status == 0, f'child failed: {status}'


def converse(connection, rounds=1):
    own(connection)
    for _ in range(rounds):
        connection.sendall(stamped())
        note(connection.recv(STAMP.size, socket.MSG_WAITALL))
    connection.close()


def answer(connection, rounds=1):
    own(connection)
    for _ in range(rounds):
        note(connection.recv(STAMP.size, socket.MSG_WAITALL))
        connection.sendall(stamped())
    while connection.recv(STAMP.size):
        pass
    connection.close()


def client(address, rounds=1):
    converse(socket.create_connection(address[:2]), rounds)


def serve(listener, count, rounds=1):
    write('listener', listener.getsockname()[1], own_numbers()[0])
    for _ in range(count):
        answer(listener.accept()[0], rounds)


def short_connections(address, count):
    listener = listen(address)
    server = child(serve, listener, count)
    for _ in range(count):
        wait(child(client, listener.getsockname()))
    wait(server)


def long_connections(address, count):
    listener = listen(address)

    def accept():
        write('listener', listener.getsockname()[1], own_numbers()[0])
        connection = listener.accept()[0]
        own(connection)  # whoever closes it last sends the end
        return child(answer, connection, 5)

    server = child(lambda: wait(*[accept() for _ in range(count)]))
    wait(*[child(client, listener.getsockname(), 5) for _ in range(count)])
    wait(server)


def forked_workers(address, count):
    listener = listen(address)
    workers = [child(serve, listener, count // 4) for _ in range(4)]
    clients = [child(client, listener.getsockname()) for _ in range(count // 4 * 4)]
    wait(*clients, *workers)


def accepted_for_a_child(address, count):
    """As inetd and sshd do."""
    listener = listen(address)

    def parent():
        write('listener', listener.getsockname()[1], own_numbers()[0])
        for _ in range(count):
            connection = listener.accept()[0]
            own(connection)
            process = child(answer, connection)
            connection.close()
            wait(process)

    server = child(parent)
    for _ in range(count):
        wait(child(client, listener.getsockname()))
    wait(server)


def passed_on(address, count):
    """One process connects, another one talks."""
    listener = listen(address)
    server = child(serve, listener, count)
    for _ in range(count):
        near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)

        def taker():
            _, control, _, _ = far.recvmsg(1, socket.CMSG_SPACE(4))
            converse(socket.socket(fileno=array.array('i', control[0][2][:4])[0]))

        process = child(taker)
        connection = socket.create_connection(listener.getsockname())
        own(connection)
        near.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [connection.fileno()]))])
        connection.close()
        wait(process)
    wait(server)


def send_one(address):
    with socket.socket(family_of(address[0]), socket.SOCK_DGRAM) as sender:
        sender.sendto(stamped(), address)


def one_shots(address, count):
    server = receiver(address)
    for _ in range(count):
        wait(child(send_one, server.getsockname()[:2]))
        note(server.recv(STAMP.size))


def concurrent_one_shots(address, count):
    """Four processes at the same time, from new sockets each time."""
    server = receiver(address)

    def sender():
        for _ in range(count):
            send_one(server.getsockname()[:2])

    wait(*[child(sender) for _ in range(4)])


def reused_ports(address, count):
    """Other processes have the same port, one after the other."""
    server = receiver(address)
    with receiver(address) as first:
        port = first.getsockname()[1]

    def sender():
        with receiver(address, port) as own_socket:
            own_socket.sendto(stamped(), server.getsockname()[:2])

    for _ in range(count):
        wait(child(sender))
        note(server.recv(STAMP.size))


def ask(address):
    with socket.socket(family_of(address[0]), socket.SOCK_DGRAM) as resolver:
        resolver.connect(address)
        resolver.send(stamped())
        note(resolver.recv(STAMP.size))


def questions(address, count):
    """As names are looked up."""
    server = receiver(address)

    def respond():
        for _ in range(count):
            data, sender = server.recvfrom(STAMP.size)
            note(data)
            server.sendto(stamped(), sender)

    process = child(respond)
    for _ in range(count):
        wait(child(ask, server.getsockname()[:2]))
    wait(process)


def many_destinations(address, count):
    """From one socket that is not connected."""
    servers = [receiver(address) for _ in range(4)]
    with socket.socket(family_of(address), socket.SOCK_DGRAM) as sender:
        for _ in range(count):
            for server in servers:
                sender.sendto(stamped(), server.getsockname()[:2])
                note(server.recv(STAMP.size))


def forked_after_bind(address, count):
    """Parent and child send from one socket in turn."""
    server, shared = receiver(address), receiver(address)
    mine, yours = socket.socketpair()

    def sender(turn):
        for _ in range(count):
            turn.recv(1)
            shared.sendto(stamped(), server.getsockname()[:2])
            turn.send(b'x')

    process = child(sender, yours)
    for _ in range(count):
        shared.sendto(stamped(), server.getsockname()[:2])
        mine.send(b'x')
        mine.recv(1)
    wait(process)


def two_threads(address, count):
    """Of one process, on one socket, in turn."""
    server, shared = receiver(address), receiver(address)
    turn = threading.Barrier(2)

    def sender():
        for _ in range(count):
            turn.wait()
            shared.sendto(stamped(), server.getsockname()[:2])
            turn.wait()

    thread = threading.Thread(target=sender)
    thread.start()
    for _ in range(count):
        turn.wait()
        turn.wait()
        shared.sendto(stamped(), server.getsockname()[:2])
    thread.join()


def same_port(address, count):
    """Two sockets of two processes send from the same port (SO_REUSEPORT), in turn."""
    server = receiver(address)
    mine, yours = socket.socketpair()
    sockets = []
    for _ in range(2):
        shared = socket.socket(family_of(address), socket.SOCK_DGRAM)
        shared.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        shared.bind((address, sockets[0].getsockname()[1] if sockets else 0))
        sockets.append(shared)

    def sender():
        for _ in range(count):
            yours.recv(1)
            sockets[1].sendto(stamped(), server.getsockname()[:2])
            yours.send(b'x')

    process = child(sender)
    for _ in range(count):
        sockets[0].sendto(stamped(), server.getsockname()[:2])
        mine.send(b'x')
        mine.recv(1)
    wait(process)


def both_protocols(address, count):
    """TCP and UDP on one port, of two processes."""
    listener = listen(address)
    port = listener.getsockname()[1]
    server = child(serve, listener, count)
    listener.close()

    def datagrams():
        with receiver(address, port) as own_socket:
            for _ in range(count):
                own_socket.sendto(stamped(), (address, CLOSED_PORT))

    other = child(datagrams)
    for _ in range(count):
        wait(child(client, (address, port)))
    wait(server, other)


def checksum(data):
    total = sum(struct.unpack(f'>{len(data) // 2}H', data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def echo_request(identifier):
    data = stamped()
    head = struct.pack('>BBHHH', ECHO, 0, 0, identifier, 1)
    return struct.pack('>BBHHH', ECHO, 0, checksum(head + data), identifier, 1) + data


def pings(address, count):
    """Two at the same time over raw sockets, so that their packets alternate."""
    def ping(turn, first):
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as raw:
            for _ in range(count):
                if not first:
                    turn.recv(1)
                request = echo_request(os.getpid() & 0xFFFF)
                raw.sendto(request, (address, 0))
                while not (reply := raw.recv(100)[20:]).endswith(request[8:]) or reply[0] != 0:
                    pass  # the socket gets all of them
                note(reply[8:])
                turn.send(b'x')
                if first:
                    turn.recv(1)

    ends = socket.socketpair()
    wait(child(ping, ends[0], True), child(ping, ends[1], False))


def ping_sockets(address, count):
    def ping():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP) as pinger:
            pinger.sendto(echo_request(0), (address, 0))
            note(pinger.recv(100)[8:])

    for _ in range(count):
        wait(child(ping))


def multicast(address, count):
    group = '239.1.2.3'
    members = []
    for _ in range(2):
        member = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        member.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        member.bind((group, members[0].getsockname()[1] if members else 0))
        member.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                          socket.inet_aton(group) + socket.inet_aton(address))
        members.append(member)

    def sender():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own_socket:
            own_socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
            own_socket.sendto(stamped(), (group, members[0].getsockname()[1]))

    for _ in range(count):
        wait(child(sender))
        for member in members:
            note(member.recv(STAMP.size))


def nobody_receives(address, count):
    for _ in range(count):
        send_one((address, CLOSED_PORT))
        with socket.socket(family_of(address)) as refused, contextlib.suppress(ConnectionRefusedError):
            refused.bind((address, 0))
            write('end', 'tcp', refused.getsockname()[1], CLOSED_PORT, own_numbers()[0])
            refused.connect((address, CLOSED_PORT))


def late_answers(address, count):
    """Answers to one who is gone, whose port a second process has got."""
    server = receiver(address)

    def asker():
        with socket.socket(family_of(address), socket.SOCK_DGRAM) as gone:
            gone.sendto(stamped(), server.getsockname()[:2])

    def second(port, ready):
        with receiver(address, port) as other:
            ready.send(b'x')
            note(other.recv(STAMP.size))

    for _ in range(count):
        wait(child(asker))
        data, sender = server.recvfrom(STAMP.size)
        note(data)
        server.sendto(stamped(), sender)  # nobody has it
        ends = socket.socketpair()
        process = child(second, sender[1], ends[1])
        ends[0].recv(1)
        server.sendto(stamped(), sender)
        wait(process)


def other_user(address, count):
    """The user changes after the socket was made."""
    server = receiver(address)

    def sender():
        with receiver(address) as own_socket:
            own_socket.sendto(stamped(), server.getsockname()[:2])
            os.setuid(NOBODY)
            own_socket.sendto(stamped(), server.getsockname()[:2])

    for _ in range(count):
        wait(child(sender))


def other_program(address, count):
    """The process executes another program, which has the socket."""
    server = receiver(address)

    def sender():
        with receiver(address) as own_socket:
            own_socket.sendto(stamped(), server.getsockname()[:2])
            os.set_inheritable(own_socket.fileno(), True)
            os.execv(sys.executable, [sys.executable, '-S', '-E', __file__, 'executed', str(log), address,
                                      str(own_socket.fileno()), str(server.getsockname()[1])])

    for _ in range(count):
        wait(child(sender))


def mapped(address, count):
    """IPv6 sockets that send and receive IPv4."""
    server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    server.bind((f'::ffff:{address}', 0))

    def sender():
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as own_socket:
            own_socket.sendto(stamped(), (f'::ffff:{address}', server.getsockname()[1]))

    for _ in range(count):
        wait(child(sender))
        note(server.recv(STAMP.size))
    with socket.socket(socket.AF_INET6) as listener:
        listener.bind((f'::ffff:{address}', 0))
        listener.listen()
        write('listener', listener.getsockname()[1], own_numbers()[0])
        server = child(serve, listener, count)
        for _ in range(count):
            wait(child(client, (address, listener.getsockname()[1])))
        wait(server)


def named(address, count):
    """Names that would be other lines of a comment."""
    server = receiver(address)

    def sender(name):
        ctypes.CDLL(None).prctl(15, name, 0, 0, 0)  # PR_SET_NAME
        send_one(server.getsockname()[:2])

    for name in (b'x\nPID: 4242', b'PID: 4242', b'\xff\xfe\x80', b'a\\x0ab', b' blank '):
        wait(child(sender, name))


def executed():
    """The program that `other_program` executes."""
    own_socket = socket.socket(fileno=int(sys.argv[4]))
    ctypes.CDLL(None).prctl(15, b'second', 0, 0, 0)
    own_socket.sendto(stamped(), (sys.argv[3], int(sys.argv[5])))


CASES = {function.__name__: function for function in (
    short_connections, long_connections, forked_workers, accepted_for_a_child, passed_on, one_shots,
    concurrent_one_shots, reused_ports, questions, many_destinations, forked_after_bind, two_threads,
    same_port, both_protocols, pings, ping_sockets, multicast, nobody_receives, late_answers, other_user,
    other_program, mapped, named)}


def open_log(path):
    global log
    log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.set_inheritable(log, True)
    signal.alarm(120)


def main():
    if sys.argv[1] == 'executed':
        executed()
        return
    open_log(sys.argv[2])
    CASES[sys.argv[1]](sys.argv[3], int(sys.argv[4]))


if __name__ == '__main__':
    main()
