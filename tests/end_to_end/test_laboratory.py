# A program that fails in all the ways of failures.py, and what ipmon says of it: what the program
# logged is the truth. The program, the kernels and the capture are real; see laboratory.py.
# SPDX-License-Identifier: GPL-2.0-or-later
from collections import defaultdict

import pytest

from laboratory import Laboratory
from network import Path
from truth import endpoint

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
