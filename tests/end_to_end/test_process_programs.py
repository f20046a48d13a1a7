# Programs as they are: curl, dig, ssh and Python talk to nginx, sshd and a name server, and tshark prints
# who sends and receives.
# SPDX-License-Identifier: GPL-2.0-or-later
import contextlib
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from network import wait_until
from process_capture import CAPABILITIES, LOOPBACK, compares_numbers, has_trace_programs
from programs import TIMEOUT

pytestmark = pytest.mark.skipif(not has_trace_programs(), reason='needs Linux 6.3 with type information, CAP_BPF and CAP_PERFMON')

PATH = '/usr/sbin:/sbin:/usr/bin:/bin'
PYTHON = Path(sys.executable).name

NGINX = '''
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
worker_processes 1;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:80; return 200; }}
}}
'''

SSHD = '''
ListenAddress 127.0.0.1:22
HostKey {folder}/key
PidFile none
StrictModes no
UsePAM no
'''

# Refuses each question: RFC 1035 section 4.1.1.
NAME_SERVER = r'''
import socket
server = socket.socket(type=socket.SOCK_DGRAM)
server.bind(('127.0.0.1', 53))
while True:
    question, sender = server.recvfrom(512)
    server.sendto(question[:2] + b'\x80\x05' + question[4:], sender)
'''

CLIENTS = {
    'curl': ['curl', '-s', '-S', 'http://127.0.0.1/'],
    'dig': ['dig', '+tries=1', '@127.0.0.1', 'example.org'],
    'ssh': ['ssh', '-F', 'none', '-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=no',
            '-o', 'UserKnownHostsFile=/dev/null', '127.0.0.1'],
    PYTHON: [sys.executable, '-c', "import urllib.request as u; u.urlopen('http://127.0.0.1/').read()"],
}
STATUS = {'ssh': 255}  # it is not let in


class Servers:
    def __init__(self, host, folder):
        self.host, self.folder, self.started = host, folder, {}

    def start(self, name, *command):
        # /run is that of the machine, where sshd wants a folder.
        script = 'mount -t tmpfs none /run && mkdir -m 755 /run/sshd && exec "$0" "$@"'
        log = (self.folder / f'{name}.log').open('wb')
        with log:
            self.started[name] = subprocess.Popen(
                ['nsenter', f'--net={self.host.path}', 'unshare', '--mount', 'sh', '-c', script,
                 shutil.which(command[0], path=PATH), *command[1:]],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def configured(self, name, text):
        path = self.folder / f'{name}.conf'
        path.write_text(text.format(folder=self.folder))
        return path

    def await_port(self, name, port, kind=socket.SOCK_STREAM):
        def has_port():
            process = self.started[name]
            assert process.poll() is None, (self.folder / f'{name}.log').read_text()
            with contextlib.closing(self.host.socket(socket.AF_INET, kind)) as probe:
                if kind == socket.SOCK_STREAM:
                    return probe.connect_ex(('127.0.0.1', port)) == 0
                with contextlib.suppress(OSError):
                    probe.bind(('127.0.0.1', port))
                    return False
                return True

        wait_until(has_port, f'{name} does not listen')

    def stop(self):
        for process in self.started.values():
            process.terminate()
            process.wait(TIMEOUT)


@pytest.fixture
def servers(host, folder):
    """Real ones on their usual ports, in a network namespace of their own."""
    missing = [name for name in ('nginx', 'sshd', 'curl', 'dig', 'ssh') if not shutil.which(name, path=PATH)]
    if missing:
        pytest.skip(f'needs {", ".join(missing)}')
    subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', folder / 'key'], check=True)
    started = Servers(host, folder)
    try:
        started.start('nginx', 'nginx', '-c', started.configured('nginx', NGINX))
        started.start('sshd', 'sshd', '-D', '-e', '-f', started.configured('sshd', SSHD))
        started.start(PYTHON, sys.executable, '-c', NAME_SERVER)
        started.await_port('nginx', 80)
        started.await_port('sshd', 22)
        started.await_port(PYTHON, 53, socket.SOCK_DGRAM)
        yield started
    finally:
        started.stop()


def children_of(process):
    return [int(word) for word in Path(f'/proc/{process}/task/{process}/children').read_text().split()]


def run_clients(host):
    """Their numbers by their names."""
    numbers = {}
    for name, command in CLIENTS.items():
        client = subprocess.Popen(['nsenter', f'--net={host.path}', *command], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        _, error = client.communicate(timeout=TIMEOUT)
        assert client.returncode == STATUS.get(name, 0), error
        numbers[name] = client.pid
    return numbers


def printed(path):
    """The pairs of name and number in whole lines of tshark."""
    lines = [line.split('\t') for line in path.read_text().split('\n')[:-1]]
    return {(name, int(number)) for names, numbers in lines if names or numbers
            for name, number in zip(names.split(','), numbers.split(','), strict=True)}


@compares_numbers
def test_tshark_names_the_programs(programs, host, servers, folder):
    output = folder / 'fields'
    with output.open('wb') as file:
        tshark = programs.start(
            ['tshark', '-l', '-i', LOOPBACK, '-o', 'extcap.ipmon_127_0_0_1.processinformation:name', '-T', 'fields',
             '-e', 'ipmon.process.name', '-e', 'ipmon.process.id'], host=host, capture=CAPABILITIES, stdout=file)
    wait_until(host.is_capturing, 'no capture')
    [worker] = children_of(servers.started['nginx'].pid)
    clients = run_clients(host)
    expected = {*clients.items(), ('nginx', worker), ('sshd', servers.started['sshd'].pid),
                (PYTHON, servers.started[PYTHON].pid)}
    wait_until(lambda: expected <= printed(output), 'a program is not named')
    tshark.terminate()
    _, error = tshark.communicate(timeout=TIMEOUT)
    assert tshark.returncode == 0, error
    # The master of nginx has the socket of its worker; a session of sshd is a process of its own, from
    # OpenSSH 9.8 on also a program.
    others = printed(output) - expected - {('nginx', servers.started['nginx'].pid)}
    assert others and all(name.startswith('sshd') and number not in dict(map(reversed, expected))
                          for name, number in others)
