# Pipes and files that could let a capture wait for a peer that never comes.
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import signal
import socket
import subprocess
import threading

import pytest
from scapy.layers.inet import UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt

import pcapng
from capture_files import pcap
from capturing import SOURCE6, Capture, frame
from network import Pair, wait_until
from programs import NOBODY, TIMEOUT, descriptors
from replaying import PACKETS, replay

CAPTURE = ['--capture', '--extcap-interface', 'ipmon:127.0.0.1', '--fifo']

# Before Wireshark 4.4, and from then on.
PIPES_OF_WIRESHARK = pytest.mark.parametrize('name', [
    'wireshark_extcap_ipmon_{}', 'wireshark_extcap_ipmon_{}_folder/fifo'])


@pytest.fixture
def pipe(programs):
    """Makes named pipes that nobody has opened."""
    paths = []

    def make(name):
        path = programs.readable(name)
        path.parent.mkdir(exist_ok=True)
        os.mkfifo(path)
        os.chmod(path, 0o666)
        paths.append(path)
        return path
    yield make
    for path in paths:
        path.unlink()


@PIPES_OF_WIRESHARK
def test_a_caller_that_dies_before_the_pipe_has_a_reader(programs, host, pipe, name):
    """Wireshark is killed between the start of its extcap and that of dumpcap."""
    path = pipe(name.format('none'))
    caller = programs.start(['sh', '-c', '"$0" "$@" & wait', programs.ipmon_path, *CAPTURE, path],
                            host=host, capture=True)
    wait_until(host.is_capturing, 'ipmon never bound its packet socket')
    caller.kill()
    wait_until(lambda: not host.is_capturing(), 'ipmon goes on without its caller')
    assert caller.communicate(timeout=TIMEOUT) == (b'', b'')


@PIPES_OF_WIRESHARK
def test_a_refusal_whose_caller_dies_ends_too(programs, host, pipe, name):
    path = pipe(name.format('refused'))
    caller = programs.start(['sh', '-c', '"$0" "$@" & echo $!; wait', programs.ipmon_path, *CAPTURE,
                             path, '--snapshot-length', 'many'], host=host, capture=True)
    ipmon = int(caller.stdout.readline())
    wait_until(lambda: 'anon_inode:[pidfd]' in descriptors(ipmon), 'ipmon does not watch its caller')
    caller.kill()
    wait_until(lambda: not os.path.exists(f'/proc/{ipmon}'), 'ipmon waits for its reader')
    caller.communicate(timeout=TIMEOUT)


def test_a_log_that_is_a_pipe_without_reader_is_refused(programs, host, pipe):
    result = programs.ipmon(*CAPTURE, '-', '--log-file', pipe('log-pipe'), host=host, capture=True)
    assert (result.returncode, result.stdout) == (1, b'')
    assert result.stderr.startswith(b'ipmon: error 10022: cannot open --log-file ')


def test_a_log_whose_reader_stalls_does_not_stop_the_capture(programs, host, pipe):
    """More lines than the pipe holds, and nobody reads them."""
    path = pipe('stalled-log')
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    capture = Capture(programs, host, 'ipmon:127.0.0.1', '--log-file', path, '--log-level', 'debug')
    wait_until(lambda: b'captures from' in os.read(reader, 4096), 'nothing came through the log')
    size = 1 << 16
    for _ in range(size // len('2026-01-01T00:00:00.000000Z info: resumed\n')):
        capture.signal(signal.SIGUSR1, signal.SIGUSR2)
    capture.signal(signal.SIGTERM)
    found, status, error = capture.finish()
    os.close(reader)
    assert (status, error) == (0, '') and len(pcapng.of_type(found, pcapng.STATISTICS)) == 1


def test_a_pipe_is_no_file_to_replay(programs, host, pipe):
    _, status, error = replay(programs, host, pipe('replayed-pipe'))
    assert status == 1 and error.startswith('ipmon: error 650: cannot read ')


def test_a_signal_ends_a_replay_that_finds_nothing(programs, host, file):
    """It is there from the beginning, and the only packet that passes stands behind many others."""
    many = pcap([(0, PACKETS[0])] * 50_000 + [(0, PACKETS[1])])

    def ask_to_end():
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
        os.kill(os.getpid(), signal.SIGTERM)

    words = ['--capture', '--extcap-interface', 'ipmon:file', '--file', file(many), '--fifo', '-',
             '--extcap-capture-filter', 'udp dst port 1']
    for prepare, packets in ((None, 1), (ask_to_end, 0)):
        process = programs.start([programs.ipmon_path, *words], host=host, preexec_fn=prepare)
        data, error = process.communicate(timeout=TIMEOUT)
        assert (process.returncode, error) == (0, b'')
        assert len(pcapng.packets(pcapng.blocks(data))) == packets


class Flood(threading.Thread):
    """Sends a packet as fast as it can."""

    def __init__(self, wire, bytes_):
        super().__init__()
        self.wire, self.bytes, self.over = wire, bytes_, threading.Event()

    def run(self):
        while not self.over.is_set():
            for _ in range(100):
                self.wire.send(self.bytes)


def test_a_signal_ends_a_capture_that_refuses_packets_slower_than_they_come(programs, hosts):
    """The kernel cannot run the filter, and each packet has many headers to follow."""
    slow = ' or '.join(f'ip6 protochain {number}' for number in range(140, 170))
    headers = IPv6(src=SOURCE6, dst='fd09::2', nh=60)
    for _ in range(60):
        headers /= IPv6ExtHdrDestOpt(nh=60)
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--extcap-capture-filter', slow)
    flood = Flood(hosts.near.wire('near0'), frame(headers / IPv6ExtHdrDestOpt(nh=17) / UDP()))
    flood.start()
    try:
        wait_until(lambda: hosts.far.received('far0') > 10_000, 'no flood')
        capture.signal(signal.SIGTERM)
        found, status, error = capture.finish()  # within the time of a hang
    finally:
        flood.over.set()
        flood.join()
    assert (status, error) == (0, '') and len(pcapng.of_type(found, pcapng.STATISTICS)) == 1


def pipe_of(owner):
    reader, writer = os.pipe()
    os.fchown(writer, owner, owner)
    return reader, writer


def sockets():
    reader, writer = socket.socketpair()
    return reader.detach(), writer.detach()


SHARED_OUTPUTS = pytest.mark.parametrize('make', [lambda: pipe_of(NOBODY), lambda: pipe_of(0), sockets], ids=[
    'pipe', 'pipe of another user', 'socket'])


@SHARED_OUTPUTS
def test_standard_output_stays_as_others_need_it(programs, host, make):
    """A pipe or socket that is shared must not become one that refuses to wait."""
    reader, writer = make()
    process = programs.start([programs.ipmon_path, *CAPTURE, '-'], host=host, capture=True,
                             stdout=writer, stderr=subprocess.PIPE)
    assert os.read(reader, 4) == b'\n\r\r\n'
    assert os.get_blocking(writer)
    process.send_signal(signal.SIGTERM)
    os.close(writer)
    with os.fdopen(reader, 'rb') as rest:
        rest.read()
    _, error = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, error) == (0, b'')


@SHARED_OUTPUTS
def test_a_shared_output_takes_everything(programs, host, file, make):
    """More than it holds at once."""
    many = PACKETS * 400
    reader, writer = make()
    process = programs.start([programs.ipmon_path, '--capture', '--extcap-interface', 'ipmon:file',
                              '--file', file(pcap(list(enumerate(many)))), '--fifo', '-'], host=host,
                             stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    with os.fdopen(reader, 'rb') as rest:
        found = pcapng.blocks(rest.read())
    _, error = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, error) == (0, b'')
    assert [packet.bytes for packet in pcapng.packets(found)] == many
    assert len(pcapng.of_type(found, pcapng.STATISTICS)) == 1


@SHARED_OUTPUTS
def test_a_signal_ends_a_capture_into_a_shared_output_without_reader(programs, host, file, make):
    """The reader is there and then leaves."""
    reader, writer = make()
    many = file(pcap(list(enumerate(PACKETS * 4000))))
    process = programs.start([programs.ipmon_path, '--capture', '--extcap-interface', 'ipmon:file',
                              '--file', many, '--fifo', '-'], host=host, stdout=writer,
                             stderr=subprocess.PIPE)
    os.close(writer)
    assert os.read(reader, 4) == b'\n\r\r\n'
    process.send_signal(signal.SIGTERM)
    os.close(reader)
    assert process.communicate(timeout=TIMEOUT) == (None, b'') and process.returncode == 0
