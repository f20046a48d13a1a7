# Interfaces with names that Linux allows and others misread, and interfaces that are renamed.
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import re
import signal
import subprocess

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6

import pcapng
import toolbar
from capture_files import pcap
from capturing import SOURCE, SOURCE6, Capture, frame
from network import Host, wait_until
from programs import TIMEOUT

# What is printed, in a sentence for Wireshark, in a source's name; None: the index.
NAMES = {
    b'we}ird': ('we)ird', None),
    b'a}{b': ('a)(b', None),
    b'x}': ('x)', None),
    b'{y': ('(y', None),
    b'c,d': ('c,d', None),
    b'ctl\x01\x1b[2J': ('ctl??[2J', None),
    b'bad\xff': ('bad?', None),
    b'q"t': ('q"t', 'q"t'),
    b"s'q": ("s'q", "s'q"),
    b'e=f': ('e=f', 'e=f'),
    b'-m': ('-m', '-m'),
    b'7777': ('7777', '7777'),
    'äö'.encode(): ('äö', 'äö'),
}


ONLY_OURS = ['--extcap-capture-filter', 'udp']  # not what IPv6 sends by itself


class NamedHost:
    """A host with an interface of each name, with an IPv4 and a link-local IPv6 address."""

    def __init__(self, names):
        self.host = Host('named')
        self.numbers = {name: number for number, name in enumerate(names, 1)}
        for name, number in self.numbers.items():
            self.host.run('ip', 'link', 'add', 'name', name, 'type', 'veth', 'peer', 'name',
                          f'peer{number}')
            self.host.write(f'/proc/sys/net/ipv6/conf/peer{number}/disable_ipv6', '1')
            for end in (name, f'peer{number}'):
                self.host.run('ip', 'link', 'set', 'dev', end, 'addrgenmode', 'none')
                self.host.run('ip', 'link', 'set', 'dev', end, 'up')
            self.host.run('ip', 'address', 'add', f'10.77.{number}.1/24', 'dev', name)
            self.host.run('ip', 'address', 'add', f'fe80::{number}/64', 'dev', name, 'nodad')

    def index(self, name):
        shown = self.host.run('ip', '-o', 'link', 'show', 'dev', name).stdout
        return int(shown.split(b':')[0])

    def source(self, name):
        """The link-local address's."""
        zone = NAMES[name][1] or self.index(name)
        return f'ipmon:fe80::{self.numbers[name]}%{zone}'

    def send(self, name, packet):
        self.host.wire(f'peer{self.numbers[name]}').send(frame(packet))


@pytest.fixture(scope='module')
def named():
    made = NamedHost(NAMES)
    yield made
    made.host.close()


def test_every_source_is_listed_whole(programs, named):
    result = programs.ipmon('--extcap-interfaces', host=named.host)
    assert result.returncode == 0
    text = result.stdout.decode()  # it is UTF-8
    found = dict(re.findall(r'^interface \{value=(\S*)\}\{display=(.*)\}$', text, re.M))
    for name, (shown, _) in NAMES.items():
        for value in (named.source(name), f'ipmon:10.77.{named.numbers[name]}.1'):
            assert found[value] == f'IP Monitor on {shown}'
    assert not any(character < ' ' for line in text.splitlines() for character in line)


def test_tshark_lists_every_source(programs, named):
    listed = programs.tshark('-D', host=named.host).stdout.decode(errors='replace')
    for name, (shown, _) in NAMES.items():
        for value in (named.source(name), f'ipmon:10.77.{named.numbers[name]}.1'):
            assert f'. {value} (IP Monitor on {shown})\n' in listed
    assert 'ipmon:all (' in listed and 'ipmon:file (' in listed


def test_the_addresses_are_listed(programs, named):
    listed = programs.ipmon('--list-addresses', host=named.host).stdout.decode().splitlines()
    assert f'fe80::{named.numbers[b"we}ird"]}%{named.index(b"we}ird")}\twe}}ird' in listed
    assert f'10.77.{named.numbers[b"bad" + bytes([255])]}.1\tbad?' in listed


def test_the_dialog_offers_every_address(programs, named):
    config = programs.ipmon('--extcap-config', '--extcap-interface', 'ipmon:all',
                            host=named.host).stdout.decode()
    for name, (shown, _) in NAMES.items():
        value = named.source(name).split(':', 1)[1]
        assert f'{{value={value}}}{{display={value} on {shown}}}' in config
    assert config.count('{value=fe80::') == len(NAMES)


@pytest.mark.parametrize('name', NAMES, ids=repr)
def test_every_source_is_captured_through_tshark(programs, named, name):
    out = programs.readable('named.pcapng')
    out.unlink(missing_ok=True)
    source = named.source(name)
    preference = 'extcap.' + re.sub(r'[^a-z0-9_]', '_', source.lower()) + '.packetcount:1'
    if not name.isascii():
        preference = 'gui.ask_unsaved:FALSE'
    tshark = programs.start(['tshark', '-n', '-i', source, '-f', 'udp', '-o', preference, '-c', '1', '-w', out],
                            host=named.host, capture=True)
    wait_until(named.host.is_capturing, 'tshark started no capture')
    named.send(name, IPv6(src=SOURCE6, dst='ff02::1') / UDP(dport=9) / name)
    _, error = tshark.communicate(timeout=TIMEOUT)
    assert tshark.returncode == 0, error
    found = pcapng.blocks(out.read_bytes())
    assert [packet.bytes[48:] for packet in pcapng.packets(found)] == [name]
    [interface] = pcapng.of_type(found, pcapng.INTERFACE)
    assert interface.options[2] == [re.sub(rb'[\x00-\x1f\xff]', b'?', name)]


def test_name_and_index_are_both_taken(programs, named):
    for zone in ('we}ird', named.index(b'we}ird')):
        capture = Capture(programs, named.host, f'ipmon:fe80::1%{zone}', '--packet-count', '1',
                          *ONLY_OURS)
        named.send(b'we}ird', IP(src=SOURCE, dst='10.77.1.1') / UDP(dport=9))
        found, status, error = capture.finish()
        assert (status, error) == (0, '') and len(pcapng.packets(found)) == 1


@pytest.mark.parametrize('options', [['--use-pcap'], ['--receive-all-mode', '2'],
                                     ['--receive-all-mode', '0']])
def test_other_drivers_and_modes(programs, named, options):
    name = b'bad\xff'
    number = named.numbers[name]
    capture = Capture(programs, named.host, f'ipmon:10.77.{number}.1', '--packet-count', '1', *options,
                      *ONLY_OURS)
    address = named.host.run('ip', '-o', 'link', 'show', 'dev', name).stdout.split(b'link/ether ')[1]
    mac = address.split()[0].decode()
    named.host.wire(f'peer{number}').send(
        frame(IP(src=SOURCE, dst=f'10.77.{number}.1') / UDP(dport=9), mac))
    found, status, error = capture.finish()
    assert (status, error) == (0, '') and len(pcapng.packets(found)) == 1
    [interface] = pcapng.of_type(found, pcapng.INTERFACE)
    assert interface.options[2][0].startswith(b'bad?')


# Nothing that is printed does anything to a terminal


COLOURED = b'\x1b[31mx'


@pytest.fixture(scope='module')
def coloured():
    made = NamedHost([COLOURED])
    yield made
    made.host.close()


def assert_printable(text):
    assert text and not re.search('[\x00-\x08\x0b-\x1f\x7f-\x9f]', text.replace('\r\n', '\n')), ascii(text)


@pytest.mark.parametrize('words', [['--extcap-interfaces'], ['--list-addresses'], ['--list-interfaces'],
                                   ['--extcap-config', '--extcap-interface', 'ipmon:all']], ids=str)
def test_lists_have_no_control_characters(programs, coloured, words):
    listed = programs.ipmon(*words, host=coloured.host).stdout.decode()
    assert '?[31mx' in listed
    assert_printable(listed)


@pytest.mark.parametrize('options', [[], ['--receive-all-mode', '2'], ['--use-pcap']], ids=str)
def test_a_capture_prints_no_control_characters(programs, coloured, log, options):
    """At the terminal, in the log, and in the toolbar; its source is named as the kernel names it."""
    bar = toolbar.Toolbar(programs)
    primary, secondary = os.openpty()
    data = programs.readable('coloured')
    data.unlink(missing_ok=True)
    process = programs.start(
        [programs.ipmon_path, '--capture', '--extcap-interface', b'ipmon:fe80::1%' + COLOURED,
         '--fifo', data, '--log-file', log.path, '--log-level', 'debug', *options, *bar.options],
        host=coloured.host, capture=True, stderr=secondary)
    os.close(secondary)
    wait_until(lambda: 'captures from' in log.text(), 'the capture does not begin')
    for state in ('down', 'up'):
        coloured.host.run('ip', 'link', 'set', COLOURED, state)
        wait_until(lambda: f'?[31mx went {state}' in log.text(), 'the change is not logged')
    coloured.host.run('ip', 'address', 'add', '10.78.0.1/24', 'dev', COLOURED)
    wait_until(lambda: '?[31mx got the address 10.78.0.1' in log.text(), 'the address is not logged')
    coloured.host.run('ip', 'address', 'delete', '10.78.0.1/24', 'dev', COLOURED)
    coloured.host.run('ip', 'address', 'add', 'fe80::1/64', 'dev', COLOURED, 'nodad')
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=TIMEOUT)
    printed = os.read(primary, 65536).decode()
    os.close(primary)
    bar.read_all()
    shown = ''.join(payload.decode() for _, control, command, payload in bar.messages
                    if control == toolbar.LOG or command == toolbar.STATUS)
    bar.close()
    assert 'captures from ipmon:fe80::1%?[31mx' in printed and '?[31mx went up' in shown
    for text in (printed, log.text(), shown):
        assert_printable(text)


@pytest.mark.parametrize('options', [[], ['--use-pcap']], ids=str)
def test_an_error_has_no_control_characters(programs, coloured, options):
    coloured.host.run('ip', 'link', 'set', COLOURED, 'down')
    result = programs.ipmon('--capture', '--extcap-interface', 'ipmon:10.77.1.1', '--fifo', '-', *options,
                            host=coloured.host, capture=True)
    coloured.host.run('ip', 'link', 'set', COLOURED, 'up')
    assert result.returncode == 1 and b'?[31mx' in result.stderr
    assert_printable(result.stderr.decode())
    unknown = programs.ipmon('--capture', '--extcap-interface', b'ipmon:fe80::2%\xc2\x9b31m\xff' + COLOURED,
                             '--fifo', '-', host=coloured.host, capture=True)
    assert unknown.returncode == 1 and b'%??31m??[31mx is not' in unknown.stderr
    assert_printable(unknown.stderr.decode())


def test_the_name_of_a_replayed_file(programs, host):
    path = os.fsencode(programs.readable('replayed')) + b'\x1b[31m\xff\xc3\xa4.pcap'
    with open(path, 'wb') as file:
        file.write(pcap([(0, bytes(IP() / UDP()))]))
    result = programs.ipmon('--capture', '--extcap-interface', 'ipmon:file', '--file', path, '--fifo', '-',
                            host=host)
    os.unlink(path)
    assert (result.returncode, result.stderr) == (0, b'')
    [section] = pcapng.of_type(pcapng.blocks(result.stdout), pcapng.SECTION)
    assert section.options[4][0].endswith('/replayed?[31m?ä.pcap'.encode())


# Another name


@pytest.fixture
def renamed():
    made = NamedHost([b'eth0'])
    yield made.host
    made.host.close()


def send_to(host, text):
    host.wire('peer1').send(frame(IP(src=SOURCE, dst='10.77.1.1') / UDP(dport=9) / text))


def rename(host, before, after):
    """While it is up where the kernel allows that."""
    try:
        host.run('ip', 'link', 'set', 'dev', before, 'name', after)
    except subprocess.CalledProcessError:
        for words in (['down'], ['name', after], ['up']):
            host.run('ip', 'link', 'set', 'dev', after if words == ['up'] else before, *words)


def test_a_renamed_interface_is_named_in_the_log(programs, renamed, log):
    capture = Capture(programs, renamed, 'ipmon:10.77.1.1', '--log-file', log.path, *ONLY_OURS)
    send_to(renamed, b'before')
    blocks = [capture.read_block() for _ in range(3)]
    rename(renamed, 'eth0', 'lan0')
    renamed.run('ip', 'address', 'add', '10.77.1.9/24', 'dev', 'lan0')
    wait_until(lambda: '10.77.1.9' in log.text(), 'the new address is not logged')
    send_to(renamed, b'after')
    blocks.append(capture.read_block())
    renamed.run('ip', 'link', 'delete', 'lan0')
    found, status, error = capture.finish()
    assert [packet.bytes[28:] for packet in pcapng.packets(blocks)] == [b'before', b'after']
    assert 'info: interface eth0 was renamed to lan0\n' in log.text()
    assert 'info: lan0 got the address 10.77.1.9\n' in log.text()
    assert status == 1 and 'interface lan0 was deleted while capturing on it' in error


def test_blocks_written_later_have_the_new_name(programs, renamed, log):
    capture = Capture(programs, renamed, 'ipmon:all', '--log-file', log.path)
    capture.read_block()
    rename(renamed, 'eth0', 'lan}0')
    wait_until(lambda: 'renamed to lan}0\n' in log.text(), 'the new name is not logged')
    send_to(renamed, b'after')
    wait_until(lambda: renamed.received('lan}0') > 0, 'the frame did not arrive')
    capture.signal(signal.SIGTERM)
    found, status, error = capture.finish()
    assert (status, error) == (0, '')
    assert b'lan}0' in [block.options[2][0] for block in pcapng.of_type(found, pcapng.INTERFACE)]


def test_with_libpcap_an_interface_is_renamed(programs, renamed, log):
    capture = Capture(programs, renamed, 'ipmon:10.77.1.1', '--use-pcap', '--log-file', log.path)
    capture.read_block()
    rename(renamed, 'eth0', 'lan0')
    wait_until(lambda: 'eth0 was renamed to lan0\n' in log.text(), 'the new name is not logged')
    send_to(renamed, b'after')
    wait_until(lambda: renamed.received('lan0') > 0, 'the frame did not arrive')
    renamed.run('ip', 'link', 'delete', 'lan0')
    found, status, error = capture.finish()
    assert status == 1 and 'lan0' in error and 'eth0' not in error


def test_many_changes_at_once_do_not_hide_a_new_name(programs, renamed, log):
    """More than the kernel keeps for a program that does not read: the state is read again."""
    capture = Capture(programs, renamed, 'ipmon:10.77.1.1', '--log-file', log.path)
    os.kill(capture.process.pid, signal.SIGSTOP)
    flap = programs.readable('flap')
    flap.write_text('address add 10.66.1.1/32 dev lo\naddress delete 10.66.1.1/32 dev lo\n' * 6000)
    renamed.run('ip', '-batch', flap)
    rename(renamed, 'eth0', 'lan0')
    capture.signal(signal.SIGCONT)
    wait_until(lambda: 'was renamed to lan0\n' in log.text(), 'the new name is not logged')
    assert 'many changes at once' in log.text()
    capture.signal(signal.SIGTERM)
    assert capture.finish()[1:] == (0, '')
