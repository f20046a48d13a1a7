# Captures of other machines from the command line: -i HOST:SOURCE, tshark, and the recipes of the manual with
# ssh and sshdump, which need no ipmon here.
# SPDX-License-Identifier: GPL-2.0-or-later
import re
import subprocess
from pathlib import Path

import pytest

from network import wait_until
from programs import TIMEOUT
from ssh_server import PORT

FILTER = f'udp port {PORT}'


@pytest.fixture(autouse=True)
def clean(fleet):
    yield
    fleet.reset()


def run(fleet, arguments, servers, into_pipe=False):
    """
    What a program has printed that captures three datagrams of each server. into_pipe: it gets more, because an
    ssh that writes into a pipe without a reader only notices when it writes.
    """
    process = fleet.programs.start(arguments, host=fleet.client)
    try:
        fleet.await_capture(*servers)
        for server in servers:
            fleet.send(server, 3)
        if into_pipe:
            wait_until(lambda: process.poll() is not None or fleet.send(servers[0]), 'the capture does not end',
                       TIMEOUT)
        output, error = process.communicate(timeout=TIMEOUT)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    assert process.returncode == 0, error
    wait_until(lambda: not any(server.host.is_capturing() for server in servers), 'somebody still captures', TIMEOUT)
    return output.decode(), error.decode()


def test_a_host_and_a_source(fleet):
    server = fleet.servers[0]
    for source in (server.interface, server.address, 'all'):
        output, _ = run(fleet, [fleet.programs.ipmon_path, '-i', f'server1:{source}', '-c', 3, *FILTER.split()],
                        [server])
        assert len(output.splitlines()) == 3 and output.count(f'> {server.address}') == 3, output


def test_several_hosts(fleet):
    output, _ = run(fleet, [fleet.programs.ipmon_path, '-i', 'server1:eth1', '-i', 'root@10.8.2.2:10.8.2.2', '-c', 6,
                            FILTER], fleet.servers)
    for server in fleet.servers:
        assert output.count(f'> {server.address}') == 3


def test_hosts_as_options(fleet):
    output, _ = run(fleet, [fleet.programs.ipmon_path, '-i', 'remote', '--remote-host', 'server1 server2', '-c', 6,
                            '--remote-source', 'server1=eth1 all', FILTER], fleet.servers)
    assert len(output.splitlines()) == 6


def test_a_host_by_its_ipv6_address(fleet):
    """The list is what -i takes."""
    mapped, server = '::ffff:10.8.1.2', fleet.servers[0]
    fleet.configure(f'Host {mapped}\n    HostKeyAlias {server.address}\n    User root\n')
    listed = fleet.ipmon('-D', '--remote-host', f'root@{mapped}').stdout.decode().splitlines()
    assert listed[1] == f'root@[{mapped}]:eth1 {server.address}'
    source = listed[1].split()[0]
    output, _ = run(fleet, [fleet.programs.ipmon_path, '-i', source, '-c', 3, FILTER], [server])
    assert output.count(f'> {server.address}') == 3


def test_through_tshark(fleet):
    settings = {'remotehost': 'server1', 'remotesource': 'eth1', 'remotecommand': 'env ipmon'}
    output, error = run(fleet, [
        'tshark', '-n', '-i', 'ipmon:remote', '-f', FILTER, '-c', 3, '-T', 'fields', '-e', 'ip.dst', '-e',
        'frame.interface_name',
        *[word for name, value in settings.items() for word in ('-o', f'extcap.ipmon_remote.{name}:{value}')]],
        fleet.servers[:1])
    assert re.fullmatch(r'(10\.8\.1\.2\tserver1:eth1\n){3}', output), (output, error)


def test_local_names_and_addresses_win(fleet):
    """None of them is looked up by ssh."""
    for source in ('::1', 'lo', 'to-server1', '10.8.1.1'):
        process = fleet.programs.start([fleet.programs.ipmon_path, '-i', source, '-w', '-'], host=fleet.client,
                                       capture=True)
        wait_until(fleet.client.is_capturing, 'nobody captures on the client', TIMEOUT)
        process.terminate()
        process.communicate(timeout=TIMEOUT)
        assert process.returncode == 0


@pytest.mark.parametrize('arguments,part', [
    ('-i fe80::1%nowhere', 'error 1118: '),
    ('-i 2001:db8::zz', 'error 1118: '),
    ('-i lo:1', 'error 1118: '),
    ('-i server1:', "'server1:' names no source of that host"),
    ('-i -oProxyCommand=x:eth1', "the remote host '-oProxyCommand=x' begins with '-'"),
    ('-i ssh://server1:22', '--remote-host ssh://HOST:PORT'),
    ('-i server1:eth1 -i lo', 'names a source of this machine and HOST:SOURCE'),
    ('-i server1:eth1 --remote-host server2', '-i HOST:SOURCE is the same as --remote-host'),
    ('-i server1:-w', "the remote source '-w' is neither an address nor an interface"),
    ('-i server1:file', "the remote source 'file' is neither an address nor an interface"),
    ('-i remote', 'no remote host is given'),
    ('-i lo --remote-host server1', '--remote-host has no meaning on ipmon:lo'),
    ('-i server1:eth1 --use-pcap', '--use-pcap has no meaning on ipmon:remote'),
])
def test_mistakes(fleet, arguments, part):
    result = fleet.ipmon(*arguments.split(), '-w', '-')
    assert (result.returncode, result.stdout, result.stderr.count(b'\n')) == (1, b'', 1)
    assert part in result.stderr.decode()


def test_only_one_list_is_of_other_hosts(fleet):
    for action in ('--list-addresses', '--list-interfaces'):
        result = fleet.ipmon(action, '--remote-host', 'server1')
        assert (result.returncode, result.stdout) == (1, b'') and b'printed by -D --remote-host' in result.stderr


def test_an_ordinary_user_with_the_capability_gives_ssh_nothing(fleet, file_capability):
    """The agent is found in the environment of the user, although ipmon clears its own."""
    path, group = file_capability
    seen = fleet.programs.home / 'seen'
    fleet.configure(f'Match exec "env > {seen}; cat /proc/self/status >> {seen}"\n')
    words = ['nsenter', *fleet.client.enter[1:], 'setpriv', '--reuid=65534', '--regid=65534', f'--groups={group}',
             '--inh-caps=-all', '--', 'sh', '-c', 'exec "$0" "$@"', path, '-D', '--remote-host', 'server1']
    subprocess.run(words, env={**fleet.programs.environment(), 'SSH_AUTH_SOCK': '/the/agent'},
                   stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT)
    text = seen.read_text()
    assert 'SSH_AUTH_SOCK=/the/agent\n' in text and f'HOME={fleet.programs.home}\n' in text
    for name in ('CapInh', 'CapPrm', 'CapEff', 'CapAmb'):
        assert re.search(rf'^{name}:\t0+$', text, re.MULTILINE), text


def test_ssh_into_a_pipe(fleet):
    """ssh HOST ipmon -i SOURCE -w - | wireshark -k -i -"""
    output, error = run(fleet, ['sh', '-c', f"ssh -n server1 ipmon -i eth1 -w - '\"{FILTER}\"' | "
                                'tshark -n -i - -c 3 -T fields -e ip.dst'], fleet.servers[:1], into_pipe=True)
    assert output == '10.8.1.2\n' * 3, error


@pytest.mark.parametrize('command', [
    f'ipmon -i eth1 -w - {FILTER}',
    f'ipmon --capture --extcap-interface ipmon:eth1 --extcap-capture-filter "{FILTER}" --fifo -'])
def test_sshdump(fleet, command):
    """Wireshark's own extcap for ssh, with ipmon as its remote command."""
    [folder] = {path.parent for below in ('/usr/lib', '/usr/libexec')
                for path in Path(below).glob('**/wireshark/extcap/sshdump')}
    settings = {'remotehost': '10.8.1.2', 'remoteusername': 'root', 'sshkey': fleet.ssh / 'id_ed25519',
                'remotecapturecommandselect': 'other', 'remotecapturecommand': command}
    output, error = run(fleet, [
        'env', f'WIRESHARK_EXTCAP_DIR={folder}', 'tshark', '-n', '-i', 'sshdump', '-c', 3, '-T', 'fields', '-e',
        'ip.dst', *[word for name, value in settings.items() for word in ('-o', f'extcap.sshdump.{name}:{value}')]],
        fleet.servers[:1], into_pipe=True)
    assert output == '10.8.1.2\n' * 3, error
