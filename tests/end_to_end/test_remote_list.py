# The sources of other machines, asked by ssh: in the dialog of ipmon:remote and in ipmon -D.
# SPDX-License-Identifier: GPL-2.0-or-later
import re

import pytest

RELOAD = ('--extcap-config', '--extcap-interface', 'ipmon:remote', '--extcap-reload-option', '--remote-source')
LIST = 'extcap {version=9.9.9}{display=IP Monitor}\ninterface {value=ipmon:192.0.2.1}{display=IP Monitor on wan0}\n'


@pytest.fixture(autouse=True)
def clean(fleet):
    yield
    fleet.reset()


def values(result):
    """The entries of the selector, as (value, text, whether it is the default)."""
    assert (result.returncode, result.stderr) == (0, b''), result.stderr
    lines = result.stdout.decode().splitlines()
    found = [re.fullmatch(r'value \{arg=1\}\{value=(.*?)\}\{display=(.*?)\}\{default=(true|false)\}', line)
             for line in lines]
    assert found and all(found), lines
    assert [one[3] for one in found].count('true') == 1
    return [(one[1], one[2], one[3] == 'true') for one in found]


def reload(fleet, hosts, *more):
    return values(fleet.ipmon(*RELOAD, '--remote-host', hosts, *more))


def fault(fleet, host, *more):
    """What the dialog says of a single host, in lines that it has room for."""
    shown, *lines = reload(fleet, host, *more)
    assert shown == ('all', 'No list of sources: see here', True)
    assert lines and all(value == '' and len(text) <= 36 for value, text, _ in lines)
    return ' '.join(text for _, text, _ in lines)


def test_the_source_is_listed_and_needs_no_right(fleet):
    listed = fleet.ipmon('--extcap-interfaces').stdout.decode()
    assert '\ninterface {value=ipmon:remote}{display=IP Monitor over ssh}\n' in listed
    assert listed.index('ipmon:all}') < listed.index('ipmon:remote}') < listed.index('ipmon:file}')
    types = fleet.ipmon('--extcap-dlts', '--extcap-interface', 'ipmon:remote')
    assert types.returncode == 0 and types.stdout.startswith(b'dlt {number=101}')
    assert b'ipmon:remote (IP Monitor over ssh)' in fleet.programs.tshark('-D', host=fleet.client).stdout


def test_the_dialog_asks_nobody_before_the_reload(fleet):
    for server in fleet.servers:
        server.install('touch "$0-asked"')
    result = fleet.ipmon('--extcap-config', '--extcap-interface', 'ipmon:remote')
    assert result.returncode == 0
    assert [number_and_call for number_and_call in re.findall(
        r'^arg \{number=(\d)\}\{call=--(remote-[a-z]+)\}', result.stdout.decode(), re.M)] == [
            ('0', 'remote-host'), ('1', 'remote-source'), ('2', 'remote-command')]
    assert 'value {arg=1}{value=all}{display=all interfaces}{default=true}\n' in result.stdout.decode()
    assert not [name for server in fleet.servers for name in server.commands.glob('*-asked')]


def test_reload_of_one_host(fleet):
    assert reload(fleet, 'server1') == [
        ('all', 'all interfaces', True), ('lo', 'lo', False), ('eth1', 'eth1', False),
        ('127.0.0.1', '127.0.0.1 on lo', False), ('::1', '::1 on lo', False), ('10.8.1.2', '10.8.1.2 on eth1', False)]


def test_reload_of_several_hosts(fleet):
    found = {value: text for value, text, _ in reload(fleet, ' server1   nobody@server2 ')}
    assert list(found)[0] == 'all'
    assert found['server1=lo nobody@server2=lo'] == 'lo of server1, nobody@server2'
    assert found['nobody@server2=10.8.2.2'] == 'nobody@server2: 10.8.2.2 on eth2'
    assert found['server1=eth1'] in ('server1: eth1', 'eth1 of server1')
    assert found['server1=all'] == 'server1: all'


def test_one_of_several_hosts_fails(fleet):
    found = reload(fleet, 'server1 root@10.8.9.9 server2', '--remote-command', 'ipmon')
    assert found[0] == ('all', 'all interfaces; 1 of 3 hosts failed', True)
    assert ' '.join(text for value, text, _ in found[1:] if value == '').startswith(
        'error 10051: root@10.8.9.9: ssh: connect to host 10.8.9.9 port 22: ')
    assert [value for value, _, _ in found if value == 'server2=eth2']


def test_hosts_are_asked_at_the_same_time(fleet, tmp_path):
    """Each one answers when the other has been asked."""
    for own, other in (('1', '2'), ('2', '1')):
        fleet.servers[int(own) - 1].install(
            f'touch {tmp_path}/{own}; for i in $(seq 80); do [ ! -e {tmp_path}/{other} ] || break; sleep 0.1; done\n'
            f'[ -e {tmp_path}/{other} ] && exec {fleet.programs.ipmon_path} "$@"')
    assert 'failed' not in reload(fleet, 'server1 server2')[0][1]


def test_wrong_key(fleet):
    fleet.configure('IdentityFile /dev/null\nIdentitiesOnly yes\n')
    text = fault(fleet, 'server1')
    assert text.startswith('error 10013: server1: root@10.8.1.2: Permission denied (publickey); ')
    assert 'ssh-copy-id' in text


def test_a_host_that_wants_a_password_is_not_waited_for(fleet):
    server = fleet.servers[0]
    server.restart('PasswordAuthentication yes\n')
    try:
        fleet.configure('IdentityFile /dev/null\nIdentitiesOnly yes\n')
        assert 'Permission denied (publickey,password)' in fault(fleet, 'server1')
    finally:
        server.restart()


def test_unknown_host_key(fleet):
    fleet.know('')
    text = fault(fleet, 'server1')
    assert text.startswith('error 10013: server1: Host key verification failed; run ssh to that host once')


def test_changed_host_key(fleet):
    first, second = fleet.servers
    fleet.know(f'{first.address} {second.key}\n')
    text = fault(fleet, 'server1')
    assert 'IDENTIFICATION HAS CHANGED' in text and 'ssh-keygen -R' in text


def test_unknown_host(fleet):
    text = fault(fleet, 'no-such-host.invalid')
    assert text.startswith('error 11001: no-such-host.invalid: ssh: Could not resolve hostname ')


def test_unreachable_host(fleet):
    """One that swallows everything: ssh gives up after five seconds."""
    fleet.client.run('ip', 'route', 'add', '10.8.77.0/24', 'via', fleet.servers[0].address)
    fleet.servers[0].host.run('ip', 'route', 'add', 'blackhole', '10.8.77.0/24')
    text = fault(fleet, '10.8.77.1')
    assert text.startswith('error 10060: 10.8.77.1: ssh: connect to host 10.8.77.1 port 22: Connection timed out')


def test_a_host_without_a_server(fleet):
    text = fault(fleet, f'{fleet.servers[0].client_address}')
    assert text.startswith('error 10061: 10.8.1.1: ssh: connect to host 10.8.1.1 port 22: Connection refused')


def test_a_host_without_ipmon(fleet):
    fleet.servers[0].install('')
    text = fault(fleet, 'server1')
    assert 'ipmon: command not found' in text and '--remote-command' in text
    assert 'not found' in fault(fleet, 'nobody@server1')  # another shell


def test_the_command_of_the_host(fleet):
    path = fleet.servers[0].commands / 'watch packets'
    fleet.servers[0].install('')
    assert fault(fleet, 'server1', '--remote-command', '/no/such ipmon').count('/no/such') == 1
    path.symlink_to(fleet.programs.ipmon_path)
    try:
        assert len(reload(fleet, 'server1', '--remote-command', f'env -i {fleet.programs.ipmon_path}')) == 6
    finally:
        path.unlink()


def test_sudo_that_wants_a_password(fleet):
    fleet.servers[0].install('echo "sudo: a password is required" >&2; exit 1')
    text = fault(fleet, 'server1', '--remote-command', 'ipmon')
    assert text.startswith('error 10013: server1: sudo: a password is required; ') and 'NOPASSWD' in text


def test_garbage_in_place_of_a_list(fleet):
    for script, quoted in (
            ('echo Welcome to server1; echo more', "but 'Welcome to server1'"),
            (r"printf '\033[2J}{value=x}\001'", "but '?[2J)(value=x)?'"),
            ('true', 'printed no list of sources'),
            ('exec head -c 1000 /dev/zero', 'printed no list of sources'),
            ('exec head -c 3000000 /dev/zero', 'prints more than a list of sources'),
            ('exec yes interface', 'prints more than a list of sources')):
        fleet.servers[0].install(script)
        assert quoted in fault(fleet, 'server1'), script


def test_a_banner_in_front_of_the_list(fleet):
    fleet.servers[0].install(f'echo "Authorized users only"; exec {fleet.programs.ipmon_path} "$@"')
    assert len(reload(fleet, 'server1')) == 6


def test_the_list_of_another_version(fleet):
    fleet.servers[0].install(f"cat <<'END'\n{LIST}interface {{value=ipmon:new:thing x}}{{display=New}}\n"
                             'interface {value=ipmon:-oX=1}{display=IP Monitor on x}\n'
                             'interface {value=ipmon:192.0.2.2}{display=Changed}\nfuture {a=b}\nEND')
    listed = reload(fleet, 'server1')
    assert [value for value, _, _ in listed if value] == ['all', 'wan0', '192.0.2.1', '192.0.2.2']
    assert ' '.join(text for value, text, _ in listed if not value) == (
        'server1: an older ipmon, which lists no more than 32 addresses')
    assert fleet.ipmon('-D', '--remote-host', 'server1').stdout.decode() == (
        'server1:wan0 192.0.2.1\nserver1:192.0.2.2 (?)\n'
        'server1: an older ipmon, which lists no more than 32 addresses\nserver1:all (every interface)\n')


def test_a_host_that_never_answers(fleet):
    fleet.servers[0].install('exec sleep 60')
    assert 'server1: no list of sources came within 10 seconds' in fault(fleet, 'server1')
    assert fleet.clients_of_ssh() == []


def test_a_configuration_for_terminals(fleet):
    """What disturbs no session at a terminal disturbs none of ipmon's either."""
    fleet.configure('Host *\n    RequestTTY force\n    RemoteCommand bash -l\n    LocalForward 7777 127.0.0.1:7\n'
                    '    ExitOnForwardFailure yes\n    PermitLocalCommand yes\n    LocalCommand echo local\n'
                    '    LogLevel DEBUG\n    StdinNull yes\n    SessionType none\n    ForkAfterAuthentication yes\n')
    assert len(reload(fleet, 'server1')) == 6
    assert len(reload(fleet, 'root@server1 nobody@server1')) > 6


def test_a_shared_connection(fleet):
    """The client that stays behind for others keeps nobody waiting."""
    fleet.configure('Host *\n    ControlMaster auto\n    ControlPath ~/.ssh/%C\n    ControlPersist 30\n')
    try:
        for _ in range(2):
            assert len(reload(fleet, 'server1')) == 6
        assert len(fleet.clients_of_ssh()) == 1
    finally:
        fleet.programs.run(['ssh', '-O', 'exit', 'server1'], host=fleet.client)


@pytest.mark.parametrize('host', [
    '-oProxyCommand=touch${IFS}HERE', 'root@-oProxyCommand=touch', 'a;touch HERE', '$(touch${IFS}HERE)',
    '`touch${IFS}HERE`', 'x|touch${IFS}HERE', 'ssh://-oProxyCommand=x', 'a\nb', "it's", '@', 'a=', '=b', 'a=-w',
    'root@', ' '])
def test_host_names_that_are_none(fleet, host, tmp_path):
    fleet.configure(f'Host *\n    ProxyCommand touch {fleet.programs.home}/%h; nc %h %p\n')
    text = fault(fleet, host.replace('HERE', str(tmp_path / 'made')))
    assert text.startswith('error 10022: ') and 'remote ' in text
    assert not list(tmp_path.iterdir())
    assert not [name for name in fleet.programs.home.iterdir() if 'touch' in name.name]


def test_nothing_breaks_out_of_the_command(fleet):
    """What is no word of the command stays a word on the other machine, whatever its shell."""
    folder = fleet.programs.home
    for command in (f'ipmon; touch {folder}/made', f'ipmon | tee {folder}/made', f'ipmon $(touch {folder}/made)',
                    f'ipmon > {folder}/made', f"ipmon ' touch {folder}/made '", f'ipmon `touch {folder}/made`',
                    f'ipmon \\ && touch {folder}/made', f'ipmon\ntouch {folder}/made'):
        for host in ('server1', 'nobody@server1'):
            result = fleet.ipmon(*RELOAD, '--remote-host', host, '--remote-command', command)
            assert result.returncode == 0
            assert not (folder / 'made').exists(), command


def test_list_for_the_command_line(fleet):
    result = fleet.ipmon('-D', '--remote-host', 'server1 nobody@server2 10.8.1.1')
    assert result.returncode == 1
    assert result.stderr.startswith(b'ipmon: error 10061: 10.8.1.1: ') and result.stderr.count(b'\n') == 1
    assert result.stdout.decode().splitlines() == [
        'server1:lo 127.0.0.1, ::1', 'server1:eth1 10.8.1.2', 'server1:all (every interface)',
        'nobody@server2:lo 127.0.0.1, ::1', 'nobody@server2:eth2 10.8.2.2', 'nobody@server2:all (every interface)']
    assert fleet.ipmon('-D', '--remote-host', 'server2').returncode == 0
    nobody = fleet.ipmon('-D', '--remote-host', '')
    assert nobody.returncode == 1 and b'no remote host is given' in nobody.stderr


VETHS = 150  # pairs


def change_links(host, folder, commands):
    """commands: of ip(8)."""
    batch = folder / 'batch'
    batch.write_text('\n'.join(commands) + '\n')
    host.run('ip', '-batch', str(batch))


@pytest.fixture
def busy(fleet, tmp_path):
    """server1 with a bridge, many lines of containers, and interfaces whose names are no sources."""
    host = fleet.servers[0].host
    commands = ['link add br-1 group 7 type bridge', 'address add 172.17.0.1/24 dev br-1',
                'link add {x} group 7 type veth peer name file group 7', 'address add 192.0.2.9/32 dev {x}']
    commands += [f'link add veth{number} group 7 type veth peer name peer{number} group 7' for number in range(VETHS)]
    change_links(host, tmp_path, commands)
    yield host
    host.run('ip', 'link', 'delete', 'group', '7')


def test_a_host_with_many_interfaces(fleet, busy):
    listed = fleet.ipmon('-D', '--remote-host', 'server1').stdout.decode().splitlines()
    there = [line.split('. ', 1)[1] for line in fleet.programs.ipmon('-D', host=busy).stdout.decode().splitlines()]
    names = [line.split()[0] for line in there if line.split()[0] not in ('{x}', 'file', 'all')]
    assert len(names) == 2 * VETHS + 3
    assert [line.split()[0] for line in listed if re.match(r'server1:[a-z]', line)] == [
        f'server1:{name}' for name in [*names, 'all']]
    assert 'server1:br-1 172.17.0.1' in listed and 'server1:192.0.2.9 ((x))' in listed
    assert 'server1: file is captured by all only, for no source can have this name' in listed
    assert not [line for line in listed if 'more' in line]


def test_the_dialog_of_a_host_with_many_interfaces(fleet, busy):
    """What anybody looks for comes first, and the end says what to do about the rest."""
    found = [(value, text) for value, text, _ in reload(fleet, 'server1')]
    assert [value for value, _ in found[:9]] == [
        'all', 'lo', 'eth1', 'br-1', '127.0.0.1', '::1', '10.8.1.2', '192.0.2.9', '172.17.0.1']
    assert [value for value, _ in found if re.match('veth|peer', value)] == [
        value for value, _ in found[9:201]], 'these are last'
    assert ' '.join(text for _, text in found[201:]) == (
        'server1: and 108 more; enter server1=NAME in Remote hosts for one')


def test_a_source_that_is_typed(fleet, busy):
    """The host is asked as without it, and a chosen source is one more."""
    found = {value: text for value, text, _ in reload(fleet, 'server1=veth7 server1=lo')}
    assert found['all'] == 'as in Remote hosts' and found['server1=eth1'] == 'server1: eth1'
    busy.run('ip', 'link', 'set', 'veth7', 'up')
    result = fleet.ipmon('-i', 'remote', '--remote-host', 'server1=veth7', '-a', 'duration:0.1', '-w', '-')
    assert result.returncode == 0, result.stderr
    assert b'server1:veth7' in result.stdout and b'server1:lo' not in result.stdout


def test_a_host_with_more_interfaces_than_an_older_ipmon_lists(fleet, busy, tmp_path):
    """It ignores the option that it does not know."""
    fleet.servers[0].install(f'[ "$2" = --extcap-every-interface ] && exec {fleet.programs.ipmon_path} "$1"')
    change_links(busy, tmp_path, [f'address add 10.77.0.{number}/32 dev veth{number}' for number in range(40)])
    listed = fleet.ipmon('-D', '--remote-host', 'server1').stdout.decode().splitlines()
    assert sum(len(line.split(' ', 1)[1].split(', ')) for line in listed[:-2]) == 32
    assert listed[-2] == 'server1: an older ipmon, which lists no more than 32 addresses'
    local = fleet.programs.ipmon('--extcap-interfaces', host=busy).stdout.decode()
    assert '{display=IP Monitor on all interfaces; 13 more addresses in its options}' in local
