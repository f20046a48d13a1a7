# ipmon prints packets on standard output: live, from files, and into readers that are late or leave.
# SPDX-License-Identifier: GPL-2.0-or-later
import fcntl
import json
import os
import pty
import re
import select
import subprocess
import time

import pytest
from scapy.layers.inet import IP, UDP

from capture_files import ETHERNET, RAW, pcap, write_pcap
from capturing import SOURCE
from compare_records import FORMS, print_arguments
from programs import TIMEOUT

COUNT = 20000  # of packets in a file that no buffer holds
PACKETS = [bytes(IP(src=SOURCE, dst='10.9.0.2', id=number) / UDP(sport=1, dport=number))
           for number in range(1, COUNT + 1)]
LINE = re.compile(r'\d\d:\d\d:\d\d\.\d{6} IP ' + re.escape(SOURCE) + r'\.1 > 10\.9\.0\.2\.(\d+): UDP, length 0 '
                  r'\(tos 0x0 Routine, ttl 64, id \1, flags \[none\], length 28\)')


@pytest.fixture(scope='module')
def long_file(programs):
    return write_pcap(programs.readable('long.pcap'), PACKETS, RAW)


def ports(text):
    """The destination ports of lines, all of which must be whole."""
    return [int(LINE.fullmatch(line)[1]) for line in text.splitlines()]


def account(received, printed, unprinted=0, discarded=0):
    left_out = f'{unprinted} not printed, ' if unprinted else ''
    return (f'received {received} packets: {printed} printed, {left_out}0 discarded while paused, '
            f'{discarded} discarded at the end, 0 dropped')


def is_balanced(line):
    """The account of a capture of which the reader took not everything."""
    received, *shares = map(int, re.findall(r'\d+', line))
    return line.startswith('ipmon: received ') and received == sum(shares)


def printed(programs, file, form='text', *options):
    result = programs.ipmon(*print_arguments(file, form), *options)
    return result.stdout.decode(), result.returncode, result.stderr.decode()


def test_a_line_for_each_packet(programs, long_file):
    text, status, error = printed(programs, long_file)
    assert (status, error) == (0, f'ipmon: {account(COUNT, COUNT)}\n')
    assert ports(text) == list(range(1, COUNT + 1))


def test_details_are_records_with_an_empty_line_between(programs, long_file):
    text, status, _ = printed(programs, long_file, 'details', '--packet-count', '2')
    assert status == 0
    assert [record.splitlines()[0].split(':')[0] for record in text.split('\n\n')[:-1]] == ['Frame 1', 'Frame 2']


def test_count_counts_what_is_printed(programs, file):
    arp = bytes(12) + b'\x08\x06' + bytes(28)
    frames = [arp, bytes(12) + b'\x08\0' + PACKETS[0], arp, bytes(12) + b'\x08\0' + PACKETS[1], arp]
    path = file(pcap([(number, frame) for number, frame in enumerate(frames)], ETHERNET))
    text, status, _ = printed(programs, path, 'json', '--packet-count', '2')
    assert status == 0
    assert [json.loads(line)['frame.number'] for line in text.splitlines()] == [2, 4]


def test_frames_without_ip_are_counted(programs, file, log):
    path = file(pcap([(0, bytes(12) + b'\x08\x06' + bytes(28)), (1, bytes(12) + b'\x08\0' + PACKETS[0])], ETHERNET))
    text, status, error = printed(programs, path, 'text', '--log-file', log.path)
    assert (status, len(text.splitlines())) == (0, 1)
    assert error == f'ipmon: {account(2, 1, 1)}\n'
    assert ': 1 printed, 1 not printed, 0 discarded while paused' in log.path.read_text()
    assert 'does not balance' not in log.path.read_text()


def test_another_link_type_names_tshark(programs, file):
    path = file(pcap([(0, bytes(40)), (1, bytes(40))], 127))
    text, status, error = printed(programs, path)
    assert (text, status) == ('', 1)
    assert error.splitlines() == [f'ipmon: {account(2, 0, 2)}',
                                  f"ipmon: error 650: packets of link type 127 are not printed; try tshark -r '{path}'"]


def test_a_reader_that_leaves_ends_the_program_quietly(programs, long_file):
    process = programs.start([programs.ipmon_path, *print_arguments(long_file, 'text')])
    first = process.stdout.readline()
    process.stdout.close()
    assert process.wait(TIMEOUT) == 0
    [line] = process.stderr.read().decode().splitlines()
    assert is_balanced(line)
    assert ports(first.decode().rstrip('\n')) == [1]


def test_a_late_reader_gets_every_line(programs, long_file):
    process = programs.start([programs.ipmon_path, *print_arguments(long_file, 'text')])
    fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, 4096)
    select.select([process.stdout], [], [], TIMEOUT)
    time.sleep(0.3)  # the pipe is full meanwhile; the result does not depend on it
    text = process.stdout.read().decode()
    assert process.wait(TIMEOUT) == 0
    assert ports(text) == list(range(1, COUNT + 1))


def test_closed_and_full_outputs_fail(programs, long_file):
    for redirection, reason in (('>&-', 'EBADF'), ('>/dev/full', 'ENOSPC')):
        result = programs.run(['sh', '-c', f'exec "$@" {redirection}', '-', programs.ipmon_path,
                               *print_arguments(long_file, 'text')])
        assert result.returncode == 1
        *lines, last = result.stderr.decode().splitlines()
        assert reason in last
        assert len(lines) <= 1 and all(is_balanced(line) for line in lines)


def test_a_terminal_that_is_not_read_does_not_block(programs, long_file):
    """SIGTERM ends it although the terminal takes nothing."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(programs.command([programs.ipmon_path, *print_arguments(long_file, 'text')]),
                               env=programs.environment(), stdin=subprocess.DEVNULL, stdout=theirs,
                               stderr=subprocess.PIPE, cwd=programs.stage)
    os.close(theirs)
    select.select([ours], [], [], TIMEOUT)  # it prints
    assert process.poll() is None
    process.terminate()
    os.close(ours)  # and the terminal is closed
    assert process.wait(TIMEOUT) == 0


def test_live_lines_appear_without_delay(programs, host):
    host.run('ip', 'link', 'set', 'lo', 'up')
    process = programs.start([programs.ipmon_path, '-i', 'all'], host=host, capture=True)
    script = ("import socket, sys, time\n"
              "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
              "for i in range(200):\n"
              "    s.sendto(b'x', ('127.0.0.1', 9))\n"
              "    time.sleep(0.05)\n")
    sender = subprocess.Popen(['nsenter', f'--net={host.path}', 'python3', '-c', script])
    try:
        line = process.stdout.readline().decode()  # while the sender still sends
        assert sender.poll() is None
        assert re.search(r' IP 127\.0\.0\.1\.\d+ > 127\.0\.0\.1\.9: UDP, length 1 ', line)
        while 'ICMP' not in line:
            line = process.stdout.readline().decode()
        assert line.endswith('; events: icmp_error-start; error: ECONNREFUSED for 127.0.0.1.9 (from target 127.0.0.1)\n')
        process.terminate()
        assert process.wait(TIMEOUT) == 0
    finally:
        sender.kill()
        sender.wait()
