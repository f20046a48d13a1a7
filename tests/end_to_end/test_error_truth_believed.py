# Socket errors against the kernel: which resets and which ICMP errors about TCP a stack accepts.
# The host at the other end is a script. The client's kernel judges whatever it sends, and ipmon must
# report the same.
# SPDX-License-Identifier: GPL-2.0-or-later
import socket

import pytest

from scripted import NO_PORT, WINDOW, Scripted, brief
from truth import state

both_versions = pytest.mark.parametrize('version', [4, 6])
ipv4 = pytest.mark.parametrize('version', [4])


def outcomes(watch, version, cases, begin):
    """For each case a connection of its own is begun; then `steps` of it are taken."""
    scripts = {}
    for name, (steps, wanted) in cases.items():
        script = begin(Scripted(watch, version))
        found = [step for step in steps(script) if step is not ...]
        assert found == wanted, f'{name}: the kernel did otherwise'
        scripts[name] = script
    wrong = [f'{name}: {brief(script.reported())}, not {brief(script.expected)}' for name, script in scripts.items()
             if script.reported() != script.expected]
    assert not wrong, '\n'.join(wrong)


SYN_SENT = {
    'with ACK': (lambda c: [c.reset(0, 1)], ['ECONNREFUSED']),
    'any sequence number': (lambda c: [c.reset(77, 1)], ['ECONNREFUSED']),
    'without ACK': (lambda c: [c.reset(0), c.reset(1)], [None, None]),
    'ACK of nothing, then the true one': (lambda c: [c.reset(0, 0), c.reset(0, 1)], [None, 'ECONNREFUSED']),
    'ACK of more': (lambda c: [c.reset(0, 2), c.reset(0, 2**31), c.reset(0, -1)], [None] * 3),
    'forged, then a SYN-ACK': (lambda c: [c.reset(0, 2), c.answer() or ..., c.reset(0), c.reset(1)],
                               [None, None, 'ECONNRESET']),
    'SYN-ACK of another SYN': (lambda c: [c.answer(ack=9) or ..., c.reset(0, 1)], ['ECONNREFUSED']),
    'ICMP, not sent': (lambda c: [c.error(-1), c.error(2), c.error(0)], [None, None, 'EHOSTUNREACH']),
    'ICMP, what follows': (lambda c: [c.error(1)], ['EHOSTUNREACH']),
    'ICMP twice': (lambda c: [c.error(0, NO_PORT[c.version]), c.error(0)], ['ECONNREFUSED', None]),
    'ICMP of 8 bytes': (lambda c: [c.error(9, length=8), c.error(0, length=8)], [None, 'EHOSTUNREACH']),
    'wrong checksums': (lambda c: [c.reset(0, 1, wrong_checksum=True), c.error(0), c.error(0, wrong_checksum=True)],
                        [None, 'EHOSTUNREACH', None]),
    'ICMP, then a SYN-ACK': (lambda c: [c.error(0), c.answer() or ..., c.reset(1)], ['EHOSTUNREACH', None]),
    'timestamps of another connection': (lambda c: [
        c.reset(0, 1, options=[('Timestamp', (7, 1))]), c.answer(options=[('Timestamp', (7, 1))]) or ...,
        c.reset(0, 1, options=[('Timestamp', (7, c.stamp))])], [None, 'ECONNREFUSED']),
    'no timestamp echoed': (lambda c: [c.reset(0, 1, options=[('Timestamp', (7, 0))])], ['ECONNREFUSED']),
    'SYN-ACK with its timestamp': (lambda c: [c.answer(options=[('Timestamp', (7, c.stamp))]) or ..., c.reset(0), c.reset(1)],
                                   [None, 'ECONNRESET']),
    'SYN and FIN': (lambda c: [c.put('SF', 0, None) or ...], []),
}


@both_versions
def test_connecting(watch, version):
    outcomes(watch, version, SYN_SENT, Scripted.connect)


def data(c, *places):
    """Segments of ten bytes of the host."""
    for place in places:
        c.put('A', place, 1, b'x' * 10)
    return ...


ESTABLISHED = {
    'exact': (lambda c: [c.reset(1)], ['ECONNRESET']),
    'exact, with ACK': (lambda c: [c.reset(1, 1)], ['ECONNRESET']),
    'exact, ACK of nothing sent': (lambda c: [c.reset(1, 999)], ['ECONNRESET']),
    'next but one, then exact': (lambda c: [c.reset(2), c.reset(1)], [None, 'ECONNRESET']),
    'last of the window': (lambda c: [c.reset(4000)], [None]),
    'above the window': (lambda c: [c.reset(2**30), c.reset(2**31 + 1)], [None, None]),
    'old': (lambda c: [c.reset(0), c.reset(-5000), c.reset(1)], [None, None, 'ECONNRESET']),
    'behind data': (lambda c: [data(c, 1, 11), c.send(b'y') or ..., c.reset(22), c.reset(11), c.reset(21)],
                    [None, None, 'ECONNRESET']),
    'twice': (lambda c: [c.reset(1), c.reset(1)], ['ECONNRESET', None]),
    'in a hole': (lambda c: [data(c, 21), c.reset(11), c.reset(21), c.reset(30), c.reset(1)],
                  [None, None, None, 'ECONNRESET']),
    'SACK edge': (lambda c: [data(c, 21), c.reset(32), c.reset(31)], [None, 'ECONNRESET']),
    'highest SACK edge': (lambda c: [data(c, 21, 41), c.reset(31), c.reset(51)], [None, 'ECONNRESET']),
    'highest SACK edge was first': (lambda c: [data(c, 41, 21), c.reset(31), c.reset(51)], [None, 'ECONNRESET']),
    'a hole that was filled': (lambda c: [data(c, 11, 1), c.reset(1), c.reset(11), c.reset(22), c.reset(21)],
                               [None, None, None, 'ECONNRESET']),
    'garbage above the window': (lambda c: [data(c, 2**30), c.reset(2**30 + 10), c.reset(1)], [None, 'ECONNRESET']),
    'garbage below': (lambda c: [data(c, -20000), c.reset(-20000), c.reset(1)], [None, 'ECONNRESET']),
    'wrong checksum': (lambda c: [c.reset(1, wrong_checksum=True), c.reset(1)], [None, 'ECONNRESET']),
    'with a SYN, not exact': (lambda c: [c.reset(5, flags='RS'), c.reset(1)], [None, 'ECONNRESET']),
    'a SYN, then exact': (lambda c: [c.put('S', 5000, None) or ..., c.reset(5000), c.reset(1)], [None, 'ECONNRESET']),
    'old timestamps': (lambda c: [c.reset(1, options=[('Timestamp', (1, 1))])], ['ECONNRESET']),
    'ICMP': (lambda c: [c.error(1), c.error(1), c.reset(1)], ['EHOSTUNREACH', 'EHOSTUNREACH', 'ECONNRESET']),
    'ICMP about the SYN': (lambda c: [c.error(0), c.error(0, length=8)], [None, None]),
    'ICMP, not sent': (lambda c: [c.error(2), c.error(2**30), c.error(-7)], [None] * 3),
    'ICMP about data': (lambda c: [c.send(b'y' * 30) or ..., c.error(1), c.error(31, NO_PORT[c.version]), c.error(32)],
                        ['EHOSTUNREACH', 'ECONNREFUSED', None]),
    'ICMP about acknowledged data': (lambda c: [c.send(b'y' * 30) or ..., c.put('A', 1, 21) or ..., c.error(20),
                                                c.error(21), c.error(1, length=8), c.error(31, length=8)],
                                     [None, 'EHOSTUNREACH', None, 'EHOSTUNREACH']),
    'ICMP, wrong checksum': (lambda c: [c.error(1), c.error(1, wrong_checksum=True)], ['EHOSTUNREACH', None]),
}


@both_versions
def test_established(watch, version):
    outcomes(watch, version, ESTABLISHED, Scripted.open)


def fin(c, place=1, ack=1):
    c.put('FA', place, ack)
    return ...


def shut(c):
    c.sock.shutdown(socket.SHUT_WR)
    return ...


CLOSING = {
    'CLOSE-WAIT': (lambda c: [fin(c), c.reset(1 - 1), c.reset(3), c.reset(2)], [None, None, 'EPIPE']),
    'CLOSE-WAIT, the FIN itself': (lambda c: [fin(c), c.reset(1)], ['EPIPE']),
    'FIN behind data, itself': (lambda c: [data(c, 1), fin(c, 11), c.reset(10), c.reset(11)], [None, 'EPIPE']),
    'FIN behind a hole': (lambda c: [fin(c, 11), c.reset(11), c.reset(1)], [None, 'ECONNRESET']),
    'FIN behind a hole, SACK edge': (lambda c: [fin(c, 11), c.reset(12)], ['ECONNRESET']),
    'FIN-WAIT-1': (lambda c: [shut(c), c.reset(0), c.reset(2), c.reset(1)], [None, None, 'ECONNRESET']),
    'FIN-WAIT-2': (lambda c: [shut(c), c.put('A', 1, 2) or ..., c.reset(0), c.reset(1)], [None, 'ECONNRESET']),
    'CLOSING': (lambda c: [shut(c), fin(c), c.reset(3), c.reset(2)], [None, 'ECONNRESET']),
    'CLOSING, the FIN itself': (lambda c: [shut(c), fin(c), c.reset(0), c.reset(1)], [None, 'ECONNRESET']),
    'LAST-ACK': (lambda c: [fin(c), shut(c), c.reset(0), c.reset(3), c.reset(2)], [None, None, 'ECONNRESET']),
    'LAST-ACK, the FIN itself': (lambda c: [fin(c), shut(c), c.reset(1)], ['ECONNRESET']),
    'ICMP in CLOSE-WAIT': (lambda c: [fin(c), c.error(0), c.error(1)], [None, 'EHOSTUNREACH']),
    'ICMP in FIN-WAIT-1': (lambda c: [shut(c), c.error(1), c.error(2), c.error(3)],
                           ['EHOSTUNREACH', 'EHOSTUNREACH', None]),
    'ICMP in FIN-WAIT-2': (lambda c: [shut(c), c.put('A', 1, 2) or ..., c.error(1), c.error(2)],
                           [None, 'EHOSTUNREACH']),
    'FIN twice': (lambda c: [fin(c), fin(c), c.reset(3), c.reset(2)], [None, 'EPIPE']),
    'FIN without ACK': (lambda c: [c.put('F', 1, None) or ..., c.reset(2), c.reset(1)], [None, 'ECONNRESET']),
}


@both_versions
def test_closing(watch, version):
    outcomes(watch, version, CLOSING, Scripted.open)


@both_versions
def test_time_wait(watch, version):
    """Both sides have closed, and the client holds its socket: no reset and no ICMP error comes to it."""
    def end(c):
        c.put('FA', 1, 2)
        return ...
    outcomes(watch, version, {
        'exact': (lambda c: [shut(c), end(c), c.reset(2)], [None]),
        'the FIN itself': (lambda c: [shut(c), end(c), c.reset(1)], [None]),
        'ICMP': (lambda c: [shut(c), end(c), c.error(1), c.error(2)], [None, None]),
    }, Scripted.open)


REMOVES = {4: (3, 1), 6: (1, 4)}  # a request that was not accepted


def alive(c):
    """Whether the request is still there: the last segment of the handshake makes a connection of it."""
    c.put('A', 1, 1)
    try:
        c.accept_now()
    except BlockingIOError:
        return False
    return True


HALF_OPEN = {
    'exact': (lambda c: [c.reset(1), alive(c)], [None, False]),
    'in the window': (lambda c: [c.reset(2), c.reset(WINDOW), alive(c), c.reset(1)], [None, None, True, 'ECONNRESET']),
    'old': (lambda c: [c.reset(0), alive(c), c.reset(1)], [None, True, 'ECONNRESET']),
    'above the window': (lambda c: [c.reset(2**30), alive(c), c.reset(2), c.reset(1)],
                         [None, True, None, 'ECONNRESET']),
    'with its ACK': (lambda c: [c.reset(1, 1), alive(c)], [None, False]),
    'with another ACK': (lambda c: [c.reset(1, 2), alive(c)], [None, False]),
    'ICMP, removes, wrong number': (lambda c: [c.error(1), alive(c), c.reset(1)], [None, True, 'ECONNRESET']),
    'ICMP, wrong checksum': (lambda c: [c.error(1, wrong_checksum=True), alive(c), c.error(1)],
                             [None, True, 'EHOSTUNREACH']),
    'an ACK above the window': (lambda c: [c.put('A', 2**30, 1) or ..., c.reset(1), alive(c)], [None, False]),
    'an ACK below the window': (lambda c: [c.put('A', -9, 1) or ..., c.reset(1), alive(c)], [None, False]),
    'an ACK with another number': (lambda c: [c.put('A', 1, 9) or ..., c.reset(1), alive(c)], [None, False]),
    'an ACK above the window, ICMP': (lambda c: [c.put('A', 2**30, 1) or ..., c.error(1), c.error(0, REMOVES[c.version]), alive(c)],
                                      [None, None, False]),
    'another SYN, above the window': (lambda c: [c.put('S', 2**30, None) or ..., alive(c), c.reset(1)],
                                      [True, 'ECONNRESET']),
}
MORE_HALF_OPEN = {
    4: {f'ICMP {type_}/{code}': (type_, code) for type_, code in
        [(3, 0), (3, 2), (3, 3), (3, 4), (3, 5), (3, 6), (3, 7), (3, 9), (3, 11), (3, 12), (3, 13), (4, 0), (5, 1),
         (11, 0), (11, 1), (11, 2), (12, 0), (12, 1)]},
    6: {f'ICMP {type_}/{code}': (type_, code) for type_, code in
        [(1, 0), (1, 1), (1, 2), (1, 3), (1, 4), (1, 5), (1, 6), (1, 7), (2, 0), (3, 0), (3, 1), (4, 0), (4, 1)]},
}


def half_open(c):
    c.listen()
    c.call()
    return c


@both_versions
def test_half_open(watch, version):
    outcomes(watch, version, HALF_OPEN, half_open)


@both_versions
def test_which_icmp_errors_remove_a_request(watch, version):
    """After each one: whether the request is there, and what a reset does then."""
    removes = {4: [(3, 0), (3, 1), (11, 0), (11, 2), (12, 0), (12, 1)],
               6: [(1, 1), (1, 4), (1, 5), (1, 6), (1, 7), (4, 0), (4, 1)]}[version]
    outcomes(watch, version, {
        name: (lambda c, kind=kind: [c.error(0, kind), alive(c), c.reset(1)],
               [None, False, None] if kind in removes else [None, True, 'ECONNRESET'])
        for name, kind in MORE_HALF_OPEN[version].items()}, half_open)


SIMULTANEOUS = {
    'exact': (lambda c: [c.reset(1)], ['ECONNRESET']),
    'not exact': (lambda c: [c.reset(0), c.reset(2), c.reset(WINDOW), c.reset(1)], [None, None, None, 'ECONNRESET']),
    'exact, with ACK': (lambda c: [c.reset(1, 1)], ['ECONNRESET']),
    'exact, with another ACK': (lambda c: [c.reset(1, 7)], ['ECONNRESET']),
    'ICMP': (lambda c: [c.error(2), c.error(-1), c.error(0), c.error(0)], [None, None, 'EHOSTUNREACH', None]),
    'established': (lambda c: [c.answer() or ..., c.error(0), c.reset(2), c.reset(1)], [None, None, 'ECONNRESET']),
    'established, ICMP': (lambda c: [c.put('A', 1, 1) or ..., c.send(b'y') or ..., c.error(1), c.reset(1)],
                          ['EHOSTUNREACH', 'ECONNRESET']),
}


def simultaneous(c):
    c.connect()
    c.put('S', 0, None)
    assert state(c.sock) == 'SYN_RECV'
    return c


@both_versions
def test_simultaneous_open(watch, version):
    outcomes(watch, version, SIMULTANEOUS, simultaneous)


@pytest.fixture
def fast_open(path):
    """Data of a SYN is accepted without a cookie (RFC 7413)."""
    name = '/proc/sys/net/ipv4/tcp_fastopen'
    before = path.client.run('cat', name).stdout.decode().strip()
    path.client.write(name, 0x203)
    yield
    path.client.write(name, before)


def child(c):
    c.listen(options={(socket.IPPROTO_TCP, socket.TCP_FASTOPEN): 8})
    c.call(b'x' * 10)
    c.accept()
    return c


def child_to_accept(c):
    c.listen(options={(socket.IPPROTO_TCP, socket.TCP_FASTOPEN): 8})
    c.call(b'x' * 10)
    return c


FAST_OPEN = {
    'exact': (lambda c: [c.reset(11)], ['ECONNRESET']),
    'in the window': (lambda c: [c.reset(12), c.reset(WINDOW), c.reset(11)], [None, None, 'ECONNRESET']),
    'another ACK': (lambda c: [c.reset(11, 99)], ['ECONNRESET']),
    'old': (lambda c: [c.reset(1), c.reset(10), c.reset(11)], [None, None, 'ECONNRESET']),
    'above the window': (lambda c: [c.reset(2**30), c.reset(11)], [None, 'ECONNRESET']),
    'sends, then in the window': (lambda c: [c.send(b'y' * 9) or ..., c.reset(30), c.reset(11)], [None, 'ECONNRESET']),
    'established': (lambda c: [c.put('A', 11, 1) or ..., c.reset(12), c.error(1), c.reset(11)],
                    [None, 'EHOSTUNREACH', 'ECONNRESET']),
    'more data, not acknowledged': (lambda c: [c.put('A', 11, 1, b'x') or ..., c.reset(13), c.reset(12)],
                                    [None, 'ECONNRESET']),
}


@both_versions
def test_fast_open_child(watch, fast_open, version):
    outcomes(watch, version, FAST_OPEN, child)


def dialling(c):
    """The client's SYN carries data, without a request for a cookie."""
    c.dial(b'y' * 20)
    return c


DIALLED = {
    'refused, all acknowledged': (lambda c: [c.reset(0, 21)], ['ECONNREFUSED']),
    'refused, part': (lambda c: [c.reset(0, 11)], ['ECONNREFUSED']),
    'refused, the SYN': (lambda c: [c.reset(0, 1)], ['ECONNREFUSED']),
    'more than was sent': (lambda c: [c.reset(0, 22), c.reset(0, 0)], [None, None]),
    'ICMP': (lambda c: [c.error(22), c.error(21)], [None, 'EHOSTUNREACH']),
    'SYN-ACK of all': (lambda c: [c.answer(21) or ..., c.error(1), c.reset(2), c.reset(1)], [None, None, 'ECONNRESET']),
    'SYN-ACK of the SYN': (lambda c: [c.answer(1) or ..., c.error(0), c.error(1), c.reset(1)],
                           [None, 'EHOSTUNREACH', 'ECONNRESET']),
}


@both_versions
def test_fast_open_client(watch, fast_open, version):
    outcomes(watch, version, DIALLED, dialling)


AGAIN = {
    'a challenge, then the exact one': (lambda c: [c.reset(9), c.reset(1)], [None, 'ECONNRESET']),
    'delayed data': (lambda c: [data(c, 1), c.reset(11)], ['ECONNRESET']),
    'forged, unexact, then data': (lambda c: [c.reset(9), data(c, 1), c.reset(9), c.reset(11)],
                                   [None, None, 'ECONNRESET']),
    'an ACK of what was not sent': (lambda c: [c.put('A', 1, 5000) or ..., c.error(3000), c.reset(1)],
                                    [None, 'ECONNRESET']),
    'SYN-ACK again': (lambda c: [c.answer() or ..., c.reset(2), c.reset(1)], [None, 'ECONNRESET']),
    'SYN-ACK with another number': (lambda c: [c.put('SA', 7000, 1) or ..., c.reset(7001), c.reset(1)],
                                    [None, 'ECONNRESET']),
    'keep-alive of the host': (lambda c: [c.put('A', 0, 1) or ..., c.reset(0), c.reset(1)], [None, 'ECONNRESET']),
    'two holes, one filled': (lambda c: [data(c, 21), data(c, 41), data(c, 1), data(c, 11), c.reset(42), c.reset(31)],
                              [None, 'ECONNRESET']),
    'hole, filled in part': (lambda c: [data(c, 21), data(c, 1), c.reset(1), c.reset(12), c.reset(11)],
                             [None, None, 'ECONNRESET']),
    'urgent': (lambda c: [c.put('AU', 1, 1, b'x') or ..., c.reset(2)], ['ECONNRESET']),
    'Christmas tree': (lambda c: [c.reset(1, 1, 'RAFUP')], ['ECONNRESET']),
    'with data': (lambda c: [c.reset(0, data=b'xy'), c.reset(1, data=b'x')], [None, 'ECONNRESET']),
    'zero window': (lambda c: [c.put('A', 1, 1, window=0) or ..., c.send(b'y' * 9) or ..., c.error(1), c.error(2), c.reset(1)],
                    ['EHOSTUNREACH', None, 'ECONNRESET']),
}


@both_versions
def test_more(watch, version):
    outcomes(watch, version, AGAIN, Scripted.open)
