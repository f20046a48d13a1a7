# Socket errors against the kernel, every ICMP error there is: sockets of a real client send, an error
# that quotes what they sent is put on the client's wire, and the error that its kernel then returns is
# the one that ipmon must report of the packet.
# SPDX-License-Identifier: GPL-2.0-or-later
import socket
from dataclasses import replace

import pytest
from scapy.layers.inet import TCP

from network import Path
from truth import (NETWORK_HEADER, NOT_SEEN, Annotation, error_message, failure, named, pending, queued,
                   rules, state)

MTU = 1400
# Types and codes. Those without a row of their own in the documents are here, too: a kernel handles all.
CODES = {
    4: [*((3, code) for code in range(17)), (3, 255), (4, 0), (5, 0), (5, 1), (11, 0), (11, 1), (11, 2), (12, 0),
        (12, 1), (12, 2)],
    6: [*((1, code) for code in range(10)), (1, 255), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2), (4, 0), (4, 1),
        (4, 2), (4, 10), (0, 0), (5, 0), (100, 0), (101, 0), (127, 0)],
}
UNKNOWN = {4: [], 6: [0, 5, 100, 101, 127]}
TOO_BIG = {4: [(3, 4)], 6: [(2, 0), (2, 1)]}
CONNECTED_FATAL = {4: [(3, code) for code in (0, 1, 2, 3, 9, 10, 13)] + [(11, 0), (12, 0)],
                   6: [(1, 0), (1, 1), (1, 3), (1, 4), (1, 6), (1, 7), (3, 0), (4, 0), (100, 0)]}


@pytest.fixture
def watch(watch, path):
    yield watch
    for version in (4, 6):  # what was learned of the path MTU
        path.client.run('ip', f'-{version}', 'route', 'flush', 'cache')


def message(version, kind, quoted, **options):
    mtu = MTU if kind in TOO_BIG[version] else 0
    return error_message(version, *kind, quoted, mtu, **options)


def nowhere(version, port=9):
    return Path.NOWHERE[version], port


def answer(watch, version, kind, sock, data=b'question', connected=True, port=9, **options):
    """Has the socket send a datagram and answers it with an error; what recv() fails with then."""
    if connected:
        sock.connect(nowhere(version, port))
        sock.send(data)
    else:
        sock.sendto(data, nowhere(version, port))
    watch.put(message(version, kind, watch.sent_to(version, Path.NOWHERE[version]), **options))
    return failure(sock.recv, 16)


def truth_of_datagrams(watch, version, kind, make, **options):
    """The annotations expected of an error that four sockets get, one after the other, and their names.

    `make` makes a socket with or without an error queue.
    """
    got, names = {}, []
    mtu = MTU if kind in TOO_BIG[version] else 0
    for connected, recverr in ((True, False), (True, True), (False, False), (False, True)):
        with make(recverr) as sock:
            error = got[connected, recverr] = answer(watch, version, kind, sock, connected=connected, **options)
            if recverr:
                assert queued(sock) == ([(error, *kind, mtu)] if error else [])
            names.append(sock.getsockname())
    error = got[True, True]
    assert got[False, True] == error and got[True, False] in (None, error) and got[False, False] is None
    if not error:
        return NOT_SEEN, names
    fatal = got[True, False] is not None
    return Annotation(error, fatal and error != 'EMSGSIZE', None, mtu or None, 'connected' if fatal else 'queue'), names


@pytest.mark.parametrize('version', [4, 6])
def test_udp(watch, version):
    cases = {kind: truth_of_datagrams(watch, version, kind, lambda recverr: watch.udp(version, recverr))
             for kind in CODES[version]}
    assert sum(expected != NOT_SEEN for expected, _ in cases.values()) == {4: 21, 6: 25}[version]
    found, wanted = {}, {}
    for kind, (expected, names) in cases.items():
        for local in names:
            found[kind, local] = watch.reported(local[1])
            wanted[kind, local] = {replace(expected, socket=named('UDP', local, nowhere(version)))
                                   if expected != NOT_SEEN else NOT_SEEN}
    assert found == wanted


@pytest.mark.parametrize('version', [4, 6])
def test_udp_error_comes_with_the_next_send(watch, version):
    sock = watch.udp(version)
    sock.connect(nowhere(version))
    kind = {4: (3, 3), 6: (1, 4)}[version]
    sock.send(b'question')
    watch.put(message(version, kind, watch.sent(sock)))
    assert failure(sock.send, b'again') == 'ECONNREFUSED'
    assert failure(sock.send, b'again') is None
    assert {each.name for each in watch.reported(sock.getsockname()[1])} == {'ECONNREFUSED'}


@pytest.mark.parametrize('version', [4, 6])
def test_tcp_connecting(watch, version):
    found, wanted = {}, {}
    sockets = {}
    for kind in CODES[version]:
        for recverr in (False, True):
            sock = sockets[kind, recverr] = watch.tcp(version, recverr)
            sock.connect_ex(nowhere(version))
            watch.put(message(version, kind, watch.sent(sock)))
            error = pending(sock)
            assert state(sock) == ('CLOSE' if error else 'SYN_SENT')
            if recverr:
                assert queued(sock) == ([(error, *kind, 0)] if error else [])
            wanted[kind, recverr] = {
                Annotation(error, True, named('TCP', sock.getsockname(), nowhere(version)), None, 'connect')
                if error else NOT_SEEN}
    assert sum(each == {NOT_SEEN} for each in wanted.values()) == {4: 14, 6: 4}[version]
    for case, sock in sockets.items():
        found[case] = watch.reported(sock.getsockname()[1])
    assert found == wanted


@pytest.mark.parametrize('version', [4, 6])
def test_tcp_connected(watch, path, version):
    """No error ends a connection; how it may be read depends on IP_RECVERR."""
    wanted, ends = {}, {}
    for kind in CONNECTED_FATAL[version] + TOO_BIG[version]:
        for recverr in (False, True):
            ends[kind, recverr] = watch.connection(version, recverr)
    with rules(path.router, 'drop'):
        for (kind, recverr), (near, _) in ends.items():
            near.send(b'data')
            watch.put(message(version, kind, watch.sent(near)))
            error = failure(near.recv, 16) if recverr else pending(near)
            assert failure(near.recv, 16) is None and pending(near) is None
            assert queued(near) == [] and state(near) == 'ESTABLISHED'
            wanted[kind, recverr] = {
                Annotation(error, False, named('TCP', near.getsockname(), near.getpeername()), None, 'established')
                if error else NOT_SEEN}
    for near, far in ends.values():
        far.settimeout(20)
        assert far.recv(16) == b'data'
    assert [kind for (kind, _), each in wanted.items() if each == {NOT_SEEN}] == \
        [kind for kind in TOO_BIG[version] for _ in range(2)]
    assert {case: watch.reported(near.getsockname()[1]) for case, (near, _) in ends.items()} == wanted


@pytest.mark.parametrize('version', [4, 6])
def test_a_timeout_is_reported_as_the_error(watch, path, version):
    kind, name = {4: ((3, 1), 'EHOSTUNREACH'), 6: ((1, 1), 'EACCES')}[version]
    (near, _), (untold, _) = watch.connection(version), watch.connection(version)
    with rules(path.router, 'drop'):
        for sock in (near, untold):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 300)
            sock.send(b'data')
            if sock is near:
                watch.put(message(version, kind, watch.sent(near)))
        for sock in (near, untold):
            sock.settimeout(20)
        assert [failure(near.recv, 16), failure(untold.recv, 16)] == [name, 'ETIMEDOUT']
    [found] = watch.reported(near.getsockname()[1])
    assert (found.name, found.fatal, found.delivery) == (name, False, 'established')


@pytest.mark.parametrize('version', [4, 6])
def test_half_open_connections(watch, version):
    """Nothing about a SYN-ACK comes to the program that listens."""
    found = []
    # Wireshark does not dissect quotes in types that it does not know: their ports are not found.
    for kind in [kind for kind in CODES[version] if kind not in TOO_BIG[version] and kind[0] not in UNKNOWN[version]]:
        listener = watch.listener(version, watch.path.client, Path.CLIENT)
        listener.setsockopt(*{4: (socket.IPPROTO_IP, 11), 6: (socket.IPPROTO_IPV6, 25)}[version], 1)
        local = listener.getsockname()
        watch.put_segment(version, nowhere(version), local, flags='S', seq=100)
        answer = watch.sent(listener)
        assert 'SA' == str(NETWORK_HEADER[version](answer)[TCP].flags)
        watch.put(message(version, kind, answer))
        assert failure(listener.accept) is None and pending(listener) is None and queued(listener) == []
        found.append(local[1])
    assert {port: watch.reported(port) for port in found} == {port: {NOT_SEEN} for port in found}


@pytest.mark.parametrize('version', [4, 6])
def test_a_wrong_checksum(watch, version):
    kind = {4: (3, 3), 6: (1, 4)}[version]
    # They came in, so no card of the router fills in the checksums, although all of them are wrong.
    expected, names = truth_of_datagrams(watch, version, kind, lambda recverr: watch.udp(version, recverr),
                                         wrong_checksum=True)
    assert expected == NOT_SEEN
    assert [watch.reported(local[1]) for local in names] == [{NOT_SEEN}] * 4


@pytest.mark.parametrize('version', [4, 6])
def test_how_much_must_be_quoted(watch, version):
    kind = {4: (3, 3), 6: (1, 4)}[version]
    header = {4: 20, 6: 40}[version]
    lengths = {length: watch.udp(version, True) for length in (header, header + 7, header + 8)}
    for length, sock in lengths.items():
        sock.connect(nowhere(version))
        sock.send(b'question')
        watch.put(message(version, kind, watch.sent(sock)[:length]))
    assert [failure(sock.recv, 16) for sock in lengths.values()] == [None, None, 'ECONNREFUSED']
    found = watch.annotations()
    assert found[:2] == [NOT_SEEN] * 2 and [(each.socket, each.delivery) for each in found[2:]] == [
        (named('UDP', lengths[header + 8].getsockname(), nowhere(version)), 'connected')]


PING = {4: (socket.SOCK_DGRAM, socket.IPPROTO_ICMP, b'\x08\0\0\0\0\1\0\1'),
        6: (socket.SOCK_DGRAM, socket.IPPROTO_ICMPV6, b'\x80\0\0\0\0\1\0\1')}
RAW = {version: (socket.SOCK_RAW, 253, b'question') for version in (4, 6)}  # RFC 3692: for experiments


@pytest.mark.parametrize('version', [4, 6])
@pytest.mark.parametrize('kind_of_socket', [PING, RAW], ids=['ping', 'raw'])
def test_sockets_without_ports(watch, path, version, kind_of_socket):
    path.client.write('/proc/sys/net/ipv4/ping_group_range', '"0 2147483647"')
    type_, protocol, data = kind_of_socket[version]

    wanted = []
    for kind in CODES[version]:
        expected, names = truth_of_datagrams(
            watch, version, kind, lambda recverr: watch.socket(version, type_, protocol, recverr), data=data, port=0)
        if expected.name == 'EREMOTEIO':
            # Source quench and redirects: Linux puts them into the queue of ping sockets, and of no others, by
            # a number that means nothing. That is left out.
            assert kind_of_socket is PING and version == 4 and kind[0] in (4, 5)
            expected = NOT_SEEN
        wanted += [(kind, expected)] * len(names)
    found = watch.annotations()
    assert {each.socket.split(' ', 1)[1] for each in found if each != NOT_SEEN} == \
        {f'{Path.CLIENT[version]} → {Path.NOWHERE[version]}'}
    assert [(kind, replace(each, socket=None)) for (kind, _), each in zip(wanted, found, strict=True)] == wanted
