# The processes of packets that could be taken for those of others (process_rivals.py). Answers may be
# missing or uncertain, but none may be wrong.
# SPDX-License-Identifier: GPL-2.0-or-later
import contextlib
import socket
import subprocess

import pytest

import process_rivals
import process_sockets
import process_truth
from network import Pair
from process_capture import comments_of, has_trace_programs, knows_numbers
from process_truth import Truth

pytestmark = [knows_numbers, pytest.mark.skipif(
    not has_trace_programs(), reason='needs Linux 6.3 with type information, CAP_BPF and CAP_PERFMON')]

# Of how many packets with data the sender is certain, at least.
SENDERS = {
    'same_connection_again': 4, 'same_connection_of_new_listener': 4, 'server_restarted': 4,
    'connected_socket_before': 3, 'connected_socket_of_before': 2, 'worker_of_a_server': 4, 'ping_after_raw_ping': 2,
    'two_families': 3, 'two_families_of_listeners': 2, 'late_reader': 2, 'nothing_to_read': 1, 'handed_to_a_child': 2,
    'rest_of_another': 1, 'listeners_of_one_port': 20, 'unread_before': 10, 'option_cleared_after_bind': 10,
}


@pytest.mark.parametrize('case', SENDERS)
def test_no_answer_is_wrong(processes, case):
    counts = processes.compare(case, processes.follow(case))
    assert counts['sender', 'exact'] >= SENDERS[case]


def has_multipath():
    with contextlib.suppress(OSError):
        socket.socket(socket.AF_INET, socket.SOCK_STREAM, process_rivals.IPPROTO_MPTCP).close()
        return True
    return False


@pytest.mark.skipif(not has_multipath(), reason='this kernel has no MPTCP')
def test_multipath(processes):
    counts = processes.compare('multipath', processes.follow('multipath'))
    assert counts['sender', 'exact'] == 6


def test_renamed(processes):
    blocks = processes.follow('renamed')
    processes.compare('renamed', blocks)
    assert [lines['Name'] for lines in comments_of(blocks) if lines['Role'] == 'sender'] == ['first', 'second', 'third']


def test_who_accepted_has_not_connected(processes):
    """The worker of a listener, which sends and receives."""
    blocks = processes.follow('same_connection_again')
    truth = Truth(processes.log)
    packets = [packet for packet in process_truth.seen(blocks, truth)
               if packet.source_port == process_sockets.SERVER and packet.stamps()]
    assert [packet.sender['How'] for packet in packets] == ['accept', 'accept']
    clients = [packet for packet in process_truth.seen(blocks, truth)
               if packet.source_port == process_sockets.CLIENT and packet.stamps()]
    assert [packet.sender['How'] for packet in clients] == ['connect', 'connect']


def slow_down(host, rate):
    made = subprocess.run(['nsenter', f'--net={host.path}', 'tc', 'qdisc', 'add', 'dev', 'near0', 'root', 'tbf',
                           'rate', rate, 'burst', '2000', 'latency', '1s'], capture_output=True)
    if made.returncode != 0:
        pytest.skip('this kernel has no token bucket filter')


def test_two_in_a_queue(processes, hosts):
    slow_down(hosts.near, '1mbit')
    processes.compare('queue', processes.follow('two_in_a_queue', Pair.NEAR, hosts.far.path, host=hosts.near))


@pytest.mark.parametrize('case', ['reader', 'options', 'threads'])
def test_beside_a_writer(processes, hosts, case):
    """Acknowledgements come while the other one has locked the connection."""
    slow_down(hosts.near, '80mbit')
    processes.compare(case, processes.follow(f'{case}_beside_a_writer', Pair.NEAR, hosts.far.path, host=hosts.near))


def test_packet_socket(processes, hosts):
    processes.compare('packet', processes.follow('packet_socket', Pair.NEAR, hosts.far.path, host=hosts.near))


def test_bound_to_devices(processes, hosts):
    processes.compare('devices', processes.follow('bound_to_devices', Pair.FAR, hosts.near.path, host=hosts.far))


def test_address_elsewhere(processes, hosts, host):
    hosts.far.run('ip', 'address', 'delete', f'{Pair.FAR}/24', 'dev', 'far0')
    host.run('ip', 'address', 'add', f'{Pair.FAR}/32', 'dev', 'lo')
    processes.compare('elsewhere', processes.follow('address_elsewhere', Pair.NEAR, host.path, host=hosts.near))


def test_forged_source(processes, hosts):
    processes.compare('forged', processes.follow('forged_source', Pair.NEAR, hosts.far.path, host=hosts.near))
