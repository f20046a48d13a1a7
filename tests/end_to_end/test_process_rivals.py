# The processes of packets that could be taken for those of others (process_rivals.py). Answers may be
# missing or uncertain, but none may be wrong.
# SPDX-License-Identifier: GPL-2.0-or-later
import subprocess

import pytest

import process_rivals
from network import Pair
from process_capture import comments_of, has_trace_programs, knows_numbers

pytestmark = [knows_numbers, pytest.mark.skipif(
    not has_trace_programs(), reason='needs Linux 6.3 with type information, CAP_BPF and CAP_PERFMON')]

# Of how many packets with data the sender is certain, at least.
SENDERS = dict.fromkeys((
    'same_connection_again', 'same_connection_of_new_listener', 'server_restarted', 'connected_socket_before',
    'connected_socket_of_before', 'worker_of_a_server', 'ping_after_raw_ping', 'two_families',
    'two_families_of_listeners', 'late_reader', 'nothing_to_read', 'handed_to_a_child', 'rest_of_another',
    'reader_beside_a_writer', 'options_beside_a_writer', 'threads_beside_a_writer', 'listeners_of_one_port',
    'unread_before', 'multipath', 'option_cleared_after_bind', 'renamed'), 0)


@pytest.mark.parametrize('case', SENDERS)
def test_no_answer_is_wrong(processes, case):
    counts = processes.compare(case, processes.follow(case))
    assert counts['sender', 'exact'] >= SENDERS[case]


def slow_down(host, device):
    host.run('tc', 'qdisc', 'add', 'dev', device, 'root', 'tbf', 'rate', '1mbit', 'burst', '2000', 'latency', '1s')


def test_two_in_a_queue(processes, hosts):
    slow_down(hosts.near, 'near0')
    processes.compare('queue', processes.follow('two_in_a_queue', Pair.NEAR, hosts.far.path, host=hosts.near))


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
