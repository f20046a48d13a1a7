# Socket errors against the kernel when a connection is not what it seems: it goes on after a forged
# reset, its ports are used again while the other side still has it, or nobody answers any more.
# SPDX-License-Identifier: GPL-2.0-or-later
import contextlib
import select
import socket
import struct

import pytest
from scapy.layers.inet import TCP

from network import Path
from truth import (NETWORK_HEADER, NOT_SEEN, Annotation, await_error, error_message, failure,
                   named, pending, rules, state)

TCP_REPAIR = 19  # linux/tcp.h: such a socket is closed without a word
UNREACHABLE = {4: ((3, 1), 'EHOSTUNREACH'), 6: ((1, 1), 'EACCES')}

both_versions = pytest.mark.parametrize('version', [4, 6])


def reset_of(local, remote):
    return Annotation('ECONNRESET', True, named('TCP', local, remote), None, 'next call')


def timeout_of(local, remote, name='ETIMEDOUT'):
    return Annotation(name, True, named('TCP', local, remote), None, 'next call', True)


def forget(sock):
    """Closes the socket as a crash would."""
    sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
    sock.close()


def abort(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    sock.close()


def next_of_server(watch, near):
    """The sequence number that the client expects, by the last segment that it sent."""
    return NETWORK_HEADER[4 if '.' in near.getsockname()[0] else 6](watch.sent(near))[TCP].ack


@both_versions
def test_a_forged_reset_and_what_follows(watch, version):
    """The client believes it, the server goes on, and is reset by the client when it sends."""
    near, far = watch.connection(version)
    local, remote = near.getsockname(), near.getpeername()
    watch.put_segment(version, remote, local, flags='R', seq=next_of_server(watch, near))
    assert pending(near) == 'ECONNRESET' and state(far) == 'ESTABLISHED'
    far.send(b'data')
    await_error(far)
    assert failure(far.recv, 16) == 'ECONNRESET'
    assert watch.reported_in_turn(local[1]) == [reset_of(local, remote), reset_of(remote, local)]


@both_versions
def test_a_forged_reset_that_is_not_exact(watch, version):
    near, far = watch.connection(version)
    local, remote = near.getsockname(), near.getpeername()
    watch.put_segment(version, remote, local, flags='R', seq=next_of_server(watch, near) + 1)
    assert pending(near) is None
    far.send(b'data')
    watch.await_ready(near, select.POLLIN)
    assert near.recv(16) == b'data'
    abort(far)
    await_error(near)
    assert failure(near.recv, 16) == 'ECONNRESET'
    assert watch.reported_in_turn(local[1]) == [NOT_SEEN, reset_of(local, remote)]


def connect_again(watch, version, local, remote):
    sock = watch.socket(version, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(local)
    sock.connect_ex(remote)
    return sock


@both_versions
def test_the_server_still_has_the_connection(watch, version):
    """It answers the new SYN with a challenge; the client's reset ends the old connection, and the
    repeated SYN begins the new one (RFC 5961 section 4)."""
    listener = watch.listener(version, watch.path.server, Path.SERVER)
    remote = listener.getsockname()
    first = watch.tcp(version)
    first.connect_ex(remote)
    watch.await_ready(listener, select.POLLIN)
    old = watch.keep(listener.accept()[0])
    local = first.getsockname()
    forget(first)
    again = connect_again(watch, version, local, remote)
    await_error(old)
    assert failure(old.recv, 16) == 'ECONNRESET'
    watch.await_ready(again, select.POLLOUT)
    watch.await_ready(listener, select.POLLIN)
    new = watch.keep(listener.accept()[0])
    abort(new)
    await_error(again)
    assert failure(again.recv, 16) == 'ECONNRESET'
    assert watch.reported_in_turn(local[1]) == [reset_of(remote, local), reset_of(local, remote)]


@both_versions
def test_the_server_has_forgotten_the_connection(watch, version):
    """The capture shows no end of the old connection; the new one is judged by its own numbers."""
    listener = watch.listener(version, watch.path.server, Path.SERVER)
    remote = listener.getsockname()
    first = watch.tcp(version)
    first.connect_ex(remote)
    watch.await_ready(listener, select.POLLIN)
    old = watch.keep(listener.accept()[0])
    local = first.getsockname()
    forget(first)
    forget(old)
    again = connect_again(watch, version, local, remote)
    watch.await_ready(again, select.POLLOUT)
    watch.await_ready(listener, select.POLLIN)
    new = watch.keep(listener.accept()[0])
    abort(new)
    await_error(again)
    assert failure(again.recv, 16) == 'ECONNRESET'
    listener.close()
    forget(again)
    refused = connect_again(watch, version, local, remote)
    await_error(refused)
    assert pending(refused) == 'ECONNREFUSED'
    assert watch.reported_in_turn(local[1]) == [
        reset_of(local, remote), Annotation('ECONNREFUSED', True, named('TCP', local, remote), None, 'connect')]


@contextlib.contextmanager
def silence(path, sockets):
    """The router swallows everything until each socket has got an error."""
    with rules(path.router, 'drop'):
        yield
        await_error(*sockets)


def test_keep_alives_that_nobody_answers(watch, path):
    ends = [watch.connection(version)[0] for version in (4, 6)]
    for near in ends:
        for option, value in ((socket.TCP_KEEPIDLE, 1), (socket.TCP_KEEPINTVL, 1), (socket.TCP_KEEPCNT, 3)):
            near.setsockopt(socket.IPPROTO_TCP, option, value)
    names = [(near.getsockname(), near.getpeername()) for near in ends]
    with silence(path, ends):
        for near in ends:
            near.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    assert [pending(near) for near in ends] == ['ETIMEDOUT', 'ETIMEDOUT']
    watch.read('-2')
    # The kernel resets the connection then, as far as that comes.
    for local, remote in names:
        assert watch.reported_in_turn(local[1]) == [timeout_of(local, remote), reset_of(remote, local)]
    watch.read()
    for local, remote in names:
        assert watch.reported_in_turn(local[1]) == [reset_of(remote, local)]


def unreachable(watch, version, near):
    """The router reports the last segment; nobody reads the error of the socket."""
    watch.put(error_message(version, *UNREACHABLE[version][0], watch.sent(near)))


def acknowledged_meanwhile(watch, path, version, near, far):
    with rules(path.router, 'drop'):
        near.send(b'first')
        unreachable(watch, version, near)
    watch.await_ready(far, select.POLLIN)
    far.send(b'answer')
    watch.await_ready(near, select.POLLIN)


def test_data_that_nobody_answers(watch, path):
    """Linux reports the timeout as the ICMP error that came last, unless data was acknowledged since."""
    ends, names, icmp = {}, {}, {}
    for version in (4, 6):
        for case in ('no message', 'message', 'message, then data'):
            near, far = watch.connection(version)
            if case == 'message, then data':
                acknowledged_meanwhile(watch, path, version, near, far)
            near.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 5000)
            ends[version, case] = near
            names[version, case] = near.getsockname(), near.getpeername()
    with silence(path, ends.values()):
        for (version, case), near in ends.items():
            near.send(b'data')
            if case == 'message':
                unreachable(watch, version, near)
    watch.read('-2')
    for (version, case), near in ends.items():
        name = UNREACHABLE[version][1]
        error = pending(near)
        assert error == (name if case == 'message' else 'ETIMEDOUT')
        local, remote = names[version, case]
        sock = named('TCP', local, remote)
        icmp = [] if case == 'no message' else [Annotation(name, False, sock, None, 'established')]
        assert [each for each in watch.reported_in_turn(local[1]) if each.socket == sock] == \
            icmp + [timeout_of(local, remote, error)], case


def test_silence_that_ends(watch, path):
    near, far = watch.connection(4)
    repeated = []
    with rules(path.router, 'drop'):
        near.send(b'data')
        while len(repeated) < 5:
            watch.await_ready(watch.tap, select.POLLIN)
            repeated += [raw for raw in watch.seen() if b'data' in raw]
    watch.await_ready(far, select.POLLIN)
    far.send(b'answer')
    watch.await_ready(near, select.POLLIN)
    watch.read('-2')
    assert watch.reported_in_turn(near.getsockname()[1]) == []
