# Real servers of OpenSSH, each in a network namespace of its own, and a client that reaches them.
# SPDX-License-Identifier: GPL-2.0-or-later
import contextlib
import os
import shutil
import socket
import subprocess
from pathlib import Path

from network import Host, wait_until
from programs import NOBODY, TIMEOUT

SSHD = '/usr/sbin/sshd'
PORT = 9

SERVER_CONFIG = '''ListenAddress 0.0.0.0
HostKey {folder}/host_key
PidFile none
AuthorizedKeysFile {keys}
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
PrintMotd no
UseDNS no
LogLevel VERBOSE
SetEnv PATH={commands}:/usr/sbin:/usr/bin:/sbin:/bin
'''

CLIENT_CONFIG = '''Host {name}
    HostName {address}
    User root
'''


def make_key(path):
    subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', path], check=True,
                   stdin=subprocess.DEVNULL)
    return path.with_suffix('.pub').read_text().strip()


class Server:
    """
    A machine with a server of ssh. Its users find their commands in the folder `commands` first,
    where `ipmon` is the one under test.
    """

    def __init__(self, programs, fleet, number):
        self.programs = programs
        self.name = f'server{number}'
        self.address, self.client_address = f'10.8.{number}.2', f'10.8.{number}.1'
        self.interface = f'eth{number}'
        self.folder = fleet.folder / self.name
        self.commands = self.folder / 'commands'
        self.commands.mkdir(parents=True)
        self.log = self.folder / 'log'
        self.key = make_key(self.folder / 'host_key')
        self.host = Host(self.name, mounts=True)
        fleet.give_users(self.host)
        self._link(fleet.client)
        self.install()
        self.config = SERVER_CONFIG.format(
            folder=self.folder, keys=fleet.folder / 'authorized_keys', commands=self.commands)
        self.process = None
        self.start()

    def _link(self, client):
        far = f'to-{self.name}'
        self.host.run('ip', 'link', 'add', self.interface, 'type', 'veth', 'peer', 'name', far,
                      'netns', str(client.holder.pid))
        for host, interface, address in ((self.host, self.interface, self.address),
                                         (client, far, self.client_address)):
            host.write(f'/proc/sys/net/ipv6/conf/{interface}/disable_ipv6', '1')
            host.run('ip', 'address', 'add', f'{address}/24', 'dev', interface)
            host.run('ip', 'link', 'set', interface, 'up')
        self.host.await_line(self.interface)

    def start(self, more=''):
        """more: lines of its configuration, of which the first one for a keyword counts."""
        Path('/run/sshd').mkdir(exist_ok=True)  # sshd wants it; empty
        (self.folder / 'config').write_text(more + self.config)
        with self.log.open('ab') as log:
            self.process = subprocess.Popen([*self.host.enter, SSHD, '-D', '-e', '-f', self.folder / 'config'],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(self._listens, f'{self.name} does not listen: {self.log}', TIMEOUT)

    def _listens(self):
        with contextlib.closing(self.host.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
            return probe.connect_ex(('127.0.0.1', 22)) == 0

    def restart(self, more=''):
        self.stop()
        self.start(more)

    def stop(self):
        self.process.terminate()
        self.process.wait(TIMEOUT)

    def install(self, script=None):
        """Makes `ipmon` there the program under test, or a script of sh; '' removes it."""
        command = self.commands / 'ipmon'
        command.unlink(missing_ok=True)
        if script is None:
            command.symlink_to(self.programs.ipmon_path)
        elif script:
            command.write_text(f'#!/bin/sh\n{script}\n')
            command.chmod(0o755)

    def close(self):
        self.stop()
        self.host.close()


class Fleet:
    """
    The client and two servers. The ordinary user of the tests has a home with a configuration of
    ssh, in which the servers are `server1` and `server2`, their keys, and a key of the user's own.
    """

    def __init__(self, programs, count=2):
        self.programs = programs
        self.folder = programs.readable('fleet')
        self.folder.mkdir()
        self.ssh = programs.home / '.ssh'
        self.ssh.mkdir(mode=0o700)
        self._make_users()
        self.client = Host('client', mounts=True)
        self.give_users(self.client)
        (self.folder / 'authorized_keys').write_text(make_key(self.ssh / 'id_ed25519') + '\n')
        self.servers = [Server(programs, self, number + 1) for number in range(count)]
        self.configure()

    def _make_users(self):
        """Accounts in which the tests' user has a home and a shell, and root an empty home and no lock."""
        rows = [row.split(':') for row in Path('/etc/passwd').read_text().splitlines()]
        for row in rows:
            if row[2] == str(NOBODY):
                row[5:] = [str(self.programs.home), '/bin/sh']
            elif row[0] == 'root':
                row[5] = str(self.folder)
        (self.folder / 'passwd').write_text(''.join(':'.join(row) + '\n' for row in rows))
        shadow = ''.join(f'{row[0]}:*:19000:0:99999:7:::\n' for row in rows)
        (self.folder / 'shadow').write_text(shadow)
        (self.folder / 'shadow').chmod(0o640)

    def give_users(self, host):
        for name in ('passwd', 'shadow'):
            host.run('mount', '--bind', str(self.folder / name), f'/etc/{name}')

    def configure(self, more=''):
        """Writes the user's configuration and known hosts anew; `more` comes first."""
        self._write('config', more + ''.join(CLIENT_CONFIG.format(name=server.name, address=server.address)
                                             for server in self.servers))
        self._write('known_hosts', ''.join(f'{server.address} {server.key}\n' for server in self.servers))
        for path in (self.ssh, *self.ssh.iterdir()):
            os.chown(path, NOBODY, NOBODY)
            path.chmod(0o700 if path.is_dir() else 0o600)

    def _write(self, name, text):
        path = self.ssh / name
        path.write_text(text)
        os.chown(path, NOBODY, NOBODY)
        path.chmod(0o600)

    def know(self, text):
        """Replaces the known hosts."""
        self._write('known_hosts', text)

    def ipmon(self, *arguments):
        """ipmon on the client, by the ordinary user, who may not capture."""
        return self.programs.ipmon(*arguments, host=self.client)

    def send(self, server, count=1, first=0):
        """Numbered datagrams from the client to a server, to a port that nobody listens at."""
        with contextlib.closing(self.client.socket(socket.AF_INET, socket.SOCK_DGRAM)) as sender:
            for number in range(first, first + count):
                sender.sendto(f'datagram {number}'.encode(), (server.address, PORT))

    def await_capture(self, *servers):
        for server in servers:
            wait_until(server.host.is_capturing, f'nobody captures on {server.name}', TIMEOUT)

    def clients_of_ssh(self):
        """The process numbers of clients that run on the client."""
        found = self.client.run('sh', '-c', 'for one in /proc/[0-9]*; do [ "$(readlink $one/ns/net)" != '
                                '"$(readlink /proc/self/ns/net)" ] || [ "$(cat $one/comm)" != ssh ] || '
                                'echo ${one#/proc/}; done')
        return found.stdout.split()

    def reset(self):
        """What a test has changed is as it was."""
        self.configure()
        for server in self.servers:
            server.install()

    def close(self):
        for server in self.servers:
            server.close()
        self.client.close()
        shutil.rmtree(self.ssh)
        shutil.rmtree(self.folder)
