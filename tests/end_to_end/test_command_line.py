# ipmon as a command: the letters of tcpdump and dumpcap, what it reports, and what it answers to
# mistakes.
# SPDX-License-Identifier: GPL-2.0-or-later
import contextlib
import fcntl
import os
import re
import select
import signal
import socket
import subprocess
import termios
from pathlib import Path

import pytest
from scapy.layers.inet import IP, UDP

import pcapng
from capture_files import ETHERNET, write_pcap
from capturing import SOURCE, frame
from network import Pair, wait_until
from programs import TIMEOUT
from replaying import PACKETS

SNAPSHOT, FILTER, NAME, DESCRIPTION = 4, 11, 2, 3  # of an interface description block
NOTHING = 'ipmon: received 0 packets: 0 written, 0 discarded while paused, 0 discarded at the end, 0 dropped'


def account(count, received=None):
    return (f'ipmon: received {received or count} packets: {count} written, 0 discarded while paused, '
            f'{(received or count) - count} discarded at the end, 0 dropped')


def send(host, count, port=9):
    """UDP to the host itself; the answers are ICMP."""
    with host.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in range(count):
            sender.sendto(b'%d' % number, ('127.0.0.1', port))


class Command:
    """ipmon with its capture on standard output, which has begun."""

    def __init__(self, programs, host, *arguments, before=(), **options):
        self.process = programs.start([*before, programs.ipmon_path, *arguments], host=host, capture=True, **options)
        self.data = b''
        self.data = self.process.stdout.read1(1 << 16)
        assert self.data.startswith(b'\n\r\r\n'), self.process.communicate(timeout=TIMEOUT)

    def finish(self):
        data, error = self.process.communicate(timeout=TIMEOUT)
        return pcapng.blocks(self.data + data), self.process.returncode, (error or b'').decode().splitlines()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.finish()


def answer(programs, host, *arguments):
    """The only line of a command that fails."""
    result = programs.ipmon(*arguments, host=host, capture=True)
    assert result.returncode in (1, 2) and result.stdout == b''
    [line] = result.stderr.decode().splitlines()
    return line


# --- sources -----------------------------------------------------------------------------------


@pytest.mark.parametrize('source', ['lo', '127.0.0.1', '1', 'all', 'any', 'ALL', 'ipmon:127.0.0.1', 'ipmon:lo'])
def test_a_source_is_an_address_an_interface_or_its_number(programs, host, source):
    capture = Command(programs, host, '-i', source, '-c', '2', '-w', '-', 'udp')
    send(host, 2)
    found, status, error = capture.finish()
    assert (status, error) == (0, [account(2)])
    assert len(pcapng.packets(found)) == 2
    assert [block.options[NAME] for block in pcapng.of_type(found, pcapng.INTERFACE)] == [[b'lo']]


@pytest.mark.parametrize('options', [[], ['-p'], ['--receive-all-mode', '2'], ['--use-pcap'], ['--use-pcap', '-p']])
def test_an_interface_needs_no_address(programs, host, options):
    host.run('ip', 'link', 'add', 'bare', 'type', 'veth', 'peer', 'name', 'other')
    for name in ('bare', 'other'):
        host.write(f'/proc/sys/net/ipv6/conf/{name}/disable_ipv6', '1')
        host.run('ip', 'link', 'set', name, 'up')
    host.await_line('bare')
    host.await_line('other')
    mac = re.search(r'ether (\S+)', host.run('ip', 'link', 'show', 'bare').stdout.decode())[1]
    host.run('ip', 'address', 'add', '203.0.113.1/32', 'dev', 'lo')
    host.write('/proc/sys/net/ipv4/conf/bare/rp_filter', '0')
    capture = Command(programs, host, '-i', 'bare', '-c', '1', '-w', '-', *options)
    host.wire('other').send(frame(IP(src=SOURCE, dst='203.0.113.1') / UDP(sport=1, dport=2) / b'seen', mac))
    found, status, error = capture.finish()
    assert (status, error[-1]) == (0, account(1))
    assert [packet.bytes[-4:] for packet in pcapng.packets(found)] == [b'seen']


def test_mode_0_of_an_interface_follows_its_addresses(programs, hosts):
    """Not those of other interfaces."""
    hosts.far.run('ip', 'address', 'add', '10.7.0.1/32', 'dev', 'lo')
    wire = hosts.near.wire('near0')
    capture = Command(programs, hosts.far, '-i', 'far0', '--receive-all-mode', '0', '-w', '-', '-c', '2', 'udp')
    for destination in ('10.7.0.1', Pair.FAR):
        wire.send(frame(IP(src=SOURCE, dst=destination) / UDP(sport=1, dport=2)))
    data = b''
    while len(pcapng.packets(pcapng.blocks(capture.data + data))) == 0:
        data += capture.process.stdout.read1(1 << 16)
    capture.data += data
    hosts.far.run('ip', 'address', 'add', '10.7.0.2/24', 'dev', 'far0')
    for _ in range(600):  # until the change was followed
        wire.send(frame(IP(src=SOURCE, dst='10.7.0.2') / UDP(sport=1, dport=2)))
        if select.select([capture.process.stdout], [], [], 0.1)[0]:
            capture.data += capture.process.stdout.read1(1 << 16)
        if len(pcapng.packets(pcapng.blocks(capture.data))) == 2:
            break
    found, status, _ = capture.finish()
    assert status == 0
    assert [packet.bytes[16:20] for packet in pcapng.packets(found)] == [
        socket.inet_aton(address) for address in (Pair.FAR, '10.7.0.2')]


@pytest.mark.parametrize('name', ['-c0', 'udp', '10.0.0.1', 'w'])
def test_interfaces_that_look_like_something_else(programs, host, name):
    """Like options, filters, addresses."""
    host.run('ip', 'link', 'add', 'name', name, 'type', 'veth', 'peer', 'name', 'not')
    for end in (name, 'not'):
        host.write(f'/proc/sys/net/ipv6/conf/{end}/disable_ipv6', '1')
        host.run('ip', 'link', 'set', 'dev', end, 'up')
    host.await_line('not')
    capture = Command(programs, host, '-i', name, '-c1', '-w-', 'udp')
    host.wire('not').send(frame(IP(src=SOURCE, dst=Pair.FAR) / UDP(sport=1, dport=2) / b'seen', 'ff:ff:ff:ff:ff:ff'))
    found, status, error = capture.finish()
    assert (status, error) == (0, [account(1)])
    assert [block.options[NAME] for block in pcapng.of_type(found, pcapng.INTERFACE)] == [[name.encode()]]


def test_the_list_of_sources(programs, hosts):
    hosts.far.run('ip', 'address', 'add', '10.9.1.1/24', 'dev', 'far0')
    hosts.far.run('ip', 'link', 'add', 'idle', 'type', 'veth', 'peer', 'name', 'peer')
    result = programs.ipmon('-D', host=hosts.far)
    *lines, last = result.stdout.decode().splitlines()
    assert (result.returncode, result.stderr) == (0, b'')
    assert lines[0].startswith('1. lo [Up, Running, Loopback] 127.0.0.1')
    assert any(re.fullmatch(rf'\d+\. far0 \[Up, Running\] {Pair.FAR}, 10\.9\.1\.1', line) for line in lines)
    assert any(re.fullmatch(r'\d+\. idle \[Down\]', line) for line in lines)
    assert last == f'{len(lines) + 1}. all (every interface)'
    assert [line.split('.')[0] for line in lines] == [str(number + 1) for number in range(len(lines))]
    [number] = [line.split('.')[0] for line in lines if ' far0 ' in line]
    for chosen, shown in ((number, [b'far0']), (last.split('.')[0], [])):
        found, status, _ = Command(programs, hosts.far, '-i', chosen, '-w', '-').stop()
        assert status == 0
        assert [block.options[NAME][0] for block in pcapng.of_type(found, pcapng.INTERFACE)] == shown


# --- letters -----------------------------------------------------------------------------------


@pytest.mark.parametrize('arguments', [
    ['-i', 'lo', '-p', '-n', '-n', '-l', '-U', '-s', '60', '-c', '2', '-w', '-', '-f', 'udp port 7'],
    ['-pnnlUi', 'lo', '-s60', '-c2', '-w-', 'udp', 'port', '7'],
    ['udp', '-nnw', '-', 'port', '-c2', '-ilo', '-ps', '60', '--', '7'],
    ['--interface=lo', '--no-promiscuous-mode', '--snapshot-length=60', '-apackets:2', '--fifo=-', 'udp port 7'],
    ['--capture', '-i', 'lo', '-p', '-s60', '--autostop', 'packets:2', '-w', '-', 'udp port 7'],
])
def test_letters_and_words(programs, host, arguments):
    capture = Command(programs, host, *arguments)
    send(host, 3, port=8)
    send(host, 2, port=7)
    found, status, error = capture.finish()
    assert (status, error) == (0, [account(2)])
    [interface] = pcapng.of_type(found, pcapng.INTERFACE)
    assert int.from_bytes(interface.body[4:8], 'little') == 60
    assert interface.options[FILTER] == [b'\0udp port 7']
    assert interface.options[DESCRIPTION] == [b'IP Monitor, receive-all mode 3']


def test_a_file_is_written_and_read_again(programs, host):
    folder = programs.readable('written')
    folder.mkdir(exist_ok=True)
    folder.chmod(0o777)
    first, second = folder / 'first.pcapng', folder / 'second.pcapng'
    process = programs.start([programs.ipmon_path, '-i', 'lo', '-w', first, '-c', '6'], host=host, capture=True)
    wait_until(host.is_capturing, 'ipmon does not capture')
    send(host, 3)
    assert process.communicate(timeout=TIMEOUT) == (b'', f'{account(6)}\n'.encode())
    result = programs.ipmon('-r', first, '-w', second, 'udp', 'and', 'dst port 9')
    assert (result.returncode, result.stdout, result.stderr.decode()) == (0, b'', f'{account(3)}\n')
    assert len(pcapng.packets(pcapng.blocks(second.read_bytes()))) == 3
    result = programs.ipmon('-r', first, '-c', '2', '-w', '-')
    assert result.returncode == 0 and len(pcapng.packets(pcapng.blocks(result.stdout))) == 2


def test_a_capture_ends_with_its_duration(programs, host, log):
    found, status, error = Command(programs, host, '-i', 'lo', '-a', 'duration:0.2', '-w', '-', '--log-file',
                                   log.path).finish()
    assert (status, error) == (0, [NOTHING])
    assert 'info: the duration of the capture is over' in log.text()
    assert len(pcapng.of_type(found, pcapng.STATISTICS)) == 1


def test_a_capture_ends_with_its_size(programs, host):
    """The packet that reaches it is the last one."""
    capture = Command(programs, host, '-i', 'lo', '-a', 'filesize:2', '-w', '-', 'udp dst port 9')
    send(host, 60)
    found, status, _ = capture.finish()
    written = [block for block in found if block.type != pcapng.STATISTICS]
    size = sum(len(block.raw) for block in written)
    assert status == 0 and size >= 2000 > size - len(written[-1].raw)


# --- mistakes ----------------------------------------------------------------------------------

# Typical ones, which the manual lists with their answers; %s: the file of a test, and a folder.
MISTAKES = [
    ('-i eth9', 'error 1118: eth9 is no interface; ipmon -D lists them'),
    ('-i 192.0.2.99', "error 1118: 192.0.2.99 is not an address of this machine (EADDRNOTAVAIL); see "
                      "'ipmon --list-addresses'"),
    ('127.0.0.1', "error 10022: '127.0.0.1' is not an option; to capture there: ipmon -i 127.0.0.1 (EINVAL)"),
    ('udp port 53', "error 10022: 'udp' is not an option, and no source is given; to capture: ipmon -i "
                    'ADDRESS|INTERFACE|all, to read: ipmon -r FILE (EINVAL)'),
    ('-i lo -i eth0', 'error 10022: -i is given twice, and a capture has one source: an address, an interface, '
                      'or all of them with -i all (EINVAL)'),
    ('-i', 'error 10022: -i needs a value: -i ADDRESS|INTERFACE|all (EINVAL)'),
    ('-i lo -c five', "error 10022: -c takes a whole number from 0 to 4294967295, not 'five' (EINVAL)"),
    ('-i lo --packet-cuont 5', "error 10022: unknown option '--packet-cuont', perhaps --packet-count (EINVAL)"),
    ('-i lo -w out.pcapng ether proto 0x0806',
     "error 10022: a link-layer term in the capture filter 'ether proto 0x0806' needs --use-pcap (EINVAL)"),
    ('-i lo -w /tmp', "error 10022: cannot open -w '/tmp' for writing: it is a directory; add the name of a file in "
                      'it (EISDIR)'),
    ('-r /etc/passwd', "error 650: cannot read '/etc/passwd': The file isn't a capture file in a known format"),
    ('-i lo -r old.pcapng', 'error 10022: -i captures and -r reads a file: give one of them (EINVAL)'),
    ('-i lo -b filesize:100000', 'error 10022: -b needs -w FILE or --record FILE (EINVAL)'),
    ('-i lo -w - -b filesize:100000', 'error 10022: -b writes files, and -w - is standard output: give -w FILE or '
                                      '--record FILE (EINVAL)'),
    ('-i lo -w ring.pcapng -b files:10',
     'error 10022: -b files:N needs filesize:KB, duration:S or packets:N, after which the next file begins (EINVAL)'),
    ('-i lo -w ring.pcapng -b size:100',
     "error 10022: -b takes filesize:KB|duration:S|packets:N|files:N, not 'size:100' (EINVAL)"),
    ('-r old.pcapng --record new.pcapng', 'error 10022: --record has no meaning on ipmon:file (EINVAL)'),
    ('--extcap-interface ipmon:lo --fifo out.pcapng',
     'error 10022: --capture is missing, without which ipmon does nothing with ipmon:lo (EINVAL)'),
]
FURTHER = [
    ('lo', 'to capture there: ipmon -i lo'),
    ('-i 99 -w -', '99 is no interface; ipmon -D lists them'),
    ('-i 0 -w -', '0 is no interface; ipmon -D lists them'),
    ('-i -w', '-w is no interface; ipmon -D lists them'),
    ('-i lo -w', '-w needs a value: -w PATH'),
    ('-w out.pcapng', 'no source is given; to capture: ipmon -i ADDRESS|INTERFACE|all, to read: ipmon -r FILE'),
    ('-c 5', 'no source is given'),
    ('-i lo -w - -a duration:soon', "not 'duration:soon'"),
    ('-i lo -w - -a duration:-1', "not 'duration:-1'"),
    ('-i lo -w - -a duration:0', "not 'duration:0'"),
    ('-i lo -w - -a filesize:0', "not 'filesize:0'"),
    ('-i lo -w - -a packets', "not 'packets'"),
    ('-i lo -a filesize:1', '-a filesize:KB needs -w FILE'),
    ('-i lo -w - -p --receive-all-mode 0', '-p is the same as --receive-all-mode 3: give one of them'),
    ('-i lo -w - --json', '--json prints the packets and -w writes a capture: give one of them'),
    ('-i lo -V -w -', '-V prints the packets and -w writes a capture: give one of them'),
    ('-i lo -w - -f udp tcp', "the capture filter is given twice: by -f and by the words 'tcp'"),
    ('-i lo --extcap-interface ipmon:lo -w -', '-i and --extcap-interface both name the source'),
    ('-i lo -w - udp prot 53', "in the capture filter 'udp prot 53'"),
    ('-i lo -w - host example.com', 'names are not looked up, write numeric addresses'),
    ('-i lo -w /nowhere/out.pcapng', "cannot open -w '/nowhere/out.pcapng' for writing: No such file or directory"),
    ('-r nowhere.pcapng -w -', "cannot read 'nowhere.pcapng': No such file or directory"),
    ('-r /tmp -w -', "cannot read '/tmp'"),
    ('-r - -w -', '-r reads no standard input, give it the name of a file'),
    ('-json', "unknown option '-json', write --json"),
    ('-list-addresses', "unknown option '-list-addresses', write --list-addresses"),
    ('-i lo -e', "unknown option '-e', see 'ipmon --help'"),
    ('--extcap-interface ipmon:lo', '--capture is missing'),
    ('--extcap-interface ipmon:lo --fifo x --extcap-capture-filter udp', '--capture is missing'),
    ('-i lo --pace fast -w -', '--pace has no meaning on ipmon:lo'),
]
# Those with the options of a recorder, as the whole line says them.
CONDITIONS = 'filesize:KB|duration:S|packets:N|files:N'
RECORDER = [
    ('-w new -b interval:60', f"-b takes {CONDITIONS}, not 'interval:60'"),
    ('-w new -b packets', f"-b takes {CONDITIONS}, not 'packets'"),
    ('-w new -b packets:0', f"-b takes {CONDITIONS}, not 'packets:0'; N is a whole number from 1 to 4294967295"),
    ('-w new --ring-buffer packets:4294967296',
     f"--ring-buffer takes {CONDITIONS}, not 'packets:4294967296'; N is a whole number from 1 to 4294967295"),
    ('-w new -b filesize:0', f"-b takes {CONDITIONS}, not 'filesize:0'; KB is a whole number from 1 to 4294967295"),
    ('-w new -b duration:0', f"-b takes {CONDITIONS}, not 'duration:0'; S is a number from 0.001 to 4294967295"),
    ('-w new -b duration:soon', f"-b takes {CONDITIONS}, not 'duration:soon'; S is a number from 0.001 to 4294967295"),
    ('-w new -b packets:9,files:100000',
     f"-b takes {CONDITIONS}, not 'files:100000'; N is a whole number from 1 to 99999"),
    ('-w new -b packets:9,', f"-b takes {CONDITIONS}, not ''"),
    ('-w new -b packets:9 -a files:0', "-a takes duration:S|filesize:KB|packets:N|files:N, not 'files:0'; "
                                       'N is a whole number from 1 to 99999'),
    ('-w new -a files:3', '-a files:N counts ring files: give -b filesize:KB, duration:S or packets:N, too'),
    ('-w new -b packets:9 -a filesize:1',
     '-a filesize:KB is the size of a single file: for ring files give -b filesize:KB'),
    ('-a filesize:1', '-a filesize:KB needs -w FILE or --record FILE'),
    ('-b packets:9 --json', '-b needs -w FILE or --record FILE'),
    ('--on-full wait', '--on-full needs -w FILE or --record FILE'),
    ('--on-full stop -w -', '--on-full needs -w FILE or --record FILE'),
    ('-w new --on-full', '--on-full needs a value: --on-full CHOICE'),
    ('-w new --on-full never', "--on-full takes one of stop, wait, not 'never'"),
    ('--record -', '--record - would be standard output, give it the name of a file; -w - writes a capture there'),
    ('-w new --record new', "--record 'new' is the file of -w"),
    ('--record new --log-file new', "--record 'new' is the file of --log-file"),
]


@pytest.mark.parametrize('arguments,line', RECORDER, ids=[arguments for arguments, _ in RECORDER])
def test_mistakes_with_a_recorder(programs, host, arguments, line):
    assert answer(programs, host, '-i', 'lo', *arguments.split()) == f'ipmon: error 10022: {line} (EINVAL)'
    assert not programs.readable('new').exists()


def test_a_record_is_not_another_file_of_the_command(programs, host):
    """By whatever name."""
    log, link = programs.readable('log-of-record'), programs.readable('link-to-log')
    log.touch()
    log.chmod(0o666)
    link.unlink(missing_ok=True)
    link.symlink_to(log)
    assert f"--record '{link}' is the file of --log-file" in answer(
        programs, host, '-i', 'lo', '--record', link, '--log-file', log)
    assert f"--record '{link}' is the file of -w" in answer(programs, host, '-i', 'lo', '--record', link, '-w', log)
    assert log.read_bytes() == b''


@pytest.mark.parametrize('option,value,line', [
    ('record', '-', '--record - would be standard output'),
    ('ringbuffer', 'size:1', f"--ring-buffer takes {CONDITIONS}, not 'size:1'"),
    ('ringbuffer', 'files:3', '-b files:N needs filesize:KB, duration:S or packets:N'),
    ('onfull', 'never', "--on-full takes one of stop, wait, not 'never'"),
])
def test_tshark_passes_the_options_of_a_recorder(programs, host, option, value, line):
    result = programs.tshark('-n', '-i', 'ipmon:127.0.0.1', '-w', programs.readable('passed.pcapng'), '-o',
                             f'extcap.ipmon_127_0_0_1.{option}:{value}', host=host, capture=True)
    assert result.returncode != 0 and f'ipmon: error 10022: {line}' in result.stderr.decode()


def test_empty_fields_of_the_dialog_are_not_given(programs, host):
    """As Wireshark passes what was entered and deleted again."""
    process = programs.start(
        [programs.ipmon_path, '--capture', '--extcap-interface', 'ipmon:127.0.0.1', '--fifo', '-', '--record', '',
         '--ring-buffer', '', '--on-full', 'wait', '--packet-count', '2', '--extcap-capture-filter', 'udp'],
        host=host, capture=True)
    wait_until(host.is_capturing, 'ipmon does not capture')
    send(host, 2)
    data, error = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, error) == (0, b'') and len(pcapng.packets(pcapng.blocks(data))) == 2


@pytest.mark.parametrize('arguments,line', MISTAKES, ids=lambda value: value if value[0] in '-1u' else '')
def test_a_mistake_is_answered_in_one_line(programs, host, arguments, line):
    assert answer(programs, host, *arguments.split()) == f'ipmon: {line}'


@pytest.mark.parametrize('arguments,part', FURTHER, ids=[arguments for arguments, _ in FURTHER])
def test_further_mistakes(programs, host, arguments, part):
    assert part in answer(programs, host, *arguments.split())


def test_a_file_without_r_is_named(programs, host):
    file = write_pcap(programs.readable('named.pcap'), PACKETS)
    assert answer(programs, host, file) == (
        f"ipmon: error 10022: '{file}' is not an option; to read this file: ipmon -r {file} (EINVAL)")


def test_the_manual_lists_the_mistakes(tmp_path):
    page = Path(__file__).parents[2] / 'extcap' / 'ipmon.1'
    text = subprocess.run(['mandoc', '-T', 'html', page], capture_output=True, check=True, text=True).stdout
    text = re.sub(r'<[^>]*>', '', text)
    for entity, character in (('&lt;', '<'), ('&gt;', '>'), ('&quot;', '"'), ('&#x2019;', "'"), ('&amp;', '&')):
        text = text.replace(entity, character)
    words = ' '.join(text.split())
    missing = [line for arguments, line in MISTAKES
               if f'ipmon {arguments}' not in words or f'ipmon: {line}' not in words]
    assert len(MISTAKES) >= 10 and not missing


def test_a_capture_is_not_written_to_a_terminal(programs, host):
    primary, secondary = os.openpty()
    process = programs.start([programs.ipmon_path, '-i', 'lo', '-w', '-'], host=host, capture=True, stdout=secondary)
    os.close(secondary)
    _, error = process.communicate(timeout=TIMEOUT)
    os.close(primary)
    assert process.returncode == 1
    assert error.decode() == ("ipmon: error 10022: -w '-' is a terminal, and a capture is binary data; use a file or pipe "
                              '(EINVAL)\n')


def test_a_mistake_does_not_wait_for_the_reader_of_a_pipe(programs, host):
    path = programs.readable('unread')
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    assert '-c takes' in answer(programs, host, '-i', 'lo', '-c', 'five', '-w', path)
    assert 'is no interface' in answer(programs, host, '-i', 'eth9', '-w', path)


# --- the account and the log -------------------------------------------------------------------


def test_every_interface_has_its_line(programs, hosts):
    capture = Command(programs, hosts.far, '-i', 'all', '-c', '3', '-w', '-', 'udp')
    hosts.near.wire('near0').send(frame(IP(src=SOURCE, dst=Pair.FAR) / UDP(sport=1, dport=2)))
    wait_until(lambda: hosts.far.received('far0') >= 1, 'frame did not arrive')
    send(hosts.far, 2)
    _, status, error = capture.finish()
    assert status == 0 and error[-1] == account(3)
    assert sorted(error[:-1]) == [f'ipmon: {name}: {count} written, 0 discarded while paused, 0 discarded at the end'
                                  for name, count in (('far0', 1), ('lo', 2))]


def test_a_signal_while_the_pipe_is_opened(programs, host):
    """It comes when there is no reader yet, and must not be lost when there is one a moment later."""
    path = programs.readable('pipe')
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), 'rb'):
        result = subprocess.run(
            ['nsenter', f'--net={host.path}', 'strace', '-qq', '-f', '-o', '/dev/null', '-P', path,
             '-e', 'inject=openat:error=ENXIO:when=1', 'env', '--block-signal=TERM',
             'sh', '-c', 'kill -TERM $$; exec "$@"', 'sh', programs.ipmon_path, '-i', 'lo', '-w', path],
            timeout=TIMEOUT, check=False)
    assert result.returncode == 0



@pytest.mark.parametrize('source,lines', [(['--capture', '--extcap-interface', 'ipmon:127.0.0.1', '--fifo'], []),
                                          (['--capture', '--extcap-interface', 'ipmon:127.0.0.1', '-w'], [NOTHING]),
                                          (['-i', '127.0.0.1', '-w'], [NOTHING])])
@pytest.mark.parametrize('output', ['named pipe', 'file', '-'])
def test_an_extcap_prints_no_account(programs, host, source, lines, output):
    """Wireshark would show it as an error."""
    path = programs.readable('reported')
    path.unlink(missing_ok=True)
    if output == 'named pipe':
        os.mkfifo(path)
    else:
        path.touch()
    path.chmod(0o666)
    process = programs.start([programs.ipmon_path, *source, '-' if output == '-' else path], host=host, capture=True)
    # ipmon would wait for a reader that does not read.
    with (open(path, 'rb') if output == 'named pipe' else contextlib.nullcontext() as reader,
          subprocess.Popen(['timeout', str(TIMEOUT), 'cat'], stdin=reader or subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL)):
        wait_until(host.is_capturing, 'ipmon does not capture')
        process.send_signal(signal.SIGTERM)
        _, error = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, error.decode().splitlines()) == (0, lines)


@pytest.mark.parametrize('arguments', [['-i', 'lo', '-w', '-'], ['-i', 'lo', '-w', '-', '--use-pcap']])
def test_a_reader_that_has_enough(programs, host, arguments):
    """As `| head` does."""
    capture = Command(programs, host, *arguments)
    capture.process.stdout.close()
    send(host, 1)
    error = capture.process.stderr.read().decode()
    assert capture.process.wait(timeout=TIMEOUT) == 0
    [line] = error.splitlines()
    received, written, paused, ended, dropped = map(int, re.findall(r'\d+', line))
    assert line.startswith('ipmon: received ') and received == written + paused + ended + dropped


def test_a_terminal_that_closes_ends_a_capture(programs, host):
    """The terminal is that of the session, whose end is a SIGHUP."""
    path = programs.readable('of-terminal.pcapng')
    path.touch()
    path.chmod(0o666)
    primary, secondary = os.openpty()

    def own_session():
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        os.setsid()
        fcntl.ioctl(secondary, termios.TIOCSCTTY, 0)
    process = programs.start([programs.ipmon_path, '-i', 'lo', '-w', path], host=host, capture=True,
                             stdin=secondary, stdout=secondary, stderr=secondary, preexec_fn=own_session)
    os.close(secondary)
    printed = b''
    while b'\n' not in printed:
        assert select.select([primary], [], [], TIMEOUT)[0]
        printed += os.read(primary, 4096)
    assert printed.decode().strip() == f'ipmon: captures from lo into {path}, Ctrl-C ends it'
    send(host, 1)
    os.close(primary)
    assert process.wait(timeout=TIMEOUT) == 0
    found = pcapng.blocks(path.read_bytes())
    assert len(pcapng.packets(found)) == 2 and len(pcapng.of_type(found, pcapng.STATISTICS)) == 1


def test_statistics_now_and_then(programs, host, log):
    capture = Command(programs, host, '-i', 'lo', '-w', '-', '--statistics', '1', '--log-file', log.path, 'udp')
    send(host, 2)
    wait_until(lambda: re.search(r'info: so far received 2 packets: 2 written, 0 discarded while paused, 0 discarded, '
                                 r'0 dropped, 0 waiting\n', log.text()), 'no counts in the log')
    _, status, error = capture.stop()
    assert (status, error) == (0, [account(2)])


def test_statistics_without_a_log(programs, host):
    capture = Command(programs, host, '-i', 'lo', '-w', '-', '--statistics', '1')
    line = capture.process.stderr.readline().decode()
    assert line == ('ipmon: so far received 0 packets: 0 written, 0 discarded while paused, 0 discarded, 0 dropped, '
                    '0 waiting\n')
    found, status, error = capture.stop()
    assert status == 0 and error[-1] == NOTHING


LOGGED = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z (info|warning|error): (.*)')


def test_the_log_on_standard_error(programs, host):
    capture = Command(programs, host, '-i', 'lo', '-w', '-', '--log-file', '-')
    _, status, error = capture.stop()
    *lines, last = error
    assert status == 0 and last == NOTHING
    assert [LOGGED.fullmatch(line)[2] for line in lines][-1] == 'received 0 packets: 0 written or discarded, 0 dropped'


def test_a_failure_is_in_the_log_on_standard_error_alone(programs, host):
    line = answer(programs, host, '-i', 'eth9', '-w', '-', '--log-file', '-')
    assert LOGGED.fullmatch(line).groups() == ('error', 'error 1118: eth9 is no interface; ipmon -D lists them')


def journal(programs, host, stream, *arguments):
    """Standard error is a socket, as systemd has it; stream: what JOURNAL_STREAM is, of its status."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        capture = Command(programs, host, '-i', 'lo', '-w', '-', *arguments, stderr=theirs,
                          before=['env', f'JOURNAL_STREAM={stream(os.fstat(theirs.fileno()))}'])
        for number in (signal.SIGUSR1, signal.SIGTERM):
            capture.process.send_signal(number)
        _, status, _ = capture.finish()
        theirs.close()
        with ours.makefile() as lines:
            return status, lines.read().splitlines()


@pytest.mark.parametrize('path', ['-', '/dev/stderr'])
def test_the_log_in_the_journal(programs, host, path):
    status, lines = journal(programs, host, lambda own: f'{own.st_dev}:{own.st_ino}', '--log-file', path)
    assert status == 0 and lines[-1] == f'<6>{NOTHING}'
    assert len(lines) > 3 and all(line.startswith('<6>') and LOGGED.fullmatch(line[3:]) for line in lines[:-1])
    assert any('paused: packets are counted' in line for line in lines)


@pytest.mark.parametrize('stream', [lambda own: f'{own.st_dev}:{own.st_ino + 1}', lambda own: ''])
def test_a_socket_that_is_not_the_journal(programs, host, stream):
    status, lines = journal(programs, host, stream, '--log-file', '-')
    assert status == 0 and lines[-1] == NOTHING and LOGGED.fullmatch(lines[0])


def test_levels_in_the_journal(programs, hosts):
    ours, theirs = socket.socketpair()
    own = os.fstat(theirs.fileno())
    capture = Command(programs, hosts.far, '-i', 'far0', '-w', '-', '--log-file', '-', stderr=theirs,
                      before=['env', f'JOURNAL_STREAM={own.st_dev}:{own.st_ino}'])
    hosts.far.run('ip', 'link', 'set', 'far0', 'down')
    hosts.far.run('ip', 'link', 'set', 'far0', 'up')
    hosts.far.run('ip', 'link', 'delete', 'far0')
    _, status, _ = capture.finish()
    theirs.close()
    with ours, ours.makefile() as lines:
        levels = {(line[:3], LOGGED.fullmatch(line[3:])[1]) for line in lines.read().splitlines()[:-1]
                  if LOGGED.fullmatch(line[3:])}
    assert status == 1 and levels == {('<3>', 'error'), ('<4>', 'warning'), ('<6>', 'info')}


def test_the_log_does_not_overwrite_what_standard_error_is(programs, host):
    """Standard error and the capture are one file."""
    path = programs.readable('both')
    path.touch()
    path.chmod(0o666)
    with open(path, 'wb') as both:
        process = programs.start([programs.ipmon_path, '-i', 'lo', '-w', path, '--log-file', '-'], host=host,
                                 capture=True, stderr=both)
        assert process.wait(timeout=TIMEOUT) == 1
    assert "--log-file '-' is the file of -w" in path.read_text()


# --- what others read --------------------------------------------------------------------------


def test_libpcap_s_programs_read_it(programs, hosts):
    """One interface as it is; several as pcap, which has none."""
    file, converted = programs.readable('one.pcapng'), programs.readable('all.pcap')
    capture = Command(programs, hosts.far, '-i', 'lo', '-w', '-', '-c', '2', 'udp')
    send(hosts.far, 2)
    file.write_bytes(capture.data + capture.process.communicate(timeout=TIMEOUT)[0])
    listed = programs.run(['tcpdump', '-n', '-r', file])
    assert listed.returncode == 0 and listed.stdout.count(b' > 127.0.0.1.9: UDP') == 2
    capture = Command(programs, hosts.far, '-i', 'all', '-w', '-', '-c', '2', 'udp')
    hosts.near.wire('near0').send(frame(IP(src=SOURCE, dst=Pair.FAR) / UDP(sport=1, dport=2)))
    wait_until(lambda: hosts.far.received('far0') >= 1, 'frame did not arrive')
    send(hosts.far, 1)
    file.write_bytes(capture.data + capture.process.communicate(timeout=TIMEOUT)[0])
    converted.touch()
    converted.chmod(0o666)
    assert programs.run(['editcap', '-F', 'nsecpcap', file, converted]).returncode == 0
    listed = programs.run(['tcpdump', '-n', '-r', converted])
    assert listed.returncode == 0 and listed.stdout.count(b'UDP') == 2


def test_dumpcap_reads_it_into_ring_files(programs, host):
    folder = programs.readable('ring')
    folder.mkdir(exist_ok=True)
    folder.chmod(0o777)
    command = f'"$0" -i lo -w - -c 20 udp | dumpcap -q -i - -b packets:5 -w {folder}/ring.pcapng'
    process = programs.start(['sh', '-c', command, programs.ipmon_path], host=host, capture=True)
    wait_until(host.is_capturing, 'ipmon does not capture')
    send(host, 20)
    _, error = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0 and account(20) in error.decode().splitlines()
    files = sorted(folder.iterdir())
    assert len(files) >= 4
    assert sum(len(pcapng.packets(pcapng.blocks(file.read_bytes()))) for file in files) == 20
