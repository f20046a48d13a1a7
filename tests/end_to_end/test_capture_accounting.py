# Every packet is accounted for: received = written + discarded while paused + discarded at the end
# + dropped, with a reader that stalls, a ring that overflows, pauses, and every way to end.
# SPDX-License-Identifier: GPL-2.0-or-later
import re
import resource
import select
import signal
import time

import pytest

import pcapng
from accounting import COMMENT, DELIVERED, DROPPED, RECEIVED, flood, numbered, numbers
from capturing import Capture, accept_with_capinfos, refusal, send_all
from network import Pair, wait_until
from programs import TIMEOUT


def test_a_pause_in_the_middle(programs, hosts, log):
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--log-file', log.path)
    wire = hosts.near.wire('near0')
    send_all(wire, numbered(10))
    wait_until(lambda: hosts.far.received('far0') >= 10, 'frames did not arrive')
    capture.signal(signal.SIGUSR1)  # at once: what came before is written all the same
    wait_until(lambda: 'info: paused' in log.text(), 'not paused')
    send_all(wire, numbered(20, 10))
    wait_until(lambda: hosts.far.received('far0') >= 30, 'frames did not arrive')
    capture.signal(signal.SIGUSR2)
    wait_until(lambda: 'info: resumed' in log.text(), 'not resumed')
    send_all(wire, numbered(5, 30))
    wait_until(lambda: hosts.far.received('far0') >= 35, 'frames did not arrive')
    capture.signal(signal.SIGTERM)
    found, status, error = capture.finish()
    assert (status, error) == (0, '')
    assert numbers(found) == [*range(10), *range(30, 35)]
    [statistics] = pcapng.of_type(found, pcapng.STATISTICS)
    assert (statistics.number(RECEIVED), statistics.number(DROPPED),
            statistics.number(DELIVERED)) == (35, 0, 15)
    comment = statistics.options[COMMENT][0].decode()
    assert comment.startswith('Paused 1 times') and '20 packets were discarded' in comment
    assert log.account() == {'received': 35, 'written': 15, 'paused': 20, 'ended': 0, 'dropped': 0}
    accept_with_capinfos(programs, b''.join(Capture.raw(found)))


def test_starting_paused(programs, hosts, log):
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--start-paused', '--log-file',
                      log.path)
    assert [capture.read_block().type for _ in range(2)] == [pcapng.SECTION, pcapng.INTERFACE]
    wire = hosts.near.wire('near0')
    send_all(wire, numbered(7))
    wait_until(lambda: hosts.far.received('far0') >= 7, 'frames did not arrive')
    capture.signal(signal.SIGUSR2)
    wait_until(lambda: 'info: resumed' in log.text(), 'not resumed')
    send_all(wire, numbered(3, 7))
    wait_until(lambda: hosts.far.received('far0') >= 10, 'frames did not arrive')
    capture.signal(signal.SIGTERM)
    found, status, _ = capture.finish()
    assert status == 0 and numbers(found) == [7, 8, 9]
    assert log.account() == {'received': 10, 'written': 3, 'paused': 7, 'ended': 0, 'dropped': 0}


def test_paused_to_the_end_on_all_interfaces(programs, hosts, log):
    capture = Capture(programs, hosts.far, 'ipmon:all', '--start-paused', '--log-file', log.path)
    send_all(hosts.near.wire('near0'), numbered(4))
    wait_until(lambda: hosts.far.received('far0') >= 4, 'frames did not arrive')
    capture.signal(signal.SIGTERM)
    found, status, _ = capture.finish()
    assert status == 0
    assert [block.type for block in found] == [pcapng.SECTION, pcapng.INTERFACE, pcapng.STATISTICS]
    assert found[2].number(RECEIVED) == log.account()['paused'] == 4


def test_packets_behind_the_last_one_wanted(programs, hosts, log):
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--packet-count', '100',
                      '--log-file', log.path)
    send_all(hosts.near.wire('near0'), numbered(500, size=100))
    found, status, _ = capture.finish()
    assert status == 0 and numbers(found) == [*range(100)]
    account = log.account()
    assert account['written'] == 100 and account['received'] == 100 + account['ended']
    [statistics] = pcapng.of_type(found, pcapng.STATISTICS)
    assert statistics.number(RECEIVED) == account['received']


def test_a_reader_that_stalls_and_a_ring_that_overflows(programs, hosts, log):
    count, size = 4000, 1200
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--in-buffer-size', '1048576',
                      '--out-buffer-size', '65536', '--log-file', log.path)
    flood(hosts, count, size)  # nobody reads: pipe, write buffer and ring are soon full
    capture.signal(signal.SIGTERM)
    found, status, error = capture.finish()
    assert (status, error) == (0, '')
    account = log.account()
    packets = pcapng.packets(found)
    assert account['received'] == count and account['dropped'] > 0
    assert account['written'] == len(packets) and account['paused'] == account['ended'] == 0
    [statistics] = pcapng.of_type(found, pcapng.STATISTICS)
    assert (statistics.number(RECEIVED), statistics.number(DROPPED), statistics.number(DELIVERED)) \
        == (count, account['dropped'], len(packets))
    assert sum(packet.drops for packet in packets) <= account['dropped']
    accept_with_capinfos(programs, b''.join(Capture.raw(found)))


def test_the_drop_count_is_on_the_packet_behind_the_gap(programs, hosts, log):
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--in-buffer-size', '1048576',
                      '--log-file', log.path)
    sent = 4000
    blocks = []
    wire = hosts.near.wire('near0')

    def is_behind_the_gap():
        nonlocal sent
        send_all(wire, numbered(1, sent, 1200))
        sent += 1
        while select.select([capture.reader], [], [], 0.01)[0]:
            blocks.append(capture.read_block())
        return numbers(blocks)[-1:] >= [4000]

    capture.signal(signal.SIGSTOP)
    flood(hosts, sent, 1200)
    capture.signal(signal.SIGCONT)
    wait_until(is_behind_the_gap, 'there is no space again')
    capture.signal(signal.SIGTERM)
    found, status, _ = capture.finish()
    found = blocks + found
    assert status == 0
    account = log.account()
    packets = pcapng.packets(found)
    order = numbers(found)
    counted = missing = 0
    for before, after, packet in zip(order, order[1:], packets[1:]):
        missing += after - before - 1
        counted += packet.drops
        # The count is read when the first block behind a gap is; a later gap may be in it already,
        # but nothing is counted where nothing is missing, and no gap goes by uncounted.
        assert packet.drops == 0 or after != before + 1, (before, after, packet.drops)
        assert counted >= missing, (before, after)
    assert counted == missing > 0
    assert sum(packet.drops for packet in packets) == account['dropped'] > 0
    assert account['received'] == sent


def test_a_reader_that_dies_on_a_busy_line(programs, hosts, log):
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--log-file', log.path,
                      '--out-buffer-size', '4096')
    flood(hosts, 300, 500)
    capture.reader.close()
    _, error = capture.process.communicate(timeout=TIMEOUT)
    assert (capture.process.returncode, error) == (0, b'')
    account = log.account()
    assert account['received'] == 300 and account['ended'] > 0


def test_an_idle_timeout_begins_anew_with_each_packet(programs, hosts, log):
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--timeout', '1', '--log-file',
                      log.path)
    begin = time.monotonic()
    for number in range(4):
        send_all(hosts.near.wire('near0'), numbered(1, number))
        [capture.read_block() for _ in range(3 if number == 0 else 1)]
        poll_for(0.4)
    found, status, error = capture.finish()
    assert (status, error) == (0, '')
    assert time.monotonic() - begin >= 1.2 + 1.0 - 0.1
    assert 'timeout of 1 seconds is over' in log.text()
    assert log.account()['written'] == 4


def test_an_idle_timeout_does_not_count_while_the_reader_stalls(programs, hosts, log):
    count, size = 1500, 1400  # more than the pipe and the write buffer take
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--timeout', '1', '--out-buffer-size',
                      '4096', '--log-file', log.path)
    flood(hosts, count, size)
    poll_for(2.5)
    assert 'is over' not in log.text()
    send_all(hosts.near.wire('near0'), numbered(1, count))
    found, status, error = capture.finish()
    assert (status, error) == (0, '')
    assert numbers(found) == list(range(count + 1))
    assert 'timeout of 1 seconds is over' in log.text()


def poll_for(seconds):
    """The passage of time is what is tested here."""
    end = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() >= end, 'time stands still')


def test_an_absolute_timeout_counts_from_the_start(programs, hosts, log):
    begin = time.monotonic()
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--timeout', '1',
                      '--absolute-timeout', '--log-file', log.path, '--start-paused')
    found, status, error = capture.finish()
    assert (status, error) == (0, '') and 0.9 <= time.monotonic() - begin < 10
    assert len(pcapng.of_type(found, pcapng.STATISTICS)) == 1


def test_a_timeout_stands_still_while_paused(programs, hosts, log):
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--timeout', '1', '--log-file',
                      log.path, '--start-paused')
    poll_for(1.5)
    assert capture.process.poll() is None
    capture.signal(signal.SIGUSR2)
    begin = time.monotonic()
    _, status, _ = capture.finish()
    assert status == 0 and time.monotonic() - begin >= 0.9


def test_a_file_that_may_not_grow_keeps_whole_blocks(programs, hosts):
    folder = programs.readable('limited')
    folder.mkdir(exist_ok=True)
    folder.chmod(0o777)
    file = folder / 'capture.pcapng'
    file.unlink(missing_ok=True)
    process = programs.start(
        [programs.ipmon_path, '--capture', '--extcap-interface', f'ipmon:{Pair.FAR}', '--fifo', file],
        host=hosts.far, capture=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)))
    wait_until(hosts.far.is_capturing, 'ipmon never bound its packet socket')
    flood(hosts, 200, 1000)
    _, error = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 1
    assert error.startswith(b'ipmon: error 10055: ') and b'EFBIG' in error and error.count(b'\n') == 1
    found = pcapng.blocks(file.read_bytes())
    assert 90 <= len(pcapng.packets(found)) < 200


def test_the_log_has_levels_and_masks_addresses(programs, hosts, log):
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--log-file', log.path,
                      '--mask-sensitive')
    hosts.far.run('ip', 'address', 'del', f'{Pair.FAR}/24', 'dev', 'far0')
    wait_until(lambda: 'lost the address' in log.text(), 'nothing of it in the log')
    capture.signal(signal.SIGTERM)
    _, status, _ = capture.finish()
    assert status == 0
    assert ('error: network event in_control-noifdata (ERROR, aux): '
            'far0 lost the address 10.9.0.x; the capture goes on') in log.text()
    assert Pair.FAR not in log.text()
    assert log.path.stat().st_mode & 0o777 == 0o600
    for line in log.text().splitlines():
        assert re.match(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z (error|warning|info|debug): ', line)


def test_a_log_of_errors_only(programs, hosts, log):
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--log-file', log.path,
                      '--log-level', 'error')
    hosts.far.run('ip', 'link', 'delete', 'far0')
    _, status, error = capture.finish()
    assert status == 1
    lines = [line.split('Z ')[1] for line in log.text().splitlines()]
    assert all(line.startswith('error: ') for line in lines), lines
    assert 'error: ' + error.split('ipmon: ')[1].strip() in lines


def test_a_log_that_cannot_be_written(programs, host):
    data, error = refusal(programs, host, 'ipmon:127.0.0.1', '--log-file', '/no/such/folder/log')
    assert data == b'' and '--log-file' in error and 'ENOENT' in error


def test_masked_messages(programs, host):
    _, error = refusal(programs, host, 'ipmon:192.0.2.99', '--mask-sensitive')
    assert error.startswith('ipmon: error 1118: 192.0.2.x is not an address')


FILTER = ('ip[12:4] = 0xc0000201 or host 3221225985 or ether host 02-00-5e-10-00-01 or '
          'ether host 02:00:5e:10:00:01 or port 53')
SECRETS = ('c0000201', '3221225985', '10-00-01', '10:00:01')


def test_addresses_in_filters_are_masked(programs, host, log):
    capture = Capture(programs, host, 'ipmon:127.0.0.1', '--log-file', log.path, '--mask-sensitive',
                      '--use-pcap', '--extcap-capture-filter', FILTER)
    capture.signal(signal.SIGTERM)
    assert capture.finish()[1:] == (0, '')
    assert ('filter ip[12:4] = 0xc00002x or host x or ether host x or ether host 02:00:5e:x or port 53\n'
            in log.text())
    for options in ([], ['--use-pcap']):
        _, error = refusal(programs, host, 'ipmon:127.0.0.1', '--mask-sensitive', *options,
                           '--extcap-capture-filter', FILTER + ' or port')
        assert 'ip[12:4] = 0xc00002x' in error and 'or port 53 or port' in error
        assert not any(secret in error for secret in SECRETS), error


@pytest.mark.parametrize('end,status', [(' or port', 0), ('', 2)])
def test_addresses_in_filters_are_masked_when_a_filter_is_judged(programs, host, end, status):
    result = programs.ipmon('--extcap-capture-filter', FILTER + end, '--extcap-interface', 'ipmon:all',
                            '--mask-sensitive', host=host)
    text = (result.stdout + result.stderr).decode()
    assert result.returncode == status and 'ip[12:4] = 0xc00002x' in text
    assert not any(secret in text for secret in SECRETS), text
