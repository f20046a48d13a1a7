# ipmon prints packets on standard output: live, from files, and into readers that are late or leave.
# SPDX-License-Identifier: GPL-2.0-or-later
import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import termios
import time

import pytest
from scapy.layers.inet import IP, UDP

from capture_files import ETHERNET, RAW, pcap, write_pcap
from capturing import SOURCE, frame
from compare_records import FORMS, print_arguments
from network import Pair, wait_until
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


# --- live --------------------------------------------------------------------------------------


def start(programs, host, *arguments, **options):
    """A program that captures in a namespace."""
    process = programs.start(arguments, host=host, capture=True, **options)
    wait_until(host.is_capturing, 'ipmon does not capture')
    return process


def send(host, count):
    """UDP to the host itself, which answers each with an ICMP error."""
    with host.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(count):
            sender.sendto(b'x', ('127.0.0.1', 9))


@pytest.mark.parametrize('form', FORMS)
def test_five_packets_of_an_interface(programs, host, form):
    process = start(programs, host, programs.ipmon_path, '-i', 'lo', '-c', '5', *FORMS[form])
    send(host, 4)
    text, error = process.communicate(timeout=TIMEOUT)
    [line] = error.decode().splitlines()
    assert process.returncode == 0 and is_balanced(line) and ' 5 printed, ' in line
    separator = '\n\n' if form == 'details' else '\n'
    *records, rest = text.decode().split(separator)
    assert rest == '' and ['ECONNREFUSED' in record for record in records] == [False, True, False, True, False]


def test_a_filter_after_the_options(programs, host):
    process = start(programs, host, programs.ipmon_path, '-i', '127.0.0.1', '-c', '2', '--json', 'udp', 'dst', 'port', '9')
    send(host, 2)
    text, error = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, error.decode()) == (0, f'ipmon: {account(2, 2)}\n')
    assert [json.loads(line)['ipmon.dstport'] for line in text.splitlines()] == [9, 9]


@pytest.mark.parametrize('name', ['-c0', '-V', '--json', 'udp', '10.0.0.1'])
def test_interfaces_that_look_like_options_or_filters(programs, host, name):
    host.run('ip', 'link', 'add', 'name', name, 'type', 'veth', 'peer', 'name', 'not')
    for end in (name, 'not'):
        host.write(f'/proc/sys/net/ipv6/conf/{end}/disable_ipv6', '1')
        host.run('ip', 'link', 'set', 'dev', end, 'up')
    host.await_line('not')
    process = start(programs, host, programs.ipmon_path, '-i', name, '-c1', 'udp')
    host.wire('not').send(frame(IP(src=SOURCE, dst=Pair.FAR, id=2) / UDP(sport=1, dport=2), 'ff:ff:ff:ff:ff:ff'))
    text, error = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, error.decode()) == (0, f'ipmon: {account(1, 1)}\n')
    assert f' IP {SOURCE}.1 > {Pair.FAR}.2: UDP, length 0 ' in text.decode()


def test_long_options_alone_print_too(programs, host):
    """Not as Wireshark starts it, which gives --fifo: the account is printed."""
    process = start(programs, host, programs.ipmon_path, '--capture', '--extcap-interface', 'ipmon:lo', '--json',
                    '--packet-count', '1', '--extcap-capture-filter', 'udp')
    send(host, 1)
    text, error = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, error.decode()) == (0, f'ipmon: {account(1, 1)}\n')
    assert json.loads(text)['ipmon.dst'] == '127.0.0.1'


# --- readers that leave ------------------------------------------------------------------------

HEAD = 'set -o pipefail; "$@" | head -n 2'


@pytest.mark.parametrize('form', FORMS)
def test_head_of_a_file(programs, long_file, form):
    result = programs.run(['bash', '-c', HEAD, '-', programs.ipmon_path, *print_arguments(long_file, form)])
    [line] = result.stderr.decode().splitlines()
    assert (result.returncode, len(result.stdout.splitlines())) == (0, 2)
    assert is_balanced(line)


def test_head_of_a_capture(programs, host):
    process = start(programs, host, 'bash', '-c', HEAD, '-', programs.ipmon_path, '-i', 'lo')
    while process.poll() is None:  # head leaves after two lines; the next one finds the pipe closed
        send(host, 1)
        time.sleep(0.05)
    text, error = process.communicate(timeout=TIMEOUT)
    [line] = error.decode().splitlines()
    assert (process.returncode, len(text.splitlines())) == (0, 2)
    assert is_balanced(line)


def test_a_terminal_that_closes_ends_a_capture(programs, host):
    """It is that of the session, and the SIGHUP may come before or after the failure to write."""
    primary, secondary = os.openpty()

    def own_session():
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        os.setsid()
        fcntl.ioctl(secondary, termios.TIOCSCTTY, 0)
    process = programs.start([programs.ipmon_path, '-i', 'lo'], host=host, capture=True, stdin=secondary,
                             stdout=secondary, stderr=secondary, preexec_fn=own_session)
    os.close(secondary)
    shown = b''
    while b'\n' not in shown:
        assert select.select([primary], [], [], TIMEOUT)[0]
        shown += os.read(primary, 4096)
    assert shown.decode() == 'ipmon: captures from lo, Ctrl-C ends it\r\n'
    send(host, 1)
    while b'ECONNREFUSED' not in shown:
        assert select.select([primary], [], [], TIMEOUT)[0]
        shown += os.read(primary, 4096)
    os.close(primary)
    send(host, 1)
    assert process.wait(timeout=TIMEOUT) == 0


def test_a_terminal_that_closes_without_a_signal(programs, host, log):
    """Standard output alone is a terminal, of another session: only writing to it fails."""
    primary, secondary = os.openpty()
    process = start(programs, host, programs.ipmon_path, '-i', 'lo', '--log-file', log.path, stdout=secondary)
    os.close(secondary)
    os.close(primary)
    send(host, 1)
    error = process.stderr.read().decode()
    assert process.wait(timeout=TIMEOUT) == 0
    [line] = error.splitlines()
    assert is_balanced(line) and 'error' not in log.text()
