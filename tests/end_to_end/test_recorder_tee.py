# A record beside a pipe, beside printed packets and beside tshark: the file has every packet however
# slow the reader is, the reader gets what it takes, and the account of both adds up.
# SPDX-License-Identifier: GPL-2.0-or-later
import fcntl
import json
import os
import re
import select
import signal
import subprocess
import threading

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import ARP, Ether

import pcapng
import toolbar
from accounting import RECEIVED, flood, numbered, numbers
from capturing import SOURCE, Capture, accept_with_capinfos, frame, send_all
from compare_records import FORMS
from network import Pair, wait_until
from programs import TIMEOUT, descriptors
from tee import (FLOOD, FLOOD_SIZE, SMALL_PIPE, Tee, account, by_interface, check_gaps, check_pipe, check_report,
                       check_stream, comment, delivered, statistics, whole_blocks)


class ExtcapTee(Tee):
    """The same as Wireshark starts it."""

    words = staticmethod(Capture.words)


def send(hosts, frames):
    """Sends and returns when all of them are on the capturing host's interface."""
    before = hosts.far.received('far0')
    send_all(hosts.near.wire('near0'), frames)
    wait_until(lambda: hosts.far.received('far0') >= before + len(frames), 'frames did not arrive')


def ended(capture):
    """What is left of a capture whose pipe nobody reads to its end."""
    _, error = capture.process.communicate(timeout=TIMEOUT)
    return capture.process.returncode, error.decode()


# --- readers that are late, slow, or leave -----------------------------------------------------


def test_a_reader_that_is_fast_gets_everything(programs, hosts, log):
    capture = Tee(programs, hosts.far, 'far0', '--log-file', log.path)
    send(hosts, numbered(100))
    capture.signal(signal.SIGTERM)
    found, status, error = capture.finish()
    assert status == 0
    record, counted = capture.check(found, log, error)
    assert numbers(found) == numbers(record) == list(range(100))
    assert counted.sums['hidden'] == 0 and 'not all are shown' not in log.text()
    assert [block.raw for block in found if block.type != pcapng.STATISTICS] \
        == [block.raw for block in record if block.type != pcapng.STATISTICS]
    accept_with_capinfos(programs, capture.record.read_bytes())


def test_the_record_is_complete_before_a_stalled_reader_is_given_up(programs, hosts, log):
    """And this one reads in the end."""
    capture = Tee(programs, hosts.far, 'far0', *SMALL_PIPE, '--log-file', log.path)
    flood(hosts, FLOOD, FLOOD_SIZE)
    capture.await_recorded(FLOOD)
    capture.signal(signal.SIGTERM)
    capture.await_complete()
    assert capture.process.poll() is None  # it waits for the reader
    found, status, error = capture.finish()
    assert status == 0
    record, counted = capture.check(found, log, error)
    assert numbers(record) == list(range(FLOOD)) and counted.dropped == 0
    assert counted.sums['shown'] > 0 and counted.sums['hidden'] > 0
    assert numbers(found) == list(range(counted.sums['shown']))
    assert log.text().count('all are recorded, not all are shown') == 1
    for data in (capture.record.read_bytes(), b''.join(Capture.raw(found))):
        accept_with_capinfos(programs, data)


def test_a_reader_that_never_reads(programs, hosts, log):
    """What the pipe holds in the end counts as shown; the rest of a block does not."""
    capture = Tee(programs, hosts.far, 'far0', *SMALL_PIPE, '--log-file', log.path)
    flood(hosts, FLOOD, FLOOD_SIZE)
    capture.await_recorded(FLOOD)
    capture.signal(signal.SIGTERM)
    status, error = ended(capture)
    left = capture.reader.read()
    found = pcapng.blocks(whole_blocks(left))
    assert status == 0 and not statistics(found)
    record, counted = capture.check(None, log, error)
    assert numbers(record) == list(range(FLOOD))
    assert len(numbers(found)) == counted.sums['shown'] and counted.sums['hidden'] == FLOOD - counted.sums['shown']


def catch_up(capture, hosts):
    """Reads until a packet is shown again; returns the blocks, and how many packets were sent."""
    found, sent = [], FLOOD
    wire = hosts.near.wire('near0')

    def is_shown():
        nonlocal sent
        send_all(wire, numbered(1, sent))
        sent += 1
        while select.select([capture.reader], [], [], 0.01)[0]:
            found.append(capture.read_block())
        return numbers(found)[-1:] >= [FLOOD]
    wait_until(is_shown, 'nothing is shown again', TIMEOUT)
    return found, sent


def test_a_reader_that_reads_after_a_while_gets_what_comes_then(programs, hosts, log):
    """Once there is room again; the first packet behind the gap says how large it is."""
    capture = Tee(programs, hosts.far, 'far0', *SMALL_PIPE, '--log-file', log.path)
    flood(hosts, FLOOD, FLOOD_SIZE)
    capture.await_recorded(FLOOD)
    found, sent = catch_up(capture, hosts)
    capture.signal(signal.SIGTERM)
    rest, status, error = capture.finish()
    found += rest
    assert status == 0
    record, counted = capture.check(found, log, error)
    assert numbers(record) == list(range(sent)) and counted.sums['hidden'] > 0
    check_gaps(found, counted.dropped)
    assert sum(packet.drops for packet in pcapng.packets(found)) == counted.sums['hidden'] + counted.dropped
    assert all(packet.drops == 0 for packet in pcapng.packets(record)) or counted.dropped
    accept_with_capinfos(programs, b''.join(Capture.raw(found)))


class SlowReader(threading.Thread):
    """Reads in small pieces, with pauses until the end is near."""

    def __init__(self, descriptor):
        super().__init__()
        self.descriptor, self.hurry, self.data = descriptor, threading.Event(), b''

    def run(self):
        pieces = []
        while piece := os.read(self.descriptor, 5000):
            pieces.append(piece)
            self.hurry.wait(0.001)
        self.data = b''.join(pieces)


def test_a_reader_that_is_slower_than_the_packets_come(programs, hosts, log):
    capture = Tee(programs, hosts.far, 'far0', '--in-buffer-size', str(64 << 20), '--log-file', log.path)
    reader = SlowReader(capture.reader.fileno())
    reader.start()
    count, size = 60_000, 200
    flood(hosts, count, size)
    capture.await_recorded(count)
    reader.hurry.set()
    capture.signal(signal.SIGTERM)
    status, error = ended(capture)
    reader.join()
    found = pcapng.blocks(reader.data)
    assert status == 0
    record, counted = capture.check(found, log, error)
    assert numbers(record) == list(range(count)) and counted.dropped == 0
    assert counted.sums['hidden'] > 0
    check_gaps(found)
    # The reader gets runs of packets, not one now and then: no more gaps than its buffer was full.
    gaps = sum(packet.drops != 0 for packet in pcapng.packets(found))
    assert gaps < counted.sums['shown'] / 500
    accept_with_capinfos(programs, reader.data)


@pytest.mark.parametrize('count', [10, FLOOD], ids=['that keeps up', 'that stalls'])
def test_a_reader_that_ends(programs, hosts, log, count):
    """What arrived before is recorded, and the record is complete."""
    capture = Tee(programs, hosts.far, 'far0', *SMALL_PIPE, '--log-file', log.path)
    capture.signal(signal.SIGSTOP)
    flood(hosts, count, FLOOD_SIZE)
    capture.reader.close()
    capture.signal(signal.SIGCONT)
    status, error = ended(capture)
    assert status == 0
    record, counted = capture.check(None, log, error)
    assert numbers(record) == list(range(count))
    assert counted.sums == {'recorded': count, 'unrecorded': 0, 'paused': 0, 'ended': 0, 'shown': 0, 'hidden': count}
    assert 'info: the reader has gone' in log.text()
    assert log.text().count('the reader has gone') == 1 and 'not all are shown' not in log.text()
    accept_with_capinfos(programs, capture.record.read_bytes())


def test_a_reader_that_is_killed(programs, hosts, log):
    """On a busy line."""
    capture = Tee(programs, hosts.far, 'far0', '--log-file', log.path)
    reader = subprocess.Popen(['cat'], stdin=capture.reader, stdout=subprocess.PIPE)
    capture.reader.close()
    sender = threading.Thread(target=flood, args=(hosts, 2 * FLOOD, FLOOD_SIZE))
    sender.start()
    assert len(reader.stdout.read(100_000)) == 100_000
    reader.kill()
    reader.communicate()
    status, error = ended(capture)
    sender.join()
    assert status == 0
    record, counted = capture.check(None, log, error)
    assert numbers(record) == list(range(len(numbers(record)))) and counted.dropped == 0
    accept_with_capinfos(programs, capture.record.read_bytes())


def test_an_output_that_fails_ends_the_record_properly(programs, hosts, log):
    """Of two files, one on a full disk."""
    record = programs.readable('kept.pcapng')
    record.unlink(missing_ok=True)
    process = programs.start([programs.ipmon_path, '-i', 'far0', '-w', '/dev/full', '--record', record, '--log-file',
                              log.path], host=hosts.far, capture=True)
    wait_until(lambda: record.exists() and statistics(pcapng.blocks(whole_blocks(record.read_bytes()))),
               'no statistics', TIMEOUT)
    _, error = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 1 and b'ENOSPC' in error
    counted = account(log)
    check_report(error.decode(), counted)
    check_stream(pcapng.blocks(record.read_bytes()), counted)


@pytest.mark.parametrize('options', [(), ('-b', 'packets:10')], ids=['file', 'ring files'])
def test_no_empty_record_is_left(programs, host, folder, options):
    """Of a pipe that nobody opens, and of an output that cannot be opened."""
    pipe, record = folder / 'pipe', folder / 'record.pcapng'
    os.mkfifo(pipe)
    pipe.chmod(0o666)
    command = [programs.ipmon_path, '-i', 'lo', '--record', record, *options, '-w']
    process = programs.start([*command, pipe], host=host, capture=True)
    wait_until(lambda: len(list(folder.iterdir())) == 2, 'no record was created', TIMEOUT)
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=TIMEOUT) == (b'', b'') and process.returncode == 0
    result = programs.run([*command, folder / 'none' / 'capture'], host=host, capture=True)
    assert result.returncode == 1 and b'cannot open -w' in result.stderr
    assert list(folder.iterdir()) == [pipe]


# --- what the capture does ---------------------------------------------------------------------


def test_pauses_and_modes_act_on_both(programs, hosts, log):
    bar = toolbar.Toolbar(programs)
    capture = ExtcapTee(programs, hosts.far, f'ipmon:{Pair.FAR}', '--log-file', log.path, *bar.options)
    bar.wait_value(toolbar.MODE, '1')
    others = [frame(IP(src=SOURCE, dst='10.9.0.77', id=number) / UDP(), Pair.OTHER_MAC) for number in range(100, 105)]
    send(hosts, numbered(10))
    bar.send(toolbar.PAUSE)
    bar.wait_value(toolbar.PAUSE, 'Resume')
    send(hosts, numbered(20, 10))
    bar.send(toolbar.PAUSE)
    bar.wait_value(toolbar.PAUSE, 'Pause')
    send(hosts, [*numbered(5, 30), *others])
    bar.send(toolbar.MODE, payload=b'0')
    bar.wait_value(toolbar.MODE, '0')
    send(hosts, [*others, *numbered(5, 35)])
    bar.wait_value(toolbar.PACKETS, '25')
    bar.wait_value(toolbar.PAUSED, '20')
    capture.signal(signal.SIGTERM)
    found, status, error = capture.finish()
    bar.read_all()
    bar.close()
    assert (status, error) == (0, '')
    record, counted = capture.check(found, log)
    assert numbers(found) == numbers(record) == [*range(10), *range(30, 35), *range(100, 105), *range(35, 40)]
    assert counted.sums['paused'] == 20
    for blocks in (found, record):
        text = comment(statistics(blocks)[0])
        assert 'Paused 1 times' in text and '20 packets were discarded meanwhile' in text
        assert 'receive-all mode was changed 1 times, to 0' in text


def test_the_toolbar_says_what_is_not_shown(programs, hosts, log):
    bar = toolbar.Toolbar(programs)
    capture = ExtcapTee(programs, hosts.far, f'ipmon:{Pair.FAR}', *SMALL_PIPE, '--log-file', log.path, *bar.options)
    flood(hosts, FLOOD, FLOOD_SIZE)
    bar.wait_value(toolbar.PACKETS, str(FLOOD))
    bar.wait_status('all are recorded, not all are shown')
    bar.wait_status(f' of {FLOOD} packets are recorded and not shown')  # on a line that is quiet now
    capture.signal(signal.SIGTERM)
    found, status, error = capture.finish()
    bar.read_all()
    assert (status, error) == (0, '')
    _, counted = capture.check(found, log)
    assert bar.value(toolbar.PACKETS) == str(FLOOD)
    assert bar.status()[1] == f'ipmon: {counted.sums["hidden"]} of {FLOOD} packets are recorded and not shown'
    bar.close()


def test_count_counts_what_is_recorded(programs, hosts, log):
    """However few of these are shown."""
    capture = Tee(programs, hosts.far, 'far0', *SMALL_PIPE, '-c', str(FLOOD - 500), '--log-file', log.path)
    flood(hosts, FLOOD, FLOOD_SIZE)
    capture.await_complete()
    found, status, error = capture.finish()
    assert status == 0
    record, counted = capture.check(found, log, error)
    assert numbers(record) == list(range(FLOOD - 500)) and counted.received == FLOOD - 500 + counted.sums['ended']
    assert counted.sums['hidden'] > 0


def make_link(host, here, there):
    """Two more interfaces of the capturing host, of which one sends to the other."""
    host.run('ip', 'link', 'add', here, 'type', 'veth', 'peer', 'name', there)
    for name in (here, there):
        host.write(f'/proc/sys/net/ipv6/conf/{name}/disable_ipv6', '1')
        host.run('ip', 'link', 'set', name, 'up')
    host.await_line(here)
    host.await_line(there)
    return host.wire(there)


def test_interfaces_that_appear_while_the_reader_stalls(programs, hosts, log):
    """Are described in the pipe before their first packet there, or before their statistics."""
    capture = Tee(programs, hosts.far, 'all', *SMALL_PIPE, '--log-file', log.path, 'udp')
    flood(hosts, FLOOD, FLOOD_SIZE)
    capture.await_recorded(FLOOD)
    shown_later, never_shown = make_link(hosts.far, 'later0', 'later1'), make_link(hosts.far, 'never0', 'never1')
    for wire in (shown_later, never_shown):
        send_all(wire, numbered(1, 1000, size=1000))
    capture.await_recorded(FLOOD + 4)  # a packet is captured on both ends
    found, sent = catch_up(capture, hosts)
    send_all(shown_later, numbered(1, 2000))
    capture.await_recorded(sent + 6)
    capture.signal(signal.SIGTERM)
    rest, status, error = capture.finish()
    found += rest
    assert status == 0
    record, counted = capture.check(found, log, error)
    names = [block.options[2][0] for block in pcapng.of_type(found, pcapng.INTERFACE)]
    assert names[0] == b'far0' and set(names) == {b'far0', b'later0', b'later1', b'never0', b'never1'}
    assert {block.options[2][0] for block in pcapng.of_type(record, pcapng.INTERFACE)} == set(names)
    shown = dict(zip(names, by_interface(found), strict=True))
    assert [shown[name] for name in (b'later0', b'later1', b'never0', b'never1')] == [1, 1, 0, 0]
    described = [block for block in found if block.type == pcapng.INTERFACE]
    for name in (b'later0', b'later1'):
        at = found.index(described[names.index(name)])
        assert pcapng.packets(found[at:at + 2])[0].interface == names.index(name)
    assert [row['hidden'] for row in counted.interfaces][1:] == [1] * 4
    for name in ('later0', 'never1'):
        assert re.search(fr'^ipmon: {name}: \d recorded, 0 discarded while paused, 0 discarded at the end; '
                         r'\d shown, 1 not shown$', error, re.M), error


@pytest.mark.parametrize('options', [('--receive-all-mode', '0'), ('--receive-all-mode', '1'), ('--receive-all-mode', '2'),
                                     ('--receive-all-mode', '3'), ('--use-pcap',), ('--use-pcap', '--receive-all-mode', '3')], ids=' '.join)
def test_every_source_has_a_record(programs, hosts, log, options):
    capture = ExtcapTee(programs, hosts.far, f'ipmon:{Pair.FAR}', *options, '--log-file', log.path)
    send(hosts, numbered(50))
    capture.signal(signal.SIGTERM)
    found, status, error = capture.finish()
    assert (status, error) == (0, '')
    record, _ = capture.check(found, log)
    assert len(pcapng.packets(record)) == 50
    assert [packet.bytes for packet in pcapng.packets(found)] == [packet.bytes for packet in pcapng.packets(record)]


def ring_files(record):
    """The files of a ring, the oldest first."""
    return sorted(record.parent.glob(record.stem + '_*' + record.suffix))


def test_ring_files_beside_a_reader_that_stalls(programs, hosts, log, folder):
    """Each packet is in one of them, and each has the statistics of its own packets."""
    ring = folder / 'tee.pcapng'
    capture = Tee(programs, hosts.far, 'far0', *SMALL_PIPE, '-b', 'packets:1000', '--log-file', log.path, record=ring)
    open_before = descriptors(capture.process.pid)
    flood(hosts, FLOOD, FLOOD_SIZE)
    wait_until(lambda: len(ring_files(ring)) == FLOOD // 1000, 'not all files were begun', TIMEOUT)
    assert len(descriptors(capture.process.pid)) == len(open_before)
    found, sent = catch_up(capture, hosts)
    capture.signal(signal.SIGTERM)
    rest, status, error = capture.finish()
    found += rest
    assert status == 0
    counted = account(log)
    check_report(error, counted)
    check_pipe(found, counted, ring)
    check_gaps(found, counted.dropped)
    files = [pcapng.blocks(file.read_bytes()) for file in ring_files(ring)]
    assert [number for blocks in files for number in numbers(blocks)] == list(range(sent))
    assert [len(numbers(blocks)) for blocks in files[:-1]] == [1000] * (FLOOD // 1000)
    for blocks in files:
        assert delivered(blocks) == by_interface(blocks)
        assert sum(block.number(RECEIVED) for block in statistics(blocks)) == len(numbers(blocks))
        accept_with_capinfos(programs, b''.join(Capture.raw(blocks)))


# --- beside printed packets --------------------------------------------------------------------


class Printing:
    """ipmon that prints packets into a pipe of one page, and records them."""

    def __init__(self, programs, host, log, *options):
        self.record = programs.readable('printed.pcapng')
        self.record.unlink(missing_ok=True)
        self.process = programs.start([programs.ipmon_path, '-i', 'far0', '--record', self.record, '--log-file', log.path,
                                       *options], host=host, capture=True)
        fcntl.fcntl(self.process.stdout, fcntl.F_SETPIPE_SZ, 4096)
        self.await_recorded(0)

    def recorded(self):
        return pcapng.blocks(whole_blocks(self.record.read_bytes()))

    def await_recorded(self, count):
        """Zero: its description is there, all is open."""
        wait_until(lambda: self.record.exists() and pcapng.of_type(self.recorded(), pcapng.INTERFACE)
                   and len(pcapng.packets(self.recorded())) >= count, 'not all packets were recorded', TIMEOUT)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        text, error = self.process.communicate(timeout=TIMEOUT)
        assert self.process.returncode == 0
        return text.decode(), error.decode()


@pytest.mark.parametrize('form', FORMS)
def test_printed_packets_whose_reader_stalls(programs, hosts, log, form):
    """More than the pipe and the buffer before it hold; all records that are printed are whole."""
    capture = Printing(programs, hosts.far, log, *FORMS[form])
    count = 40_000
    flood(hosts, count, 0)
    capture.await_recorded(count)
    text, error = capture.stop()
    counted = account(log)
    check_report(error, counted)
    record = pcapng.blocks(capture.record.read_bytes())
    check_stream(record, counted)
    assert numbers(record) == list(range(count))
    separator = '\n\n' if form == 'details' else '\n'
    *records, rest = text.split(separator)
    assert rest == '' and len(records) == counted.sums['shown'] > 0
    assert counted.sums['hidden'] == count - len(records) > 0
    if form == 'json':
        assert [json.loads(line)['ipmon.id'] for line in records] == list(range(len(records)))


def test_frames_that_are_not_printed_are_recorded(programs, hosts, log):
    capture = Printing(programs, hosts.far, log, '--use-pcap')
    arp = bytes(Ether(src=Pair.NEAR_MAC, dst=Pair.FAR_MAC) / ARP(op='is-at', psrc='10.9.0.9', pdst='10.9.0.9'))
    send(hosts, [arp, *numbered(3), arp])
    capture.await_recorded(5)
    text, error = capture.stop()
    counted = account(log)
    check_report(error, counted)
    assert len(text.splitlines()) == 3 and 'not all are shown' not in log.text()
    assert (counted.sums['recorded'], counted.sums['shown'], counted.sums['hidden']) == (5, 3, 2)
    check_stream(pcapng.blocks(capture.record.read_bytes()), counted)


def test_a_reader_of_printed_packets_that_leaves(programs, hosts, log):
    capture = Printing(programs, hosts.far, log)
    send(hosts, numbered(5))
    assert capture.process.stdout.readline().endswith(b'\n')
    capture.process.stdout.close()
    send(hosts, numbered(5, 5))
    assert capture.process.wait(TIMEOUT) == 0
    counted = account(log)
    check_report(capture.process.stderr.read().decode(), counted)
    record = pcapng.blocks(capture.record.read_bytes())
    check_stream(record, counted)
    assert numbers(record)[:5] == list(range(5))


# --- tshark ------------------------------------------------------------------------------------


def start_tshark(programs, hosts, log, record, *options):
    preferences = {'record': record, 'logfile': log.path, **dict(options)}
    words = [word for name, value in preferences.items() for word in ('-o', f'extcap.ipmon_10_9_0_2.{name}:{value}')]
    output = programs.readable('shown.pcapng')
    output.unlink(missing_ok=True)
    tshark = programs.start(['tshark', '-n', '-q', '-i', f'ipmon:{Pair.FAR}', *words, '-w', output], host=hosts.far,
                            capture=True)
    wait_until(hosts.far.is_capturing, 'tshark started no capture', TIMEOUT)
    return tshark, output


def test_tshark_with_a_record(programs, hosts, log):
    """tshark closes the pipe before it says that it ends: what came until then is recorded."""
    record = programs.readable('tshark-record.pcapng')
    tshark, output = start_tshark(programs, hosts, log, record)
    send(hosts, numbered(50))
    wait_until(lambda: output.exists() and len(pcapng.packets(pcapng.blocks(whole_blocks(output.read_bytes())))) == 50,
               'tshark does not write', TIMEOUT)
    tshark.send_signal(signal.SIGINT)
    _, error = tshark.communicate(timeout=TIMEOUT)
    assert tshark.returncode == 0, error
    wait_until(lambda: not hosts.far.is_capturing(), 'ipmon goes on', TIMEOUT)
    wait_until(lambda: 'received 50 packets' in log.text(), 'no account', TIMEOUT)
    recorded = pcapng.blocks(record.read_bytes())
    check_stream(recorded, account(log))
    assert numbers(pcapng.blocks(output.read_bytes())) == numbers(recorded) == list(range(50))
    record.unlink()


def test_tshark_stops_after_packets_that_it_has_shown(programs, hosts, log, folder):
    """Into ring files, with all that the dialog's tab has."""
    ring = folder / 'tshark.pcapng'
    tshark, output = start_tshark(programs, hosts, log, ring, ('ringbuffer', 'packets:20,files:3'), ('onfull', 'wait'),
                                  ('packetcount', '100'))
    send(hosts, numbered(100))
    _, error = tshark.communicate(timeout=TIMEOUT)
    assert tshark.returncode == 0, error
    counted = account(log)
    files = [pcapng.blocks(file.read_bytes()) for file in ring_files(ring)]
    assert len(files) == 3 and counted.sums['recorded'] == 100
    last = [number for blocks in files for number in numbers(blocks)]
    assert last == list(range(100 - len(last), 100)) and len(last) >= 40
    assert numbers(pcapng.blocks(output.read_bytes())) == list(range(100))


def test_a_record_that_exists_is_refused_in_tshark(programs, hosts, log):
    record = programs.readable('existing.pcapng')
    record.write_bytes(b'kept')
    record.chmod(0o666)
    result = programs.tshark('-n', '-i', f'ipmon:{Pair.FAR}', '-o', f'extcap.ipmon_10_9_0_2.record:{record}', '-w',
                             programs.readable('none.pcapng'), host=hosts.far, capture=True)
    assert result.returncode != 0 and b'exists, and a record overwrites nothing' in result.stderr
    assert record.read_bytes() == b'kept'


def test_a_killed_tshark_leaves_a_complete_record(programs, hosts, log):
    """It sends no signal, and its dumpcap keeps the pipe open."""
    record = programs.readable('killed-record.pcapng')
    record.unlink(missing_ok=True)
    tshark, _ = start_tshark(programs, hosts, log, record)
    send(hosts, numbered(50))
    wait_until(lambda: len(pcapng.packets(pcapng.blocks(whole_blocks(record.read_bytes())))) == 50, 'not recorded', TIMEOUT)
    tshark.kill()
    tshark.communicate()
    wait_until(lambda: 'received 50 packets' in log.text(), 'no account', TIMEOUT)
    assert 'Wireshark has gone' in log.text()
    recorded = pcapng.blocks(record.read_bytes())
    check_stream(recorded, account(log))
    assert numbers(recorded) == list(range(50))
