# What ipmon prints without capturing: for Wireshark and on the command line.
# SPDX-License-Identifier: GPL-2.0-or-later
import re
from pathlib import Path

from network import Pair


def sources(output):
    return re.findall(rb'^interface \{value=(.*?)\}\{display=(.*?)\}$', output, re.M)


def wireshark_version(programs):
    """The one that the program was built for."""
    return re.search(r'for Wireshark (\d+\.\d+)', programs.ipmon('--version').stdout.decode())[1]


def test_one_source_for_each_address(programs, hosts):
    hosts.far.write('/proc/sys/net/ipv6/conf/far0/disable_ipv6', '0')
    hosts.far.run('ip', 'address', 'add', '2001:db8::2/64', 'dev', 'far0', 'nodad')
    hosts.far.run('ip', 'address', 'add', 'fe80::2/64', 'dev', 'far0', 'nodad')
    result = programs.ipmon('--extcap-interfaces', '--extcap-version', wireshark_version(programs), host=hosts.far)
    assert result.returncode == 0 and not result.stderr
    assert result.stdout.startswith(b'extcap {version=')
    found = dict(sources(result.stdout))
    assert list(found)[0] == b'ipmon:all'
    assert found[b'ipmon:127.0.0.1'] == b'IP Monitor on lo'
    for address in (Pair.FAR, '2001:db8::2', 'fe80::2%far0'):
        assert found[b'ipmon:' + address.encode()] == b'IP Monitor on far0'


def test_a_wireshark_without_our_plugin_is_named(programs, host):
    """After an upgrade of Wireshark, which does not say that it loads no dissector of ours."""
    for version, named in (('99.1', b'99.1'), ('99.1.7', b'99.1'), (wireshark_version(programs), None), ('x', None)):
        result = programs.ipmon('--extcap-interfaces', '--extcap-version', version, host=host)
        assert (result.returncode, result.stderr) == (0, b'')
        note = b' (no dissector for Wireshark ' + named + b': install ipmon again)' if named else b''
        assert sources(result.stdout) and all(display.endswith(note) for _, display in sources(result.stdout))
        assert (b'no dissector' in result.stdout) == bool(named)


def test_at_most_32_addresses_are_offered_and_all_are_listed(programs, host):
    batch = ''.join(f'address add 10.1.{number >> 8}.{number & 255}/32 dev lo\n'
                    for number in range(1, 301))
    host.run('sh', '-c', f'ip -batch - <<END\n{batch}END\n')
    found = sources(programs.ipmon('--extcap-interfaces', host=host).stdout)
    assert len(found) == len(set(value for value, _ in found)) == 1 + 32 + 2
    assert [value for value, _ in (found[0], *found[-2:])] == [b'ipmon:all', b'ipmon:remote', b'ipmon:file']
    assert all(value.split(b':', 1)[1] not in display for value, display in found[1:-2])
    listed = programs.ipmon('--list-addresses', host=host).stdout.decode().splitlines()
    assert '10.1.1.44\tlo' in listed and len(listed) >= 301
    assert programs.tshark('-D', host=host).stdout.count(b'ipmon:') == 1 + 32 + 2


def test_one_address_on_two_interfaces_gives_two_names(programs, hosts):
    hosts.far.run('ip', 'link', 'add', 'twin0', 'type', 'veth', 'peer', 'name', 'twin1')
    hosts.far.run('ip', 'address', 'add', f'{Pair.FAR}/32', 'dev', 'twin0')
    values = [value for value, _ in sources(programs.ipmon('--extcap-interfaces', host=hosts.far).stdout)]
    assert f'ipmon:{Pair.FAR}%far0'.encode() in values
    assert f'ipmon:{Pair.FAR}%twin0'.encode() in values
    assert len(values) == len(set(values))


def test_tshark_lists_the_sources(programs, hosts):
    listed = programs.tshark('-D', host=hosts.far).stdout.decode()
    assert f'ipmon:{Pair.FAR} (IP Monitor on far0)' in listed
    types = programs.tshark('-i', f'ipmon:{Pair.FAR}', '-L', host=hosts.far)
    assert types.returncode == 0 and b'Raw IP' in types.stdout + types.stderr


def test_tshark_knows_every_option_as_a_preference(programs, host):
    preferences = programs.tshark('-G', 'currentprefs', host=host).stdout.decode()
    for name in ('receiveallmode', 'snapshotlength', 'packetcount', 'inbuffersize', 'outbuffersize', 'record',
                 'ringbuffer', 'onfull'):
        assert f'extcap.ipmon_all.{name}:' in preferences


def test_a_replay_has_no_recorder(programs, host):
    def tabs(source):
        result = programs.ipmon('--extcap-config', '--extcap-interface', source, host=host)
        return re.findall(r'\{call=--([a-z-]+)\}.*\{group=(\w+)\}', result.stdout.decode())
    recorder = [('record', 'Record'), ('ring-buffer', 'Record'), ('on-full', 'Record')]
    for source, expected in (('ipmon:127.0.0.1', recorder), ('ipmon:all', recorder), ('ipmon:file', [])):
        assert [(option, tab) for option, tab in tabs(source) if tab == 'Record'] == expected
        assert ('log-file', 'Log') in tabs(source)


def test_link_type_and_options_of_a_source(programs, host):
    result = programs.ipmon('--extcap-dlts', '--extcap-interface', 'ipmon:127.0.0.1', host=host)
    assert result.returncode == 0 and result.stdout.startswith(b'dlt {number=101}')
    assert programs.ipmon('--extcap-dlts', '--extcap-interface', 'eth0', host=host).returncode == 1
    assert programs.ipmon('--extcap-config', host=host).returncode == 1


def test_capture_filter_verdicts(programs, host):
    def verdict(expression):
        result = programs.ipmon('--extcap-capture-filter', expression, '--extcap-interface',
                                'ipmon:all', host=host)
        return result.returncode, bool(result.stdout)
    assert verdict('udp port 53') == (0, False)
    assert verdict('ether host 02:00:00:00:00:01') == (2, False)
    assert verdict('inbound') == (2, False)
    assert verdict('udp port') == (0, True)
    assert verdict('host localhost') == (0, True)


def test_version_help_and_unknown_options(programs, host):
    version = programs.ipmon('--version', host=host)
    assert version.returncode == 0 and b'GPL-2.0-or-later' in version.stdout
    help_ = programs.ipmon('--help', host=host)
    assert help_.returncode == 0 and b'--list-addresses' in help_.stdout
    unknown = programs.ipmon('--unknown', host=host)
    assert unknown.returncode == 1 and unknown.stderr.startswith(b'ipmon: error 10022: ')
    assert unknown.stderr.count(b'\n') == 1


def test_without_an_action_the_help_ends_with_the_fault(programs, host):
    result = programs.ipmon('--receive-all-mode', '0', host=host)
    *text, fault = result.stderr.decode().splitlines()
    assert (result.returncode, result.stdout) == (1, b'')
    assert any(line.startswith('  --capture ') for line in text)
    assert fault.startswith('ipmon: error 10022: nothing to do: ')


def test_devices_of_libpcap_are_numbered(programs, hosts):
    lines = programs.ipmon('--list-interfaces', host=hosts.far).stdout.decode().splitlines()
    assert [line.split('\t')[0] for line in lines] == [str(n + 1) for n in range(len(lines))]
    assert 'far0' in [line.split('\t')[1] for line in lines]


def test_an_address_with_a_label_has_its_interface(programs, host):
    host.run('ip', 'address', 'add', '10.9.0.1/24', 'dev', 'lo', 'label', 'foo')
    host.run('ip', 'address', 'add', '10.9.0.5/32', 'peer', '10.9.0.6/32', 'dev', 'lo', 'label', 'lo:1')
    listed = programs.ipmon('--list-addresses', host=host).stdout.decode().splitlines()
    assert '10.9.0.1\tlo' in listed and '10.9.0.5\tlo' in listed
    found = dict(sources(programs.ipmon('--extcap-interfaces', host=host).stdout))
    assert found[b'ipmon:10.9.0.1'] == b'IP Monitor on lo'


def test_names_in_filters_are_refused_without_a_query(programs, host):
    result = programs.run(['strace', '-f', '-e', 'trace=connect,sendto,openat',
                           programs.ipmon_path, '--extcap-capture-filter', 'host example.com',
                           '--extcap-interface', 'ipmon:all'], host=host)
    assert result.returncode == 0 and b'example.com' in result.stdout
    assert b'numeric addresses' in result.stdout
    queries = [line for line in result.stderr.splitlines()
             if b'connect(' in line or b'sendto(' in line or b'"/etc/hosts"' in line]
    assert not queries


def test_every_error_is_listed_with_its_names_and_a_hint(programs, host):
    result = programs.ipmon('--list-errors', host=host)
    assert result.returncode == 0 and not result.stderr
    rows = {int(row[0]): row[1:] for row in
            (line.split('\t') for line in result.stdout.decode().splitlines())}
    assert len(rows) == 67 and all(len(row) == 4 for row in rows.values())
    assert rows[10061][:2] == ['WSAECONNREFUSED', 'ECONNREFUSED']
    assert rows[650][0] == '-' and 'never raised' in rows[270][2] and 'never' not in rows[650][2]


def test_every_network_event_is_listed(programs, host):
    result = programs.ipmon('--list-events', host=host)
    rows = [line.split('\t') for line in result.stdout.decode().splitlines()]
    assert result.returncode == 0 and {len(row) for row in rows} == {7}
    names = [row[0] for row in rows]
    assert names.count('icmp_error-start') == 3 and len(set(names)) == len(names) - 2
    assert ['ipintr-badsum', '3 CRITICAL', 'core', 'seen in a packet'] in [row[:4] for row in rows]
    assert [row[3] for row in rows if row[0] == 'sosend-error'] == ['never raised, internal to a host']


def test_the_manual_names_every_option(programs, host):
    manual = (Path(__file__).parents[2] / 'extcap' / 'ipmon.1').read_text().replace('\\-', '-')
    help_ = programs.ipmon('--help', host=host).stdout.decode()
    queries = {'--extcap-interfaces', '--extcap-dlts', '--extcap-config', '--extcap-version',
               '--extcap-reload-option'}  # only Wireshark passes these
    options = set(re.findall(r'^  (--[a-z-]+)', help_, re.M)) - queries
    assert len(options) > 20
    assert not [option for option in sorted(options) if option not in manual]


def test_the_manual_lists_every_network_event(programs, host):
    """With the level, the meaning and the counterparts that the program itself prints."""
    top = Path(__file__).parents[2]
    manual = ' '.join((top / 'plugin' / 'ipmon.5').read_text().replace('\\-', '-').split())
    for line in programs.ipmon('--list-events', host=host).stdout.decode().splitlines():
        name, level, class_, _, meaning, *peers = line.split('\t')
        meaning = meaning[0].upper() + meaning[1:]
        assert f'.B {name} {level}, {class_}' in manual and f'. {meaning}.' in manual, name
        assert all(peer in manual for names in peers if names != '-' for peer in names.split())
    unmapped = re.findall(r'\{"(decoder[^"]+)"', (top / 'common' / 'event_dictionary_unmapped.c').read_text())
    assert unmapped and all(f'.B {name} ' in manual for name in unmapped)
