# The processes of packets, against programs that say who sends and receives. Answers may be missing,
# but none may be wrong.
# SPDX-License-Identifier: GPL-2.0-or-later
import contextlib
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import pcapng
import process_truth
import process_workload
from capturing import Capture, refusal
from network import Pair, wait_until
from process_capture import CAPABILITIES, LOOPBACK, comments_of, has_trace_programs, knows_numbers
from process_truth import Truth
from programs import TIMEOUT

pytestmark = pytest.mark.skipif(not has_trace_programs(), reason='needs Linux 6.3 with type information, CAP_BPF and CAP_PERFMON')


COUNT = 20

# Receivers of datagrams that nobody has read from before, or that nobody reads from at all, and echo
# requests, which no process receives: in how many packets of each case.
UNKNOWN_RECEIVERS = {
    'one_shots': 1, 'reused_ports': 1, 'questions': 1, 'many_destinations': 4, 'mapped': 1, 'multicast': 1,
    'concurrent_one_shots': 4 * COUNT, 'forked_after_bind': 2 * COUNT, 'two_threads': 2 * COUNT,
    'same_port': 2 * COUNT, 'other_user': 2 * COUNT, 'other_program': 2 * COUNT, 'pings': 2 * COUNT,
    'ping_sockets': COUNT, 'both_protocols': COUNT, 'nobody_receives': COUNT,
    'late_answers': 2 * COUNT + 1,
}


@knows_numbers
@pytest.mark.parametrize('case', [name for name in process_workload.CASES if name != 'named'])
def test_no_answer_is_wrong(processes, case):
    counts = processes.judge(case, COUNT)
    assert counts['sender', 'exact'] >= COUNT
    assert counts['sender', 'unknown'] == counts['sender', 'uncertain'] == 0
    assert counts['receiver', 'unknown'] <= UNKNOWN_RECEIVERS.get(case, 0)


@knows_numbers
@pytest.mark.parametrize('case', ['short_connections', 'questions'])
@pytest.mark.parametrize('address, source', [('::1', 'ipmon:::1')])
def test_ipv6(processes, case, address, source):
    counts = processes.judge(case, COUNT, address, source=source)
    assert counts['sender', 'exact'] == 2 * COUNT


@knows_numbers
@pytest.mark.parametrize('options', [['--receive-all-mode', '2'], ['--use-pcap']])
def test_other_ways_to_receive(processes, options):
    counts = processes.judge('questions', COUNT, options=options)
    assert counts['sender', 'exact'] == 2 * COUNT


@knows_numbers
def test_a_connection_that_was_there_before(processes, host):
    """Its process is known, also that of one that does not send before the capture."""
    client, server = host.socket(), host.socket()
    server.bind(('127.0.0.1', 0))
    server.listen()
    client.connect(server.getsockname())
    accepted, _ = server.accept()
    capture = processes.capture()
    accepted.send(b'x')
    client.recv(1)
    capture.signal(signal.SIGTERM)
    found, status, error = capture.finish()
    assert (status, error) == (0, '')
    packets = list(process_truth.seen(found, Truth(processes.log_file())))
    assert len(packets) == 2
    assert {lines['PID'] for packet in packets for lines in (packet.sender, packet.receiver)} == {str(process_workload.own_numbers()[0])}
    assert packets[0].sender['How'] == 'use' and packets[0].receiver['Certainty'] == 'exact'


@knows_numbers
def test_processes_of_another_network_namespace(processes, hosts):
    """Here the sender is in another one, and the receiver in that of the capture."""
    processes.host = hosts.far
    capture = processes.capture(source=f'ipmon:{Pair.FAR}')
    server = hosts.far.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((Pair.FAR, 0))
    client = hosts.near.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.sendto(b'x', server.getsockname())
    server.recv(1)
    client.connect(server.getsockname())
    client.send(b'x')
    server.recv(1)
    capture.signal(signal.SIGTERM)
    found, status, error = capture.finish()
    assert (status, error) == (0, '')
    packets = list(process_truth.seen(found, Truth(processes.log_file())))
    assert len(packets) == 2
    # Its address could be that of another machine.
    assert [packet.sender['Certainty'] for packet in packets] == ['uncertain', 'exact']
    assert packets[1].receiver['Certainty'] == 'exact'
    assert {packet.sender['PID'] for packet in packets} == {str(process_workload.own_numbers()[0])}


def test_the_same_addresses_in_two_network_namespaces(processes, hosts, host):
    """What another namespace's socket sends to nowhere is not taken for a packet of this one."""
    host.run('ip', 'address', 'add', f'{Pair.NEAR}/24', 'dev', 'lo')
    processes.host = hosts.far
    port = 4444
    capture = processes.capture(source=f'ipmon:{Pair.FAR}')
    worker = ("import socket, sys; s = socket.socket(type=socket.SOCK_DGRAM); s.bind(('0.0.0.0', 4444)); "
              f"s.sendto(b'x', ('{Pair.FAR}', 9)) if sys.argv[1] == 'send' else s.sendto(b'x', ('{Pair.NEAR}', 9))")
    for namespace, what in ((hosts.near, 'send'), (host, 'stay'), (hosts.near, 'send')):
        namespace.run(sys.executable, '-c', worker, what)
    capture.signal(signal.SIGTERM)
    found, status, error = capture.finish()
    assert (status, error) == (0, '')
    senders = [packet.sender for packet in process_truth.seen(found, Truth(processes.log_file()))
               if packet.source_port == port]
    assert len(senders) == 2
    assert senders[0]['PID'] != senders[1]['PID'] or senders[1]['Certainty'] == 'uncertain'


def test_the_packets_of_a_tunnel_are_no_process_s(processes, hosts):
    """VXLAN sends from a socket of the kernel, also what a process sends through it."""
    ends = ((hosts.near, 'near0', Pair.FAR, '10.8.0.1'), (hosts.far, 'far0', Pair.NEAR, '10.8.0.2'))
    for end, device, remote, address in ends:
        made = subprocess.run(['nsenter', f'--net={end.path}', 'ip', 'link', 'add', 'tunnel0', 'type', 'vxlan',
                               'id', '7', 'remote', remote, 'dstport', '4789', 'dev', device], capture_output=True)
        if made.returncode != 0:
            pytest.skip('this kernel has no VXLAN')
        end.run('ip', 'address', 'add', f'{address}/24', 'dev', 'tunnel0')
        end.run('ip', 'link', 'set', 'tunnel0', 'up')
    processes.host = hosts.far
    capture = processes.capture(source=f'ipmon:{Pair.FAR}')
    reader = capture.read_later()
    for kind in ('SOCK_DGRAM, socket.IPPROTO_UDP', 'SOCK_RAW, socket.IPPROTO_ICMP'):
        hosts.near.run(sys.executable, '-c', f"import socket; s = socket.socket(socket.AF_INET, socket.{kind}); "
                       r"s.sendto(b'\x08\0\xf7\xff\0\0\0\0', ('10.8.0.2', 9))")
    wait_until(lambda: hosts.far.received('far0') >= 4, 'nothing came through the tunnel')
    capture.signal(signal.SIGTERM)
    blocks, status, error = reader()
    assert (status, error) == (0, '')
    packets = [packet for packet in process_truth.seen(blocks, Truth(processes.log_file()))
               if packet.destination_port == 4789]
    assert packets
    assert not [packet for packet in packets if packet.sender and 'PID' in packet.sender]


def test_no_name_can_be_another_line(processes):
    capture = processes.capture()
    reader = capture.read_later()
    processes.work('named', 1)
    capture.signal(signal.SIGTERM)
    blocks, status, error = reader()
    assert (status, error) == (0, '')
    assert [lines['Name'] for lines in comments_of(blocks)] == [
        r'x\x0aPID: 4242', 'PID: 4242', r'\xff\xfe\x80', r'a\x5cx0ab', r'\x20blank\x20']


UNNAMED = max(entry.pw_uid for entry in pwd.getpwall() if entry.pw_uid < 60_000) + 1
AS_USER = "import os, socket, sys; os.setuid(int(sys.argv[1])); " \
    "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))"


def test_the_name_of_the_user(processes):
    """As the user database of the host has it; of one that it has not, the number."""
    capture = processes.capture()
    users = pwd.getpwall()[:3]
    for number in [*(user.pw_uid for user in users), UNNAMED]:
        processes.host.run(sys.executable, '-c', AS_USER, str(number))
    capture.signal(signal.SIGTERM)
    blocks, status, error = capture.finish()
    assert (status, error) == (0, '')
    found = [(int(lines['UserId']), lines.get('User')) for lines in comments_of(blocks) if 'PID' in lines]
    assert found == [*((user.pw_uid, user.pw_name) for user in users), (UNNAMED, None)]


@pytest.mark.parametrize('missing', ['bpf', 'perfmon'])
def test_without_a_capability_it_is_refused(programs, host, missing):
    data, error = refusal(programs, host, LOOPBACK, '--process-information', 'name',
                          capture=[name for name in CAPABILITIES if name != missing])
    assert data == b''
    assert f'CAP_{missing.upper()} is missing' in error
    assert 'sudo setcap cap_net_raw,cap_bpf,cap_perfmon=ep /' in error


def test_without_its_module_it_is_refused(programs, host):
    folder = programs.readable('without-processes')
    folder.mkdir()
    shutil.copy(programs.ipmon_path, folder / 'ipmon')
    path = programs.readable('no-module.pcapng')
    # Tests of the installation may install it meanwhile.
    hidden = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none /usr/local; exec "$@"', 'sh']
    result = subprocess.run(
        ['nsenter', f'--net={host.path}', *hidden, folder / 'ipmon', '--capture', '--extcap-interface', LOOPBACK,
         '--fifo', '-', '--process-information', 'name'], capture_output=True, timeout=TIMEOUT, check=False)
    shutil.rmtree(folder)
    assert result.returncode == 1 and not result.stdout and not path.exists()
    assert result.stderr.count(b'\n') == 1 and b'ipmon-process.so' in result.stderr
    assert result.stderr.startswith(b'ipmon: error 10045: ') and result.stderr.endswith(b' (EOPNOTSUPP)\n')


def test_a_capture_without_the_option_loads_nothing(programs, host):
    capture = Capture(programs, host, LOOPBACK)
    maps = Path(f'/proc/{capture.process.pid}/maps').read_text()
    capture.signal(signal.SIGTERM)
    assert capture.finish()[1:] == (0, '')
    assert 'libbpf' not in maps and 'ipmon-process' not in maps


def test_tshark_writes_them(programs, host):
    file = programs.readable('named.pcapng')
    process = programs.start(
        ['tshark', '-n', '-i', LOOPBACK, '-o', 'extcap.ipmon_127_0_0_1.processinformation:name',
         '-f', 'dst port 9', '-c', '1', '-w', file], host=host, capture=CAPABILITIES)
    wait_until(host.is_capturing, 'no capture')
    host.run(sys.executable, '-c', "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))")
    _, error = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0, error
    [lines] = comments_of(pcapng.blocks(file.read_bytes()))
    assert (lines['Name'], lines['Role']) == (Path(sys.executable).name, 'sender')


KINDS = {'prog': 'prog_id', 'map': 'map_id', 'link': 'link_id'}  # of what bpftool lists, and their keys in fdinfo


def of_process(pid):
    """What a process has in the kernel, by its descriptors: (kind, number)."""
    found = set()
    for number in os.listdir(f'/proc/{pid}/fdinfo'):
        with contextlib.suppress(FileNotFoundError):
            words = dict(line.split(':', 1) for line in Path(f'/proc/{pid}/fdinfo/{number}').read_text().splitlines()
                         if ':' in line)
            found |= {(kind, int(words[key])) for kind, key in KINDS.items() if key in words}
    return found


def loaded():
    """The same of all processes."""
    found = set()
    for kind in KINDS:
        text = subprocess.run(['bpftool', '--json', kind, 'list'], capture_output=True, text=True, check=True,
                              env={'PATH': '/usr/sbin:/sbin:/usr/bin:/bin'}).stdout
        found |= {(kind, one['id']) for one in json.loads(text)}
    return found


def close_pipe(capture, hosts):
    capture.reader.close()


def delete_interface(capture, hosts):
    hosts.far.run('ip', 'link', 'delete', 'far0')


ENDS = {
    'stop': (lambda capture, hosts: capture.signal(signal.SIGTERM), 0),
    'interrupt': (lambda capture, hosts: capture.signal(signal.SIGINT), 0),
    'kill': (lambda capture, hosts: capture.signal(signal.SIGKILL), -signal.SIGKILL),
    'reader gone': (close_pipe, 0),
    'error': (delete_interface, 1),
}


@pytest.mark.skipif(not shutil.which('bpftool', path='/usr/sbin:/sbin:/usr/bin:/bin'), reason='needs bpftool')
@pytest.mark.parametrize('end', ENDS)
def test_nothing_is_left_in_the_kernel(programs, hosts, end):
    stop, expected = ENDS[end]
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--process-information', 'name', capture=CAPABILITIES)
    own = of_process(capture.process.pid)
    assert {kind for kind, _ in own} == set(KINDS) and own <= loaded()
    stop(capture, hosts)
    assert capture.process.wait(TIMEOUT) == expected
    wait_until(lambda: not own & loaded(), 'something is left in the kernel')


@knows_numbers
def test_no_answer_when_reports_are_lost(processes):
    """The ring of reports is full: what is missing is counted, and no older answer is given."""
    log = processes.programs.readable('lossy.log')
    log.unlink(missing_ok=True)
    capture = processes.capture('--log-file', log)
    reader = capture.read_later()
    capture.signal(signal.SIGSTOP)
    processes.work('concurrent_one_shots', 15000)
    capture.signal(signal.SIGCONT)
    processes.work('one_shots', COUNT)
    capture.signal(signal.SIGTERM)
    blocks, status, error = reader()
    assert (status, error) == (0, '')
    counts, wrong = process_truth.compare(blocks, Truth(processes.log))
    assert not wrong, wrong[:3]
    lost = int(re.search(r'(\d+) reports lost', log.read_text())[1])
    assert lost > 0 and counts['sender', 'unknown'] > 0 and counts['sender', 'exact'] >= COUNT


@knows_numbers
def test_the_account_names_them(processes):
    log = processes.programs.readable('processes.log')
    log.unlink(missing_ok=True)
    counts = processes.judge('nobody_receives', COUNT, options=['--log-file', log])
    account = re.search(r'processes of packets: (\d+) exact, 0 listener, 0 uncertain, (\d+) kernel', log.read_text())
    assert int(account[1]) == counts['sender', 'exact'] + 2 * counts['sender of control', 'exact']
    assert int(account[1]) + int(account[2]) == 4 * COUNT


def test_ring_files_have_them(processes, host):
    path = processes.programs.readable('ring.pcapng')
    capture = processes.capture('--record', path)
    reader = capture.read_later()
    processes.work('questions', COUNT)
    capture.signal(signal.SIGTERM)
    blocks, status, error = reader()
    assert (status, error) == (0, '')
    recorded = pcapng.blocks(path.read_bytes())
    assert len(comments_of(recorded)) == len(comments_of(blocks)) >= 3 * COUNT


@knows_numbers
def test_the_clock_is_set(processes, own_clock):
    """While packets wait, whose processes need not be found; those of later ones are."""
    own_clock(-1, 0)
    capture = processes.capture()
    reader = capture.read_later()
    capture.signal(signal.SIGSTOP)
    processes.work('questions', COUNT)
    capture.signal(signal.SIGALRM, signal.SIGCONT)
    processes.work('reused_ports', COUNT)
    capture.signal(signal.SIGTERM)
    blocks, status, error = reader()
    assert (status, error) == (0, '')
    counts, wrong = process_truth.compare(blocks, Truth(processes.log))
    assert not wrong, wrong[:3]
    assert counts['sender', 'exact'] >= COUNT
