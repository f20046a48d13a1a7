# A program that fails in all the ways of failures.py, and what ipmon says of it: what the program
# logged is the truth. The program, the kernels and the capture are real; see laboratory.py.
# SPDX-License-Identifier: GPL-2.0-or-later
import re
from collections import defaultdict

import pytest

from failures import LOCAL_PORTS, ONLY_PORT
from laboratory import Laboratory
from network import Path
from truth import endpoint

# What the manual says of them.
WITHOUT_A_PACKET = {
    'throw here': 'ENETUNREACH', 'unreachable here': 'EHOSTUNREACH', 'prohibit here': 'EACCES',
    'address of nobody': 'EADDRNOTAVAIL', 'ports used up': 'EADDRNOTAVAIL', 'own firewall drops': {'tcp': 'ETIMEDOUT',
                                                                                                'udp': 'EPERM'},
    'broadcast': 'EACCES', 'too long': 'EMSGSIZE', 'full queue': 'ENOBUFS', 'no answer': 'EAGAIN',
    'own shutdown': 'EPIPE', 'unknown option': 'ENOPROTOOPT',
}
ERRORS = ['ipmon.error.name', 'ipmon.error.socket']
# Sockets of the server that the program's kernel resets when its keep-alives have no answer.
OF_THE_SERVER = {'tcp4 keep-alive', 'tcp6 keep-alive'}


@pytest.fixture(scope='module')
def laboratory(programs):
    with Laboratory(programs) as opened:
        opened.run()
        yield opened


def remote_of(failure):
    """As it ends the text of a socket."""
    return failure.remote if failure.protocol == 'raw' else endpoint((failure.remote, failure.port))


def kind_of(failure):
    """As it begins the text of a socket; the protocol of raw sockets has no name."""
    return '' if failure.protocol == 'raw' else failure.protocol.upper() + ' '


class Sockets:
    """What was reported of sockets: values by the text of the socket."""

    def __init__(self, laboratory, rows):
        self.laboratory, self.values = laboratory, defaultdict(set)
        for names, sockets in rows:
            for name, sock in zip(names, sockets, strict=True):
                self.values[sock].add(name)

    def of(self, failure):
        """Of the one socket of a job; and that one is gone."""
        mine = [sock for sock in self.values
                if sock.startswith(kind_of(failure)) and sock.endswith(f' → {remote_of(failure)}')]
        assert len(mine) <= 1, mine
        return set().union(*(self.values.pop(sock) for sock in mine))

    def compare(self, expected):
        """`expected`: which error of a failure is to be there, or None."""
        found = {failure.name: self.of(failure) for failure in self.laboratory.failures}
        assert found == {failure.name: {name} if (name := expected(failure)) else set()
                         for failure in self.laboratory.failures}
        assert set(self.values) == {
            f'TCP {remote_of(failure)} → {endpoint((Path.CLIENT[failure.version], failure.local[1]))}'
            for failure in self.laboratory.failures if failure.name in OF_THE_SERVER}


def test_every_call_that_was_to_fail_failed(laboratory):
    log = laboratory.log
    assert {failure.name for failure in laboratory.failures} == log.keys()
    succeeded = {failure.name for failure in laboratory.failures if log[failure.name]['errno'] is None}
    assert succeeded == {'tcp4 success', 'tcp6 success'}
    visible = [failure for failure in laboratory.failures if failure.visible]
    assert len(visible) > 90 and {log[failure.name]['errno'] for failure in visible} == {
        'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EACCES', 'EMSGSIZE',
        'ENOPROTOOPT', 'EPROTO'}


def test_two_passes_report_what_the_program_got(programs, laboratory):
    rows = programs.fields(laboratory.file, ERRORS, '-2', '-Y', 'ipmon.error.name')
    Sockets(laboratory, rows).compare(lambda failure: failure.visible and laboratory.log[failure.name]['errno'])


def early(laboratory):
    """The error of a failure if it is known before the capture ends."""
    return lambda failure: failure.visible and not failure.takes_time and laboratory.log[failure.name]['errno']


def test_one_pass_reports_all_but_timeouts(programs, laboratory):
    assert {laboratory.log[failure.name]['errno'] for failure in laboratory.failures if failure.takes_time} == {'ETIMEDOUT'}
    Sockets(laboratory, programs.fields(laboratory.file, ERRORS, '-Y', 'ipmon.error.name')).compare(early(laboratory))


def test_live_as_in_one_pass(laboratory):
    rows = [line.split('\t')[:2] for line in laboratory.live.splitlines() if line.count('\t') == 2]
    Sockets(laboratory, [([name], [sock]) for name, sock in rows if name]).compare(early(laboratory))


def test_errors_that_no_packet_carries(laboratory):
    for failure in laboratory.failures:
        if not failure.visible and 'success' not in failure.name:
            expected = WITHOUT_A_PACKET[re.sub(r'^(tcp|udp)[46] ', '', failure.name)]
            name = expected if isinstance(expected, str) else expected[failure.protocol]
            assert (failure.name, laboratory.log[failure.name]['errno']) == (failure.name, name)


# An error of the tree: likely, name, reason, kind of the reporter, address of the reporter.
TREE_ERROR = re.compile(r'  (?:likely )?([A-Z]+): .*?(?:, from (?:[a-z ' + "'" + r']+) ([0-9a-f.:]+))?')


class Tree:
    """The part of -z ipmon_errors,tree below "Remote endpoint": errors by endpoint and socket."""

    def __init__(self, text):
        self.errors = defaultdict(set)  # by endpoint and socket: name and reporter
        endpoint_, error = None, None
        for line in self.lines(text):
            if re.match(r' \S', line):
                endpoint_ = line.strip()
            elif re.match(r'  \S', line):
                error = TREE_ERROR.fullmatch(line).groups()
            elif re.match(r'   \S', line):
                self.errors[endpoint_, line.strip()].add(error)

    @staticmethod
    def lines(text):
        """The names of the lines; what follows each one are figures."""
        section = re.split(r'^Remote endpoint .*\n', text, flags=re.M)[1].split('\n\n')[0]
        return [re.match(r' *\S.*?(?=  +\d)', line)[0] for line in section.splitlines() if line.startswith(' ')]

    def of(self, failure):
        found = [errors for (remote, sock), errors in self.errors.items()
                 if remote == remote_of(failure) and sock.startswith(kind_of(failure))]
        assert len(found) <= 1, found
        return {name for name, _ in found[0]} if found else set(), {who for _, who in found[0]} if found else set()


def compare_tree(laboratory, text, visible):
    """Each error in the tree: its name, and its reporter if it has one."""
    tree = Tree(text)
    for failure in laboratory.failures:
        names, reporters = tree.of(failure)
        expected = {laboratory.log[failure.name]['errno']} if visible(failure) else set()
        assert (failure.name, names) == (failure.name, expected)
        # A reported error that comes back as a timeout's has no reporter the second time.
        assert reporters - {None} == ({failure.reporter} if expected and failure.reporter else set()), failure


def errors_tree(programs, laboratory, *arguments):
    result = programs.tshark('-n', '-r', laboratory.file, '-q', '-z', 'ipmon_errors,tree', *arguments)
    assert result.returncode == 0, result.stderr
    return result.stdout.decode()


def test_the_statistics_name_all_with_their_reporters(programs, laboratory):
    text = errors_tree(programs, laboratory, '-2')
    compare_tree(laboratory, text, lambda failure: failure.visible)
    assert 'use -2' not in text


def test_statistics_of_one_pass_announce_the_others(programs, laboratory):
    """Live, too."""
    late = [failure for failure in laboratory.failures if failure.takes_time]
    for text in (errors_tree(programs, laboratory), laboratory.live):
        compare_tree(laboratory, text, lambda failure: failure.visible and not failure.takes_time)
        [announced] = re.findall(r'^One pass is not enough: use -2 +(\d+)', text, re.M)
        assert int(announced) >= len(late)


CONNECTION = re.compile(r'TCP +\|(\S+) +\|(\S+) +\|(.*?) *\|(.*?) *\|.*')


def expected_verdict(failure, log):
    name = log[failure.name]['errno']
    if failure.happens in ('silence', 'cut') or name == 'ETIMEDOUT':
        return 'timed out' if name == 'ETIMEDOUT' else f'timed out ({name})'
    if not failure.visible:
        return 'still open' if name else 'ok'
    if name in ('ECONNRESET', 'EPIPE'):
        return 'reset by server'
    return 'refused' if failure.reporter == failure.remote else name


def is_of_the_program(client):
    """Not one of those that only fill a queue."""
    port = int(client.rpartition(':')[2])
    return port in LOCAL_PORTS or port == ONLY_PORT


def has_packets(failure):
    """Whether a segment of the connection left its host."""
    if failure.protocol != 'tcp':
        return False
    return failure.serve or (failure.visible and not failure.own_rule and 'dead neighbour' not in failure.name)


def test_each_connection_has_its_verdict(programs, laboratory):
    result = programs.tshark('-n', '-2', '-r', laboratory.file, '-q', '-z', 'ipmon_connections')
    assert result.returncode == 0, result.stderr
    rows = {server: (verdict.removeprefix('likely '), reporter) for client, server, verdict, reporter in
            CONNECTION.findall(result.stdout.decode()) if is_of_the_program(client)}
    for failure in laboratory.failures:
        if has_packets(failure):
            verdict, reporter = rows[remote_of(failure)]
            assert (failure.name, verdict) == (failure.name, expected_verdict(failure, laboratory.log))
            by_icmp = failure.reporter != failure.remote
            assert reporter.split(' ')[-1] == (failure.reporter if by_icmp and failure.reporter else ''), failure
