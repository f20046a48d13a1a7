# Every action of the program under valgrind: no byte is read that was not written, and nothing that
# was allocated is lost. The build is one without the sandbox, which valgrind could not work in.
# SPDX-License-Identifier: GPL-2.0-or-later
import signal
import subprocess

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrHopByHop
from scapy.utils import wrpcap

import pcapng
from capturing import SOURCE, frame, send_all
from compare_records import FORMS, print_arguments
from network import Pair, wait_until
from programs import TIMEOUT, WITHOUT_SANDBOX

pytestmark = pytest.mark.usefixtures('program_without_sandbox')

FOUND = 99  # the exit status when valgrind found something
VALGRIND = ['valgrind', '--quiet', f'--error-exitcode={FOUND}', '--leak-check=full',
            '--errors-for-leak-kinds=definite', '--show-leak-kinds=definite']


def command(host, *arguments):
    return ['nsenter', f'--net={host.path}', *VALGRIND, WITHOUT_SANDBOX, *arguments]


ACTIONS = [
    ['--extcap-interfaces', '--extcap-version=4.0'],
    ['--extcap-dlts', '--extcap-interface', 'ipmon:all'],
    *[['--extcap-config', '--extcap-interface', f'ipmon:{name}']
      for name in ('all', 'file', '127.0.0.1')],
    ['--extcap-config', '--extcap-interface', 'ipmon:all', '--extcap-reload-option', 'local-host'],
    *[['--extcap-interface', 'ipmon:all', '--extcap-capture-filter', text]
      for text in ('udp port 53', 'ether host 1:2:3:4:5:6', 'nonsense (', '')],
    ['--list-addresses'], ['--list-interfaces'], ['--list-errors'], ['--list-events'], ['--version'],
    ['--help'], ['-D'], ['--print-completion'], ['lo'], ['-i', 'lo', 'udp', '--paec', 'fast'], ['-w', 'x'],
    ['-i', 'nowhere', '-w', '/dev/null', '-a', 'duration:1.5', 'udp', 'port', '53'], ['-r', '/dev/null', '-w', '-'],
    [], ['--capture'], ['--capture', '--fifo', '/dev/null', '--extcap-interface', 'no:source'],
]


@pytest.mark.parametrize('arguments', ACTIONS, ids=' '.join)
def test_actions(host, arguments):
    result = subprocess.run(command(host, *arguments), stdin=subprocess.DEVNULL, capture_output=True,
                            timeout=TIMEOUT, text=True)
    assert result.returncode in (0, 1, 2) and '==' not in result.stderr, result.stderr


@pytest.mark.parametrize('source', ['ipmon:all', f'ipmon:{Pair.FAR}'])
@pytest.mark.parametrize('options', [['--receive-all-mode', '0'], ['--receive-all-mode', '1'],
                                     ['--receive-all-mode', '2'], ['--receive-all-mode', '3'],
                                     ['--use-pcap']], ids=' '.join)
def test_captures(hosts, tmp_path, source, options):
    file, log = tmp_path / 'captured', tmp_path / 'log'
    process = subprocess.Popen(
        command(hosts.far, '--capture', '--extcap-interface', source, '--fifo', file, '--log-file', log,
                '--extcap-capture-filter', 'udp', '--mask-sensitive', '--packet-count', '9', *options),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_until(lambda: process.poll() is not None or file.exists() and file.stat().st_size > 0,
               'nothing is written', TIMEOUT)
    assert process.poll() is None, process.communicate()
    wire = hosts.near.wire('near0')
    packet = frame(IP(src=SOURCE, dst=Pair.FAR) / UDP() / b'x')
    send_all(wire, [packet] * 3)
    process.send_signal(signal.SIGUSR1)
    wait_until(lambda: 'paused' in log.read_text(), 'no pause', TIMEOUT)
    hosts.far.run('ip', 'link', 'add', 'other0', 'type', 'veth', 'peer', 'name', 'other1')
    hosts.far.run('ip', 'address', 'add', '10.8.0.1/24', 'dev', 'other0')
    hosts.far.run('ip', 'link', 'delete', 'other0')
    process.send_signal(signal.SIGUSR2)
    wait_until(lambda: 'resumed' in log.read_text(), 'no resumption', TIMEOUT)
    send_all(wire, [packet] * 6)
    output, error = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, output, error) == (0, b'', b''), error.decode()
    assert len(pcapng.packets(pcapng.blocks(file.read_bytes()))) == 9


def test_replay(host, tmp_path):
    source, file = tmp_path / 'source.pcap', tmp_path / 'replayed'
    wrpcap(str(source), [IP(src=SOURCE, dst=Pair.FAR) / UDP() for _ in range(5)], linktype=101)
    result = subprocess.run(
        command(host, '--capture', '--extcap-interface', 'ipmon:file', '--file', source, '--fifo', file,
                '--extcap-capture-filter', 'udp'), capture_output=True, timeout=TIMEOUT)
    assert (result.returncode, result.stderr) == (0, b''), result.stderr.decode()
    assert len(pcapng.packets(pcapng.blocks(file.read_bytes()))) == 5


@pytest.mark.parametrize('form', FORMS)
def test_printing(host, tmp_path, form):
    source = tmp_path / 'source.pcap'
    wrpcap(str(source), [IP(src=SOURCE, dst=Pair.FAR) / UDP() / b'x',
                         IP(dst=SOURCE) / ICMP(type=3, code=3) / IP(src=SOURCE, dst=Pair.FAR) / UDP(),
                         IPv6() / IPv6ExtHdrHopByHop() / TCP(flags='R')], linktype=101)
    result = subprocess.run(command(host, *print_arguments(source, form)), capture_output=True, timeout=TIMEOUT)
    assert result.returncode == 0 and b'==' not in result.stderr, result.stderr.decode()
    assert len(result.stdout.split(b'\n\n' if form == 'details' else b'\n')) == 3 + 1
