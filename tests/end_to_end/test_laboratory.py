# A program that fails in all the ways of failures.py, and what ipmon says of it: what the program
# logged is the truth. The program, the kernels and the capture are real; see laboratory.py.
# SPDX-License-Identifier: GPL-2.0-or-later
import re
import shutil
from collections import defaultdict

import pytest

from failures import LOCAL_PORTS, ONLY_PORT
from laboratory import Laboratory
from network import Path
from programs import TOP
from truth import endpoint

# Failures that no packet carries, without the beginnings of their names; some by protocol.
WITHOUT_A_PACKET = {
    'throw here': 'ENETUNREACH', 'unreachable here': 'EHOSTUNREACH', 'prohibit here': 'EACCES',
    'address of nobody': 'EADDRNOTAVAIL', 'ports used up': 'EADDRNOTAVAIL', 'broadcast': 'EACCES', 'too long': 'EMSGSIZE',
    'own firewall drops': {'tcp': 'ETIMEDOUT', 'udp': 'EPERM'}, 'full queue': 'ENOBUFS', 'no answer': 'EAGAIN',
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


def table_rows(part):
    """The cells of the rows of a table in the manual, without its head."""
    return [re.findall(r'<td>(.*?)</td>', row, re.S) for row in re.findall(r'<tr><td>.*?</tr>', part, re.S)]


def test_the_manual_says_what_the_program_meets(programs, laboratory):
    """Its filters find packets with the error, and the errors that it says no packet has were met, too."""
    manual = (TOP / 'extcap' / 'manual' / 'ipmon.html.in').read_text()
    section = manual.split('<h2 id="logs">')[1].split('<h2')[0]
    errors, without_a_packet = section.split('<h3>')[:2]
    carried = {laboratory.log[failure.name]['errno'] for failure in laboratory.failures if failure.visible}
    filters = {name: re.search(r'<kbd>(ipmon.error.name .*?)</kbd>', text) for name, _, text, _ in table_rows(errors)}
    assert {name for name, found in filters.items() if found} == carried | {'EHOSTDOWN'}
    for name in carried:
        rows = programs.fields(laboratory.file, ['ipmon.error.name'], '-2', '-Y', filters[name][1])
        assert {value for [values] in rows for value in values} == {name}
    described = {name for names, *_ in table_rows(without_a_packet) for name in names.split(', ')}
    met = {laboratory.log[failure.name]['errno'] for failure in laboratory.failures if not failure.visible} - {None}
    assert described == met and {name for name, found in filters.items() if not found} == met - carried


def kind_of_reporter(failure):
    if failure.own_rule or failure.reporter == Path.CLIENT[failure.version]:
        return "capturing host's neighbour table" if 'dead neighbour' in failure.name else 'capturing host'
    return 'target' if failure.reporter == failure.remote else 'router'


def test_each_error_has_its_reporter(programs, laboratory):
    rows = programs.fields(laboratory.file, ['ipmon.error.socket', 'ipmon.error.reporter.kind', 'ipmon.error.reporter',
                                             'ipmon.error.reporter6'], '-2', '-Y', 'ipmon.error.name')
    reporters = Sockets(laboratory, [([(*kind, *address, *address6)], sock) for sock, kind, address, address6 in rows])
    for failure in laboratory.failures:
        expected = {(kind_of_reporter(failure), failure.reporter)} if failure.reporter else set()
        assert (failure.name, reporters.of(failure) - {()}) == (failure.name, expected)


@pytest.mark.parametrize('mode,is_there', [(0, True), (1, False)])
def test_a_dead_neighbour_is_reported_over_the_loopback(programs, laboratory, mode, is_there):
    rows = programs.fields(laboratory.files_by_mode[mode], ERRORS, '-2', '-Y', 'ipmon.error.name')
    found = Sockets(laboratory, rows)
    assert found.of(laboratory.by_name['tcp4 closed port']) == {'ECONNREFUSED'}
    for protocol in ('tcp', 'udp'):
        for name in ('dead neighbour', 'own firewall'):
            assert found.of(laboratory.by_name[f'{protocol}4 {name}']) == ({'EHOSTUNREACH'} if is_there else set())


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
    """Whether anything of the connection was captured, be it only an error over the loopback."""
    return failure.protocol == 'tcp' and (failure.serve or failure.visible)


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


@pytest.fixture
def failed_connections(programs):
    """The example script: its status, and its lines by socket."""
    script = programs.readable('failed_connections')
    shutil.copy(TOP / 'tests' / 'example' / 'failed_connections', script)

    def run(file, *arguments):
        result = programs.run([script, *arguments, file])
        lines = result.stdout.decode().splitlines()
        return result.returncode, Sockets(None, [([line.split(': ')[1]], [line.split(': ')[0]]) for line in lines])
    return run


def is_fatal(failure, name):
    """Whether the program needed no error queue to get it."""
    return failure.visible and name and 'recverr' not in failure.options and name != 'EMSGSIZE'


def test_the_example_lists_failed_connections(laboratory, failed_connections):
    for option, listed in ((), is_fatal), (('--soft',), lambda failure, name: failure.visible):
        status, found = failed_connections(laboratory.file, *option)
        found.laboratory = laboratory
        assert status == 1
        found.compare(lambda failure: listed(failure, name := laboratory.log[failure.name]['errno']) and name)


@pytest.mark.parametrize('names', [['tcp4 closed port'], ['tcp6 closed port', 'udp6 closed port']])
def test_the_example_selects_by_ports_and_addresses(laboratory, failed_connections, names):
    chosen = [laboratory.by_name[name] for name in names]
    ports = f'{chosen[0].local[1]}-{chosen[-1].local[1]}'
    status, found = failed_connections(laboratory.file, '--ports', ports, '--remote', chosen[0].remote)
    assert status == 1
    assert [found.of(failure) for failure in chosen] == [{'ECONNREFUSED'}] * len(chosen) and not found.values
    elsewhere = failed_connections(laboratory.file, '--ports', ports, '--remote', Path.NOWHERE[chosen[0].version])
    assert (elsewhere[0], dict(elsewhere[1].values)) == (0, {})


def test_the_example_finds_nothing_in_a_clean_capture(programs, laboratory, failed_connections):
    clean = programs.readable('clean.pcapng')
    ports = ' '.join(str(laboratory.by_name[name].port) for name in ('tcp4 success', 'tcp6 success'))
    result = programs.tshark('-n', '-r', laboratory.file, '-Y', f'tcp.port in {{{ports.replace(" ", ", ")}}}', '-w', clean)
    assert result.returncode == 0 and len(programs.fields(clean, ['frame.number'])) > 10
    status, found = failed_connections(clean)
    assert (status, dict(found.values)) == (0, {})


def test_the_example_says_when_it_cannot_read(programs, failed_connections):
    assert failed_connections(programs.readable('missing.pcapng'))[0] == 2
