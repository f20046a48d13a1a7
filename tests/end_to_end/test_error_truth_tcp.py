# Socket errors against the kernel, in the life of TCP connections: peers that are killed, close or
# abort, in every state of the connection, SYNs that nobody answers, and resets that are not believed.
# SPDX-License-Identifier: GPL-2.0-or-later
import contextlib
import select
import socket
import struct
import subprocess
from dataclasses import replace

import pytest
from scapy.layers.inet import TCP

from network import Path, wait_until
from truth import (NETWORK_HEADER, NOT_SEEN, Annotation, await_error, failure, named, pending,
                   rules, state)

both_versions = pytest.mark.parametrize('version', [4, 6])


def abort(sock):
    """Closes the socket with a reset."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    sock.close()


def error_of(sock, remote, name, delivery='next call'):
    return Annotation(name, True, named('TCP', sock.getsockname(), remote), None, delivery)


def await_state(sock, wanted):
    wait_until(lambda: state(sock) == wanted, f'{state(sock)}, not {wanted}')


@contextlib.contextmanager
def other_process(sock):
    """Leaves the socket to another process alone."""
    process = subprocess.Popen(['sleep', '60'], pass_fds=[sock.fileno()], stdin=subprocess.DEVNULL)
    try:
        sock.close()
        yield process
    finally:
        process.kill()
        process.wait()


@both_versions
def test_a_killed_peer_that_had_not_read(watch, version):
    near, far = watch.connection(version)
    remote = near.getpeername()
    near.send(b'data')
    watch.await_ready(far, select.POLLIN)
    with other_process(far) as peer:
        peer.kill()
        await_error(near)
    assert failure(near.recv, 16) == 'ECONNRESET'
    assert watch.reported(near.getsockname()[1]) == {error_of(near, remote, 'ECONNRESET')}


@both_versions
def test_a_killed_peer_that_had_read_everything(watch, version):
    """It ends with a FIN; what is sent then is answered by a reset."""
    near, far = watch.connection(version)
    remote = near.getpeername()
    with other_process(far) as peer:
        peer.kill()
        watch.await_ready(near, select.POLLIN)
    assert near.recv(16) == b''
    near.send(b'data')
    await_error(near)
    assert near.recv(16) == b'' and failure(near.send, b'more') == 'EPIPE'
    reset = error_of(near, remote, 'EPIPE', 'send')
    port = near.getsockname()[1]
    assert watch.reported(port) == {reset}
    watch.read('-o', 'ipmon.end_of_stream:TRUE')
    assert watch.reported(port) == {reset, Annotation(None, False, reset.socket, None, 'end')}


@both_versions
def test_a_peer_that_aborts(watch, version):
    """On either side, in a connection and before any data."""
    (first, its_peer), (second, aborting) = watch.connection(version), watch.connection(version)
    remote, near = second.getpeername(), first.getsockname()
    abort(aborting)
    await_error(second)
    assert failure(second.send, b'data') == 'ECONNRESET' and pending(second) is None
    abort(first)
    await_error(its_peer)
    assert failure(its_peer.recv, 16) == 'ECONNRESET'
    assert watch.reported(second.getsockname()[1]) == {error_of(second, remote, 'ECONNRESET')}
    assert watch.reported(near[1]) == {error_of(its_peer, near, 'ECONNRESET')}


def to_fin_wait1(near, far):
    near.shutdown(socket.SHUT_WR)


def to_closing(near, far):
    near.shutdown(socket.SHUT_WR)
    far.shutdown(socket.SHUT_WR)


def to_close_wait(near, far):
    far.shutdown(socket.SHUT_WR)


def to_last_ack(near, far):
    far.shutdown(socket.SHUT_WR)
    await_state(near, 'CLOSE_WAIT')
    near.shutdown(socket.SHUT_WR)


# Whether packets of the client arrive, how its connection gets into a state, and what a reset means there.
STATES = {
    'ESTABLISHED': (True, lambda near, far: None, 'ECONNRESET', 'next call'),
    'FIN_WAIT1': (False, to_fin_wait1, 'ECONNRESET', 'next call'),
    'FIN_WAIT2': (True, to_fin_wait1, 'ECONNRESET', 'next call'),
    'CLOSING': (False, to_closing, 'ECONNRESET', 'closed'),
    'CLOSE_WAIT': (True, to_close_wait, 'EPIPE', 'send'),
    'LAST_ACK': (False, to_last_ack, 'ECONNRESET', 'closed'),
}


@both_versions
def test_a_reset_in_every_state(watch, path, version):
    expected = {}
    for where, (arrives, advance, name, delivery) in STATES.items():
        near, far = watch.connection(version)
        remote, port = near.getpeername(), near.getsockname()[1]
        with contextlib.nullcontext() if arrives else rules(path.router, f'tcp sport {port} drop'):
            advance(near, far)
            await_state(near, where)
            abort(far)
            await_state(near, 'CLOSE')
        assert pending(near) == name, where
        expected[port] = {error_of(near, remote, name, delivery)}
    assert {port: watch.reported(port) for port in expected} == expected


@both_versions
def test_a_reset_in_time_wait(watch, version):
    """Both sides have closed and know it: no socket is left that could get an error."""
    near, far = watch.connection(version)
    remote, local = near.getpeername(), near.getsockname()
    near.shutdown(socket.SHUT_WR)
    watch.await_ready(far, select.POLLIN)
    far.shutdown(socket.SHUT_WR)
    for sock in (near, far):
        await_state(sock, 'CLOSE')
    last = NETWORK_HEADER[version](watch.sent_from(local[1]))[TCP]
    watch.put_segment(version, remote, local, flags='R', seq=last.ack)
    assert pending(near) is None and near.recv(16) == b''
    assert watch.reported(local[1]) == {NOT_SEEN}


@both_versions
def test_a_reset_with_a_wrong_checksum(watch, version):
    """Of the segment or, over IPv4, of the header: the connection lives on until a right one comes."""
    near, _ = watch.connection(version)
    remote, local = near.getpeername(), near.getsockname()
    ends = {'src': remote[0], 'dst': local[0]}
    last = NETWORK_HEADER[version](watch.sent_from(local[1]))[TCP]
    reset = {'sport': remote[1], 'dport': local[1], 'flags': 'R', 'seq': last.ack}
    watch.put(NETWORK_HEADER[version](**ends) / TCP(**reset, chksum=1))
    if version == 4:
        watch.put(NETWORK_HEADER[version](**ends, chksum=1) / TCP(**reset))
        watch.put(NETWORK_HEADER[version](**ends, chksum=0) / TCP(**reset))
    assert (state(near), pending(near)) == ('ESTABLISHED', None)
    watch.put(NETWORK_HEADER[version](**ends) / TCP(**reset))
    assert (state(near), pending(near)) == ('CLOSE', 'ECONNRESET')
    assert watch.annotations() == [NOT_SEEN] * {4: 3, 6: 1}[version] + [error_of(near, remote, 'ECONNRESET')]


@both_versions
def test_a_reset_of_a_half_open_connection(watch, version):
    listener = watch.listener(version, watch.path.client, Path.CLIENT)
    local, remote = listener.getsockname(), (Path.NOWHERE[version], 9)
    watch.put_segment(version, remote, local, flags='S', seq=100)
    answer = NETWORK_HEADER[version](watch.sent(listener))[TCP]
    assert str(answer.flags) == 'SA'
    watch.put_segment(version, remote, local, flags='R', seq=101)
    assert failure(listener.accept) is None and pending(listener) is None
    watch.put_segment(version, remote, local, flags='A', seq=101, ack=answer.seq + 1)
    assert failure(listener.accept) is None  # it is gone
    assert watch.reported_in_turn(local[1], local[0]) == [NOT_SEEN]


@both_versions
def test_resets_of_a_syn(watch, version):
    """A refusal acknowledges the SYN; its sequence number does not matter."""
    remote = Path.NOWHERE[version], 9
    expected = {}
    for flags, sequence, name in (('RA', 0, 'ECONNREFUSED'), ('RA', 77, 'ECONNREFUSED'), ('R', 0, None)):
        near = watch.tcp(version)
        near.connect_ex(remote)
        syn = NETWORK_HEADER[version](watch.sent(near))[TCP]
        watch.put_segment(version, remote, near.getsockname(), flags=flags, seq=sequence, ack=syn.seq + 1)
        assert (state(near), pending(near)) == ('CLOSE' if name else 'SYN_SENT', name)
        expected[near.getsockname()[1]] = {error_of(near, remote, name, 'connect') if name else NOT_SEEN}
    assert {port: watch.reported(port) for port in expected} == expected


def test_syns_that_nobody_answers(watch):
    """Sent twice, then given up; the capture shows the last one only."""
    ends = {}
    for version in (4, 6):
        near = watch.tcp(version)
        near.setsockopt(socket.IPPROTO_TCP, socket.TCP_SYNCNT, 1)
        near.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1200)
        remote = Path.NOWHERE[version], 9
        near.connect_ex(remote)
        ends[near] = remote
    for near, remote in ends.items():
        await_state(near, 'CLOSE')
        assert pending(near) == 'ETIMEDOUT'
    watch.read('-2')
    assert len(watch.annotations()) == len(ends)
    for near, remote in ends.items():
        expected = replace(error_of(near, remote, 'ETIMEDOUT', 'connect'), likely=True)
        assert watch.reported(near.getsockname()[1]) == {expected}
    watch.read()
    assert watch.annotations() == []
