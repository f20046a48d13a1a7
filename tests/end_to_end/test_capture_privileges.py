# While packets are read the program holds no capability, whoever started it, and the system calls
# are left to it that a capture needs.
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import re
import signal
import socket
import subprocess

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.utils import wrpcap

import pcapng
from capturing import SOURCE, Capture, frame, send_all
from network import Pair, wait_until
from programs import NOBODY, TIMEOUT, descriptors, run_as


def held_by(pid):
    with open(f'/proc/{pid}/status') as status:
        text = status.read()
    return {name: int(value, 16) for name, value in
            re.findall(r'^(Cap\w+|NoNewPrivs|Seccomp):\s*(\w+)$', text, re.M)}


def confined(pid):
    """What the process holds, as soon as it is in the sandbox, where it stays."""
    wait_until(lambda: held_by(pid)['Seccomp'] == 2, 'the sandbox is not entered')
    return held_by(pid)


LIVE = [[], ['--receive-all-mode', '0'], ['--receive-all-mode', '3'], ['--receive-all-mode', '2'],
        ['--use-pcap']]


@pytest.mark.parametrize('source', [f'ipmon:{Pair.FAR}', 'ipmon:all'])
@pytest.mark.parametrize('options', LIVE)
def test_no_capability_is_left(programs, hosts, source, options):
    capture = Capture(programs, hosts.far, source, '--packet-count', '1', *options)
    held = confined(capture.process.pid)
    assert [held[name] for name in ('CapEff', 'CapPrm', 'CapInh', 'CapAmb')] == [0] * 4
    assert held['NoNewPrivs'] == 1
    send_all(hosts.near.wire('near0'), [frame(IP(src=SOURCE, dst=Pair.FAR) / UDP() / b'still')])
    found, status, error = capture.finish()
    assert (status, error) == (0, '') and len(pcapng.packets(found)) == 1


def test_nothing_is_left_to_a_replay(programs, host):
    file = programs.readable('replayed-slowly.pcap')
    packets = [IP(src=SOURCE, dst=Pair.FAR) / UDP() for _ in range(2)]
    packets[0].time, packets[1].time = 1, 1000
    wrpcap(str(file), packets, linktype=101)
    capture = Capture(programs, host, 'ipmon:file', '--file', file, '--pace', 'original')
    held = confined(capture.process.pid)
    assert [held[name] for name in ('CapEff', 'CapPrm', 'CapInh', 'CapAmb')] == [0] * 4
    begun = [capture.read_block() for _ in range(3)]  # section, interface, the first packet
    capture.signal(signal.SIGTERM)
    found, status, error = capture.finish()
    assert (status, error) == (0, '') and len(pcapng.packets(begun + found)) == 1


def test_a_replay_by_root_keeps_no_access_to_files(programs, host):
    """Which it has until its files are open."""
    file = programs.readable('replayed-by-root.pcap')
    packets = [IP(src=SOURCE, dst=Pair.FAR) / UDP() for _ in range(2)]
    packets[0].time, packets[1].time = 1, 1000
    wrpcap(str(file), packets, linktype=101)
    process = subprocess.Popen(
        ['nsenter', f'--net={host.path}', programs.ipmon_path, '--capture', '--extcap-interface',
         'ipmon:file', '--file', file, '--pace', 'original', '--fifo', '-'], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    held = confined(process.pid)
    process.send_signal(signal.SIGTERM)
    data, error = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, error) == (0, b'') and len(pcapng.packets(pcapng.blocks(data))) == 1
    assert [held[name] for name in ('CapEff', 'CapPrm', 'CapInh', 'CapAmb', 'CapBnd')] == [0] * 5


def test_descriptors_of_the_caller_are_closed(programs, host):
    inherited = programs.readable('inherited')
    with inherited.open('w') as file:
        capture = Capture(programs, host, 'ipmon:127.0.0.1', inherited=[file.fileno()])
    confined(capture.process.pid)
    opened = descriptors(capture.process.pid)
    capture.signal(signal.SIGTERM)
    assert capture.finish()[1:] == (0, '')
    assert str(programs.readable('pipe')) in opened and str(inherited) not in opened


def test_standard_descriptors_that_are_closed(programs, host):
    """No socket takes the place of one, so that no message is sent as a packet."""
    path = programs.readable('closed-pipe')
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    os.chmod(path, 0o666)
    process = programs.start(['sh', '-c', 'exec "$0" "$@" <&- >&- 2>&-', programs.ipmon_path, '--capture',
                              '--extcap-interface', 'ipmon:127.0.0.1', '--fifo', path], host=host,
                             capture=True)
    with open(path, 'rb') as reader:
        assert reader.read(8)
        standard = [os.readlink(f'/proc/{process.pid}/fd/{number}') for number in range(3)]
        process.send_signal(signal.SIGTERM)
        reader.read()
    assert process.wait(timeout=TIMEOUT) == 0 and standard == ['/dev/null'] * 3
    listing = programs.run(['sh', '-c', 'exec "$0" --list-errors >&-', programs.ipmon_path])
    assert listing.returncode == 1 and b'cannot write to standard output' in listing.stderr


def test_a_pipe_that_the_caller_opened_serves_as_output(programs, host):
    """As the shell's --fifo >(program) does."""
    reader, writer = os.pipe()
    os.fchown(writer, NOBODY, NOBODY)
    process = programs.start([programs.ipmon_path, '--capture', '--extcap-interface', 'ipmon:127.0.0.1',
                              '--fifo', f'/dev/fd/{writer}', '--start-paused'], host=host, capture=True,
                             pass_fds=[writer])
    os.close(writer)
    with os.fdopen(reader, 'rb') as pipe:
        assert pipe.read(4) == b'\n\r\r\n'
        process.send_signal(signal.SIGTERM)
        pipe.read()
    assert process.wait(timeout=TIMEOUT) == 0


def test_root_loses_its_capabilities_and_the_bounding_set(programs, hosts):
    path = programs.readable('root-pipe')
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    process = subprocess.Popen(
        ['nsenter', f'--net={hosts.far.path}', programs.ipmon_path, '--capture',
         '--extcap-interface', f'ipmon:{Pair.FAR}', '--fifo', path], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with open(path, 'rb') as reader:
        assert reader.read(8)
        held = confined(process.pid)
        process.send_signal(signal.SIGTERM)
        reader.read()
    assert process.wait(timeout=TIMEOUT) == 0
    assert [held[name] for name in ('CapEff', 'CapPrm', 'CapInh', 'CapAmb', 'CapBnd')] == [0] * 5


def test_the_capability_that_the_installer_gives_suffices(host, file_capability):
    program, group = file_capability
    shown = subprocess.run(['getcap', program], capture_output=True, text=True, check=True).stdout
    assert shown.split()[1] == 'cap_net_raw=ep'
    assert program.stat().st_mode & 0o7777 == 0o750 and program.stat().st_gid == group
    for mode in '0123':
        result = run_as(group, program, '--capture', '--extcap-interface', 'ipmon:127.0.0.1', '--fifo',
                        '-', '--receive-all-mode', mode, '--timeout', '1', host=host)
        assert (result.returncode, result.stderr) == (0, b'')
        assert result.stdout.startswith(b'\n\r\r\n')


def test_others_cannot_run_what_has_the_capability(host, file_capability):
    program, group = file_capability
    result = run_as(group + 1, program, '--version', host=host)
    assert result.returncode == 126 and b'Permission denied' in result.stderr


@pytest.fixture
def bus(programs):
    """The variable with a D-Bus that the caller of a program names, to which nobody may connect."""
    address = programs.readable('bus')
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(address))
        address.chmod(0o666)
        listener.listen()
        listener.setblocking(False)
        yield {'DBUS_SESSION_BUS_ADDRESS': f'unix:path={address}'}
        with pytest.raises(BlockingIOError):
            listener.accept()
    address.unlink()


def test_with_the_capability_of_a_file_only_interfaces_are_opened(programs, host, file_capability, bus):
    program, group = file_capability
    all_ = subprocess.run(['nsenter', f'--net={host.path}', programs.ipmon_path, '--list-interfaces'],
                          capture_output=True, text=True, check=True).stdout
    others = [line.split('\t')[:2] for line in all_.splitlines()][2:]
    assert {'dbus-session', 'nflog'} <= {name for _, name in others}
    for number, name in others:
        result = run_as(group, program, '--capture', '--extcap-interface', 'ipmon:all', '--fifo', '-',
                        '--use-pcap', '--selected-interface', number, '--timeout', '1', host=host, **bus)
        assert (result.returncode, result.stdout) == (1, b''), name
        assert result.stderr.decode() == (
            f'ipmon: error 10013: number {number} is no network interface, and with the capability of '
            "its file ipmon opens no other device; see 'ipmon --list-interfaces', or run it as root "
            '(EPERM)\n')


def test_with_the_capability_of_a_file_interfaces_have_their_numbers(programs, host, file_capability):
    program, group = file_capability
    host.run('ip', 'link', 'add', 'pair0', 'type', 'veth', 'peer', 'name', 'pair1')
    listed = run_as(group, program, '--list-interfaces', host=host)
    all_ = subprocess.run(['nsenter', f'--net={host.path}', programs.ipmon_path, '--list-interfaces'],
                          capture_output=True, check=True).stdout
    names = [line.split(b'\t')[1] for line in listed.stdout.splitlines()]
    assert listed.returncode == 0 and sorted(names) == [b'any', b'lo', b'pair0', b'pair1']
    assert names[0] == b'lo' and names[-1] == b'any' and all_.startswith(listed.stdout)
    for name in (b'lo', b'any'):
        result = run_as(group, program, '--capture', '--extcap-interface', 'ipmon:all', '--fifo', '-',
                        '--use-pcap', '--selected-interface', str(names.index(name) + 1), '--timeout',
                        '1', host=host)
        assert (result.returncode, result.stderr) == (0, b'')
        assert [block.type for block in pcapng.blocks(result.stdout)][0] == pcapng.SECTION


def test_an_interface_that_is_called_as_another_device(host, file_capability, bus):
    program, group = file_capability
    name = 'dbus-session'
    host.run('ip', 'link', 'add', name, 'type', 'veth', 'peer', 'name', 'pair1')
    host.run('ip', 'address', 'add', '10.9.0.1/24', 'dev', name)
    host.run('ip', 'link', 'set', name, 'up')
    result = run_as(group, program, '--capture', '--extcap-interface', 'ipmon:10.9.0.1', '--fifo', '-',
                    '--use-pcap', '--timeout', '1', host=host, **bus)
    assert (result.returncode, result.stdout) == (1, b'')
    assert result.stderr.count(b'\n') == 1 and name.encode() in result.stderr


def test_the_environment_has_no_effect_with_the_capability_of_a_file(programs, host, file_capability):
    """Shown by a file that has local times, which libwiretap reads by the time zone of TZ."""
    program, group = file_capability
    wrpcap(str(programs.readable('one.pcap')), [Ether() / IP() / UDP()])
    file = programs.readable('one.sniffer')
    subprocess.run(['editcap', '-F', 'ngsniffer', programs.readable('one.pcap'), file], check=True)
    file.chmod(0o644)

    def time_read(path, zone):
        result = run_as(group, path, '--capture', '--extcap-interface', 'ipmon:file', '--file', file, '--fifo', '-',
                        host=host, TZ=zone)
        assert result.returncode == 0, result.stderr
        [packet] = pcapng.packets(pcapng.blocks(result.stdout))
        return packet.time

    for path, reads in ((programs.ipmon_path, True), (program, False)):
        assert (time_read(path, 'EAST-5') != time_read(path, 'WEST5')) == reads
