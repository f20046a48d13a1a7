# The processes of packets, as comments and options of a file name them: fields, both ends, what other
# tools wrote, hostile comments, files that went through other tools, socket errors, statistics.
# SPDX-License-Identifier: GPL-2.0-or-later
import collections
import json
import re
import struct
import subprocess
import xml.etree.ElementTree as tree

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPerror, UDPerror
from scapy.layers.inet6 import ICMPv6DestUnreach, IPerror6, IPv6
from scapy.packet import Raw

import pcapng
from capture_files import FROM_US, RAW, TO_US, block, write_pcap
from compare_records import Shown, compare_file, print_arguments
from programs import BUILD, TIMEOUT

COMMENT, FLAGS, IDS, DARWIN_PROCESS = 1, 2, 8, 32769  # options of packets
DARWIN_BLOCK = 0x80000001  # process information: the id; options: the name (2)
CLIENT, SERVER = '10.9.0.1', '10.9.0.2'
FIELDS = ['ipmon.process', 'ipmon.process.id', 'ipmon.process.thread', 'ipmon.process.name', 'ipmon.process.executable',
          'ipmon.process.command_line', 'ipmon.process.user', 'ipmon.process.user_name', 'ipmon.process.container',
          'ipmon.process.role', 'ipmon.process.how', 'ipmon.process.certainty', 'ipmon.process.source']
ERROR = ['ipmon.error.process', 'ipmon.error.process.id', 'ipmon.error.process.name']
PASSES = pytest.mark.parametrize('passes', [[], ['-2']], ids=['one pass', 'two passes'])


def option(code, value):
    return struct.pack('<HH', code, len(value)) + value + bytes(-len(value) % 4)


def packet_block(number, packet, options):
    raw = bytes(packet)
    time = 1_700_000_000_000_000 + number * 1000
    head = struct.pack('<IIIII', 0, time >> 32, time & 0xFFFFFFFF, len(raw), len(raw))
    return block(pcapng.PACKET, head + raw + bytes(-len(raw) % 4) +
                 b''.join(option(*one) for one in options) + bytes(4))


def write(path, rows, blocks=b''):
    """Packets of one interface, each with its flags and then comments, or options by their codes."""
    data = block(pcapng.SECTION, struct.pack('<IHHq', 0x1A2B3C4D, 1, 0, -1))
    data += block(pcapng.INTERFACE, struct.pack('<HHI', RAW, 0, 0) + option(2, b'eth0') + bytes(4)) + blocks
    for number, (packet, flags, *options) in enumerate(rows):
        options = [one if isinstance(one, tuple) else (COMMENT, one if isinstance(one, bytes) else one.encode())
                   for one in options]
        data += packet_block(number, packet, [(FLAGS, struct.pack('<I', flags)), *options])
    path.write_bytes(data)
    return path


def comment(role='sender', how='connect', certainty='exact', **values):
    """One of ipmon, by the keys of its lines in their order."""
    lines = {'PID': 1234, 'ThreadId': values.get('PID', 1234), 'Name': 'curl', **values,
             'Role': role, 'How': how, 'Certainty': certainty}
    order = ['PID', 'ThreadId', 'Cmd', 'Args', 'UserId', 'Name', 'User', 'Container', 'Role', 'How', 'Certainty']
    return '\n'.join(f'{key}: {lines[key]}' for key in order if key in lines).encode()


WHOLE = comment(ThreadId=1235, Cmd='/usr/bin/curl', Args='curl -4 http://a:80/', UserId=1000, User='alice',
                Container='docker:0123456789ab')
WHOLE_FIELDS = ['curl (pid 1234, alice)', '1234', '1235', 'curl', '/usr/bin/curl', 'curl -4 http://a:80/', '1000',
                'alice', 'docker:0123456789ab', 'sender', 'connect', 'exact', 'ipmon']
KERNEL = b'Role: sender\nHow: kernel\nCertainty: exact'


def udp(port=4000, data=b'x', back=False):
    source, target, ports = (SERVER, CLIENT, (9, port)) if back else (CLIENT, SERVER, (port, 9))
    return IP(src=source, dst=target) / UDP(sport=ports[0], dport=ports[1]) / Raw(data)


def refused(port=4000):
    return IP(src=SERVER, dst=CLIENT) / ICMP(type=3, code=3) / IPerror(src=CLIENT, dst=SERVER) / \
        UDPerror(sport=port, dport=9)


def fields_of(programs, file, names=FIELDS, *arguments):
    return programs.fields(file, names, *arguments)


def one_process(programs, *comments, flags=FROM_US):
    """The fields of a packet with these comments that is to have one process at most."""
    [row] = fields_of(programs, write(programs.readable('one.pcapng'), [(udp(), flags, *comments)]))
    assert all(len(cell) <= 1 for cell in row), row
    return {name.removeprefix('ipmon.process').removeprefix('.'): cell[0]
            for name, cell in zip(FIELDS, row, strict=True) if cell}


def version(programs):
    text = programs.tshark('--version').stdout.decode()
    return tuple(int(part) for part in re.search(r'(\d+)\.(\d+)', text).groups())


# Fields.

def test_every_field(programs):
    file = write(programs.readable('fields.pcapng'), [(udp(), FROM_US, WHOLE), (udp(), FROM_US)])
    assert fields_of(programs, file) == [[[value] for value in WHOLE_FIELDS], [[] for _ in FIELDS]]


@pytest.mark.parametrize('display_filter, numbers', [
    ('ipmon.process', [1, 2]),
    ('ipmon.process.id == 1234', [1]),
    ('ipmon.process.id > 1234', [2]),
    ('ipmon.process.name == "curl"', [1]),
    ('ipmon.process.name matches "^ng"', [2]),
    ('ipmon.process.user == 0', []),
    ('ipmon.process.user in {1000 .. 1002}', [1]),
    ('ipmon.process.role == "receiver"', [2]),
    ('!ipmon.process', [3]),
])
def test_filters(programs, display_filter, numbers):
    rows = [(udp(), FROM_US, WHOLE), (udp(back=True), TO_US, comment('receiver', 'accept', PID=5000, Name='nginx')), (udp(), FROM_US)]
    file = write(programs.readable('filters.pcapng'), rows)
    assert fields_of(programs, file, ['frame.number'], '-Y', display_filter) == [[[str(number)]] for number in numbers]


@pytest.mark.parametrize('display_filter', ['ipmon.process.id == "curl"', 'ipmon.process.user == "alice"'])
def test_filters_that_can_match_nothing_are_rejected(programs, display_filter):
    file = write(programs.readable('rejected.pcapng'), [(udp(), FROM_US, WHOLE)])
    assert programs.tshark('-r', file, '-Y', display_filter).returncode != 0


def records(programs, file):
    """Of each record the title, and its items as (text, texts below)."""
    output = programs.tshark('-n', '-r', file, '-T', 'pdml', '-J', 'ipmon').stdout  # not frame.comment, as it is in the file
    return [(proto.get('showname'), [(item.get('showname', item.get('show')), [below.get('showname') for below in item])
                                     for item in proto if not item.get('hide')])
            for proto in tree.fromstring(output).iter('proto') if proto.get('name') == 'ipmon']


def test_the_order_of_the_record(programs):
    """Error, events, processes, header, payload; the sender first, wherever its comment is."""
    listener = comment('listener', 'listen', 'listener', PID=80, Name='nginx')
    rows = [(udp(), FROM_US, listener, WHOLE), (refused(), TO_US, KERNEL, comment('receiver', 'port', PID=7, UserId=33))]
    [(title, items), (error_title, error_items)] = records(programs, write(programs.readable('order.pcapng'), rows))
    assert title == f'IP Monitor: {CLIENT}:4000 → {SERVER}:9, UDP, Routine, TTL 64, ' \
        'from curl (pid 1234, alice), listener nginx (pid 80)'
    assert [text.split(':')[0] for text, _ in items] == ['Process', 'Process', 'IP Header', 'Payload']
    assert items[0] == ('Process: curl (pid 1234, alice), sender', [
        'Process ID: 1234', 'Thread ID: 1235', 'Name: curl', 'Executable: /usr/bin/curl',
        'Command Line: curl -4 http://a:80/', 'User ID: 1000', 'User Name: alice', 'Container: docker:0123456789ab',
        'Role: sender', 'How: connect', 'Certainty: exact', 'Source: ipmon'])
    assert items[1][0] == 'Process: nginx (pid 80), listener'
    assert [text.split(':')[0] for text, _ in error_items] == ['Socket Error', 'Network Events', 'Process', 'Process', 'IP Header', 'Payload']
    assert [text for text, _ in error_items[2:4]] == ['Process: kernel, sender', 'Process: curl (pid 7, user 33), receiver']
    # The flow had curl, pid 1234.
    assert error_title == f'IP Monitor: ECONNREFUSED for curl (pid 1234, alice) to {SERVER}:9 (from target {SERVER})'


def test_only_the_outermost_header_has_processes(programs):
    packet = IP(src=CLIENT, dst=SERVER) / IP(src='10.1.0.1', dst='10.1.0.2') / UDP(sport=1, dport=9)
    file = write(programs.readable('tunnel.pcapng'), [(packet, FROM_US, WHOLE)])
    [row] = fields_of(programs, file, ['ipmon.layer', 'ipmon.process.id'])
    assert row == [['0', '1'], ['1234']]
    [(_, outer), (_, inner)] = records(programs, file)
    assert outer[0][0].startswith('Process: ') and inner[0][0] == 'IP Header'


def test_info_column(programs):
    file = write(programs.readable('info.pcapng'), [(udp(), FROM_US, WHOLE), (udp(), FROM_US)])
    with_it, without = programs.tshark('-n', '-r', file, '-o', 'ipmon.summary:TRUE').stdout.decode().splitlines()
    assert with_it.endswith('[UDP, Routine, TTL 64, from curl (pid 1234, alice)]')
    assert without.endswith('[UDP, Routine, TTL 64]')


UNCERTAIN = [comment('receiver', 'use', 'uncertain', PID=80, Name='nginx', UserId=33), WHOLE.replace(b': exact', b': uncertain')]
SHOWN = ['curl (pid 1234, alice, uncertain)', 'nginx (pid 80, user 33, uncertain)']


def test_uncertain_processes_are_shown_as_such(programs):
    """Wherever a process is named in a few words, by Wireshark and by ipmon."""
    file = write(programs.readable('uncertain.pcapng'), [(udp(), FROM_US, *UNCERTAIN)])
    line = f'from {SHOWN[0]}, to {SHOWN[1]}'
    assert fields_of(programs, file, ['ipmon.process']) == [[SHOWN]]
    [(title, items)] = records(programs, file)
    assert title.endswith(f', {line}')
    assert [text for text, _ in items[:2]] == [f'Process: {SHOWN[0]}, sender', f'Process: {SHOWN[1]}, receiver']
    info, = programs.tshark('-n', '-r', file, '-o', 'ipmon.summary:TRUE').stdout.decode().splitlines()
    assert info.endswith(f', {line}]')
    statistics = lines_of(programs.tshark('-n', '-r', file, '-q', '-z', 'ipmon_processes,tree').stdout.decode())
    assert {path[1] for path in statistics if len(path) == 2 and path[0] == 'Packets'} == set(SHOWN)
    assert programs.ipmon('-r', file).stdout.decode().endswith(f'; {line}\n')
    assert all(f'    Process: {one}\n' in programs.ipmon('-r', file, '-V').stdout.decode() for one in SHOWN)
    assert json.loads(programs.ipmon('-r', file, '--json').stdout)['ipmon.process'] == SHOWN


def test_the_column_of_the_profile(programs):
    file = write(programs.readable('uncertain.pcapng'), [(udp(), FROM_US, *UNCERTAIN)])
    preferences = (BUILD / 'plugin' / 'profile' / 'IP Monitor' / 'preferences').read_text()
    field = re.search('"Process", "%Cus:([a-z.]+):', preferences)[1]
    assert programs.tshark('-n', '-r', file, '-o', f'gui.column.format:"Process","%Cus:{field}"').stdout.decode() == \
        ','.join(SHOWN) + '\n'


def test_an_uncertain_listener_is_found_by_its_role(programs):
    file = write(programs.readable('listener.pcapng'), [(udp(), FROM_US, comment('listener', 'listen', 'uncertain'))])
    assert fields_of(programs, file, ['ipmon.process'], '-Y', 'ipmon.process.role == "listener"') == \
        [[['curl (pid 1234, uncertain)']]]


@pytest.mark.parametrize('note', ['Name: my note', 'Container: blue', 'Role: mine', 'How: see the log', 'PID: see below'])
def test_a_note_above(programs, note):
    assert one_process(programs, f'{note}\n'.encode() + WHOLE) == one_process(programs, WHOLE)


def test_a_column(programs):
    file = write(programs.readable('column.pcapng'), [(udp(), FROM_US, WHOLE)])
    columns = 'gui.column.format:"Process","%Cus:ipmon.process.name","Id","%Cus:ipmon.process.id"'
    for passes in ([], ['-2']):
        assert programs.tshark('-n', '-r', file, '-o', columns, *passes).stdout.split() == [b'curl', b'1234']


def test_files_without_comments(programs):
    file = write_pcap(programs.readable('none.pcap'), [udp(), refused()])
    assert not programs.tshark('-n', '-r', file, '-Y', 'ipmon.process || ipmon.error.process').stdout
    assert b'Process' not in programs.tshark('-n', '-r', file, '-V').stdout


# What other tools write.

def test_comments_of_ptcpdump(programs):
    first = 'PID: 22\nCmd: /usr/bin/wget\nArgs: wget -T 10 1.1.1.1'
    shown = {'': 'wget (pid 22)', 'id': '22', 'name': 'wget', 'executable': '/usr/bin/wget',
             'command_line': 'wget -T 10 1.1.1.1', 'certainty': 'unknown', 'source': 'ptcpdump'}
    assert one_process(programs, first) == shown
    more = ['ThreadId: 23\nThreadName: worker', 'UserId: 33\nGroupId: 33', 'ParentPID: 1\nParentCmd: /sbin/init\nParentArgs: x',
            'ContainerName: web\nContainerId: abc\nContainerImage: i\nContainerLabels: {"a":"b"}']
    assert one_process(programs, first, *more) == {
        **shown, '': 'wget (pid 22, user 33)', 'thread': '23', 'user': '33', 'container': 'abc'}


def test_empty_values(programs):
    """So that ptcpdump does not take those of the comment before."""
    shown = one_process(programs, comment(Cmd='', Args='', UserId=5))
    assert (shown[''], shown['user'], shown['source']) == ('curl (pid 1234, user 5)', '5', 'ipmon')
    assert not {'executable', 'command_line'} & shown.keys()


@pytest.mark.parametrize('text, ids', [
    ('PID=1234', ('1234', None)), ('PID=4 TID=8', ('4', '8')),
    ('PID=4 TID=8 VlanId=0 SrcPortId=1 SrcNicType=a SrcNicName=b SrcPortName=c DstNicCount=1 HashValue=0', ('4', '8')),
    ('PID=-1 TID=-1', None),
])
def test_comments_of_etl2pcapng(programs, text, ids):
    shown = one_process(programs, text)
    assert (shown.get('id'), shown.get('thread')) == (ids or (None, None))
    assert shown.get('source') == ('etl2pcapng' if ids else None)


def test_the_option_for_process_and_thread(programs):
    """Wireshark reads it from 4.6 on. It tells nothing that a comment does not."""
    ids = (IDS, struct.pack('<II', 1234, 1235))
    expected = {'': 'process (pid 1234)', 'id': '1234', 'thread': '1235', 'certainty': 'unknown',
                'source': 'epb_processid_threadid'} if version(programs) >= (4, 6) else {}
    assert one_process(programs, ids) == expected
    assert one_process(programs, ids, WHOLE)['source'] == 'ipmon'


def test_process_blocks_of_macos(programs):
    name = b'mDNSResponder\0'
    described = block(DARWIN_BLOCK, struct.pack('<I', 501) + option(2, name) + bytes(4))
    rows = [(udp(), FROM_US, (DARWIN_PROCESS, struct.pack('<I', 0)))]
    [row] = fields_of(programs, write(programs.readable('darwin.pcapng'), rows, described),
                      ['ipmon.process', 'ipmon.process.id', 'ipmon.process.source'])
    expected = [['mDNSResponder (pid 501)'], ['501'], ['darwin']]
    assert row == (expected if version(programs) >= (4, 6) else [[], [], []])


# Hostile comments.

@pytest.mark.parametrize('text', [
    'see PID: 12', 'PID: 12 is slow', 'PID: twelve', 'PID: 4294967296', 'PID: -1', 'PID:', 'ThreadId: 1\nThreadName: x\nPID: 12',
    'Role: manager\nHow: kernel', 'UserId: 0', '\n:\n', 'PID 12', 'PID=12;', b'PID: \xff', b'\xff\xfe:\n\x01',
])
def test_comments_about_something_else(programs, text):
    assert one_process(programs, text) == {}


@pytest.mark.parametrize('name, shown', [
    ('a\\x0aPID: 1\\x0aRole: receiver', 'a\\x0aPID: 1\\x0aRole: receiver'),
    ('a:b: c', 'a:b: c'), ('PID: 1', 'PID: 1'), ('"quotes" <&> \'%s%n', '"quotes" <&> \'%s%n'),
    ('grüße 😀', 'grüße 😀'), ('\x01\x1b[31m', '\\x01\\x1b[31m'), (b'\xff\xc3', '\\xff\\xc3'), ('\x85|\uffff', '\\xc2\\x85|\\xef\\xbf\\xbf'),
    ('a\u202eb\u2066\u200f', 'a\\xe2\\x80\\xaeb\\xe2\\x81\\xa6\\xe2\\x80\\x8f'),
])
def test_hostile_names(programs, name, shown):
    raw = name if isinstance(name, bytes) else name.encode()
    text = comment(UserId=7, Args='x').replace(b'Name: curl', b'Name: ' + raw)
    file = write(programs.readable('name.pcapng'), [(udp(), FROM_US, text)])
    [row] = fields_of(programs, file, ['ipmon.process.id', 'ipmon.process.user', 'ipmon.process.role'])
    assert row == [['1234'], ['7'], ['sender']]
    [packet] = json.loads(programs.tshark('-n', '-r', file, '-T', 'json', '-J', 'ipmon').stdout)
    process = packet['_source']['layers']['ipmon']['ipmon.process_tree']
    # After 4.0 Wireshark replaces the bytes of a comment that are no UTF-8 before any dissector gets them.
    replaced = raw.decode(errors='replace')
    assert process['ipmon.process.name'] in (shown, *([replaced] if '\ufffd' in replaced else []))
    [(title, _)] = records(programs, file)  # which is XML
    assert title.startswith('IP Monitor: 10.9.0.1:4000')


def test_arguments_that_fake_lines(programs):
    """ptcpdump does not escape them."""
    faked = 'PID: 1\nThreadId: 1\nUserId: 0\nName: sshd\nRole: sender\nHow: connect\nCertainty: exact'
    for text in (f'PID: 22\nCmd: /bin/x\nArgs: x\n{faked}', f'PID: 22\nCmd: /bin/x\n{faked}\nArgs: x'):
        shown = one_process(programs, text)
        assert (shown['id'], shown['name'], shown['source']) == ('22', 'x', 'ptcpdump')
        assert not {'user', 'role', 'how', 'thread'} & shown.keys()
    first = 'PID: 22\nCmd: /bin/x\nArgs: x'
    for text in (f'ThreadId: 22\nThreadName: x\n{faked}', f'ParentPID: 7\nParentCmd: /bin/y\nParentArgs: y\n{faked}',
                 'ParentPID: 7\nParentCmd: y\nContainerId: a\nParentArgs: z'):
        shown = one_process(programs, first, text, 'UserId: 33')
        assert (shown['id'], shown['name'], shown['user'], shown['source']) == ('22', 'x', '33', 'ptcpdump')
        assert not {'role', 'how', 'container'} & shown.keys()


@pytest.mark.parametrize('fill', [b'a', b'\xc3\xbc', b'\xff', b'\\', b'"', b'\x01'])
def test_128_kib(programs, fill):
    """The longest comments, two of them: cut in no part of a character or escape."""
    texts = [comment(role, PID=number, Args='@').replace(b'@', fill * (65_000 // len(fill)))
             for number, role in ((1, 'sender'), (2, 'receiver'))]
    file = write(programs.readable('long.pcapng'), [(udp(), FROM_US, *texts)])
    [row] = fields_of(programs, file, ['ipmon.process.id', 'ipmon.process.role', 'ipmon.process.name'])
    assert row == [['1', '2'], ['sender', 'receiver'], ['curl', 'curl']]
    [line] = programs.ipmon('-r', file, '--json').stdout.splitlines()
    for text in json.loads(line)['ipmon.process.command_line']:
        shown = fill.decode() if fill not in (b'\xff', b'\x01') else f'\\x{fill[0]:02x}'
        shown = (shown, fill.decode(errors='replace'))['\ufffd' in text]  # by Wireshark's library, after 4.0
        assert re.fullmatch(f'({re.escape(shown)})+[.]{{3}}', text) and 4080 <= len(text.encode()) <= 4095
    assert programs.tshark('-n', '-r', file, '-V').returncode == 0
    assert len(records(programs, file)) == 1


def test_many_comments(programs):
    texts = [comment(PID=number) for number in range(1, 200)]
    file = write(programs.readable('many.pcapng'), [(udp(), FROM_US, *texts)])
    assert fields_of(programs, file, ['ipmon.process.id']) == [[['1', '2', '3', '4']]]


# Through other tools.

def edit(programs, tool, *arguments):
    result = programs.run([tool, *arguments])
    assert result.returncode == 0, result.stderr
    return arguments


@pytest.fixture
def written(programs):
    rows = [(udp(), FROM_US, comment('receiver', PID=80, Name='nginx'), WHOLE), (refused(), TO_US, KERNEL),
            (udp(), FROM_US, 'PID: 22\nCmd: /usr/bin/wget\nArgs: wget', 'UserId: 33'), (udp(), FROM_US)]
    return write(programs.readable('written.pcapng'), rows)


def copies(programs, file):
    """The file as other tools write it again, and how often each packet is in it."""
    copy, again, cut = (programs.home / name for name in ('copy.pcapng', 'again.pcapng', 'cut.pcapng'))
    edit(programs, 'editcap', file, copy)
    yield copy, 1
    edit(programs, 'tshark', '-r', copy, '-w', again)
    yield again, 1
    edit(programs, 'editcap', '-s', '200', again, cut)
    yield cut, 1
    edit(programs, 'mergecap', '-w', copy, file, again)
    yield copy, 2


def test_other_tools_keep_them(programs, written):
    names = [*FIELDS, *ERROR]
    expected = fields_of(programs, written, names)
    assert expected[0][1] == ['1234', '80'] and expected[1][-1] == ['curl'] and expected[2][1] == ['22']
    for copy, times in copies(programs, written):
        rows = fields_of(programs, copy, names)
        assert len(rows) == times * len(expected)
        for row in rows:
            # Merged by time, an error may follow the second packet of the same time.
            assert row in expected
        assert collections.Counter(map(str, rows)) == {str(row): times for row in expected}


def test_edited_by_hand(programs, written):
    """A note of its own beside them, one around their lines, another id, none."""
    # editcap -a keeps them in 4.0, and again in 4.6 when it is told to.
    alone, noted = [write(programs.readable(f'noted{len(notes)}.pcapng'), [(udp(), FROM_US, WHOLE, *notes)])
                    for notes in ([], ['this one is slow'])]
    assert fields_of(programs, noted) == fields_of(programs, alone) != []
    file = programs.home / 'edited.pcapng'
    keep = re.findall(b'--preserve-packet-comments', programs.run(['editcap', '--help']).stdout)[:1]
    if keep or b'4.0.' in programs.tshark('--version').stdout:
        edit(programs, 'editcap', *keep, '-a', '1:this one is slow', written, file)
        assert fields_of(programs, file)[0] == fields_of(programs, written)[0]
    text = WHOLE.decode()
    assert one_process(programs, f'slow!\n\n{text}\nask alice') == one_process(programs, WHOLE)
    assert one_process(programs, text.replace('PID: 1234', 'PID:77 ').replace('\n', '\r\n'))['id'] == '77'
    assert one_process(programs, text.replace('1234', '12x4')) == {}
    edit(programs, 'editcap', '-F', 'pcap', written, file)
    assert all(not any(row) for row in fields_of(programs, file))


def asked(programs, file, *requests):
    """What sharkd answers about a file to each request."""
    lines = [{'method': 'load', 'params': {'file': str(file)}}, *requests]
    text = ''.join(json.dumps({'jsonrpc': '2.0', 'id': number} | line) + '\n' for number, line in enumerate(lines, 1))
    result = subprocess.run(programs.command(['sharkd', '-']), env=programs.environment(), input=text.encode(),
                            capture_output=True, timeout=TIMEOUT, cwd=programs.stage)
    answers = [json.loads(line) for line in result.stdout.decode().splitlines() if line.startswith('{')]
    assert len(answers) == len(lines), result.stderr
    return [answer['result'] for answer in answers[1:]]


def test_edited_in_the_window(programs, written):
    """Before the file is saved."""
    by_id = {'method': 'frames', 'params': {'filter': 'ipmon.process.id == 77'}}
    change = {'method': 'setcomment', 'params': {'frame': 4, 'comment': comment(PID=77).decode()}}
    assert asked(programs, written, by_id) == [[]]
    assert [frame['num'] for frame in asked(programs, written, change, by_id)[1]] == [4]


# Printed by ipmon.

def test_printed_as_in_wireshark(programs, written):
    shown = Shown(lambda *words: programs.run(['tshark', *words]).stdout)
    rows = [(udp(), FROM_US, WHOLE), (udp(), FROM_US, 'PID=4 TID=8'), (udp(), FROM_US, KERNEL), (udp(), FROM_US, 'PID: x'),
            (udp(), FROM_US, comment(Name='"\\\\x0a\\"', Args='ü\x01\t', PID=1), comment('listener', Name='', PID=2)),
            (refused(), TO_US, comment('receiver')), (udp(4001), FROM_US, WHOLE), (refused(4001), TO_US, KERNEL),
            (udp(4001), FROM_US), (refused(4001), TO_US, KERNEL), (refused(4002), TO_US, UNCERTAIN[0])]
    for file in (written, write(programs.readable('printed.pcapng'), rows)):
        found, compared = compare_file(
            shown, lambda path: subprocess.run([programs.ipmon_path, *print_arguments(path)], stdin=subprocess.DEVNULL,
                                               capture_output=True, timeout=TIMEOUT).stdout, file)
        assert not found, '\n'.join(found)
        assert compared >= 4
    lines = programs.ipmon('-r', written).stdout.decode().splitlines()
    assert lines[0].endswith('; from curl (pid 1234, alice), to nginx (pid 80)') and lines[3].endswith(')')
    assert f'; error: ECONNREFUSED for curl (pid 1234, alice) to {SERVER}.9 (from target {SERVER}); from kernel' in lines[1]


# Errors.

def errors(programs, rows, *passes):
    """The process of each error, by the number of its frame."""
    file = write(programs.readable('errors.pcapng'), rows)
    return {int(number[0]): process[0] if process else None
            for number, process in fields_of(programs, file, ['frame.number', 'ipmon.error.process'], '-Y', 'ipmon.error', *passes)}


def tcp(flags, port=5000, back=False, seq=100, ack=0):
    source, target, ports = (SERVER, CLIENT, (80, port)) if back else (CLIENT, SERVER, (port, 80))
    return IP(src=source, dst=target) / TCP(sport=ports[0], dport=ports[1], flags=flags, seq=seq, ack=ack)


@PASSES
def test_the_process_of_an_error(programs, passes):
    def whose(number, **more):
        return comment(PID=number, Name=f'p{number}', **more)

    packet6 = IPv6(src='fd00::1', dst='fd00::2') / UDP(sport=7, dport=9)
    rows = [
        # Refused, by ICMP and by a reset: the process of the packets before.
        (udp(1), FROM_US, whose(1)), (refused(1), TO_US, KERNEL),
        (tcp('S'), FROM_US, whose(2, UserId=0)), (tcp('RA', back=True, seq=0, ack=101), TO_US),
        # Reset of an accepted connection: the worker, not the listener.
        (tcp('S', 5001), TO_US, comment('listener', 'listen', 'listener', PID=3)),
        (tcp('SA', 5001, back=True, seq=500, ack=101), FROM_US, comment('listener', 'listen', 'listener', PID=3)),
        (tcp('A', 5001, seq=101, ack=501), TO_US, comment('receiver', 'accept', PID=4, Name='worker')),
        (tcp('RA', 5001, seq=101, ack=501), TO_US),
        # Ports that are used again.
        (udp(1), FROM_US, whose(5)), (refused(1), TO_US), (udp(1), FROM_US, whose(6)), (refused(1), TO_US),
        # IPv6.
        (packet6, FROM_US, whose(7)),
        (IPv6(src='fd00::2', dst='fd00::1') / ICMPv6DestUnreach(code=4) / IPerror6(bytes(packet6)), TO_US),
        # Nothing but the error.
        (refused(8), TO_US, comment('receiver', 'port', PID=8, Name='p8')),
        # ptcpdump, whose comments have no role: the direction of the frame has.
        (udp(9), FROM_US, 'PID: 9\nCmd: /bin/p9\nArgs: x'), (refused(9), TO_US),
        (udp(10), FROM_US, 'PID=10'), (refused(10), TO_US),
    ]
    assert errors(programs, rows, *passes) == {
        2: 'p1 (pid 1)', 4: 'p2 (pid 2, user 0)', 8: 'worker (pid 4)', 10: 'p5 (pid 5)', 12: 'p6 (pid 6)', 14: 'p7 (pid 7)',
        15: 'p8 (pid 8)', 17: 'p9 (pid 9)', 19: 'process (pid 10)'}


@PASSES
def test_an_error_of_nobody_known(programs, passes):
    rows = [
        # The same ports again, of a process that no comment names.
        (udp(1), FROM_US, comment()), (udp(1), FROM_US), (refused(1), TO_US),
        (tcp('S'), FROM_US, comment()), (tcp('S', seq=9000), FROM_US), (tcp('RA', back=True, seq=0, ack=9001), TO_US),
        # Not certain; of the other end; of another socket; one that only ran when the packet came.
        (udp(3), FROM_US, comment(certainty='uncertain')), (refused(3), TO_US),
        (udp(4), FROM_US, comment('receiver')), (refused(4), TO_US),
        (udp(5), FROM_US, comment()), (refused(6), TO_US),
        (refused(7), TO_US, 'PID=7'),
        (refused(8), TO_US, KERNEL),
        # Neither flags nor a role.
        (udp(9), 0, 'PID: 9'), (refused(9), 0),
    ]
    assert errors(programs, rows, *passes) == dict.fromkeys((3, 6, 8, 10, 12, 13, 14, 16))


def test_the_process_of_a_timeout(programs):
    """It is an error of the sender; afterwards the ports are another one's."""
    rows = [(tcp('S'), FROM_US, comment(PID=1)) for _ in range(12)]
    rows += [(tcp('S', seq=7000), FROM_US, comment(PID=2)), (tcp('RA', back=True, seq=0, ack=7001), TO_US)]
    found = errors(programs, rows, '-2')
    assert found.pop(14) == 'curl (pid 2)'
    assert found and set(found.values()) == {'curl (pid 1)'}


def test_an_error_of_one_packet_among_others(programs):
    """As a filter alone, without a visible tree."""
    file = write(programs.readable('filter.pcapng'), [(udp(), FROM_US, WHOLE), (refused(), TO_US)])
    assert fields_of(programs, file, ['frame.number'], '-Y', 'ipmon.error.process.name == "curl"') == [[['2']]]
    assert fields_of(programs, file, ['frame.number'], '-2', '-R', 'icmp', '-Y', 'ipmon.error') == [[['1']]]


# Statistics.

def lines_of(text):
    path, lines = [], {}
    for line in text.splitlines():
        match = re.match(r'( *)(\S.*?) {2,}(\d+) ', line)
        if match and not line.startswith('Topic'):
            path[len(match[1]):] = [match[2]]
            lines[tuple(path)] = int(match[3])
    return lines


STATISTICS_ROWS = [
    (udp(), FROM_US, WHOLE), (udp(data=b'longer'), FROM_US, WHOLE), (udp(back=True), TO_US, WHOLE.replace(b'sender', b'receiver')),
    (udp(), FROM_US, comment('receiver', PID=80, Name='nginx'), WHOLE), (refused(), TO_US, KERNEL), (refused(77), TO_US),
    (udp(3), FROM_US, comment('listener', 'listen', 'listener', PID=80, Name='nginx'), comment(PID=80, Name='nginx')),
    (udp(5), FROM_US, 'PID: 22\nCmd: /bin/wget\nArgs: x'), (udp(6), 0, 'PID: 22\nCmd: /bin/wget\nArgs: x'), (udp(7), FROM_US),
]


def expected_statistics():
    curl, nginx, wget = 'curl (pid 1234, alice)', 'nginx (pid 80)', 'wget (pid 22)'
    parts = [[(curl, 'sent')], [(curl, 'sent')], [(curl, 'received')], [(curl, 'sent'), (nginx, 'received')], [('kernel', 'sent')],
             [('unknown', None)], [(nginx, 'sent'), (nginx, 'received')], [(wget, 'sent')], [(wget, 'of unknown direction')], [('unknown', None)]]
    found = collections.Counter({('Socket errors',): 2, ('Socket errors', curl): 1, ('Socket errors', curl, 'ECONNREFUSED'): 1,
                                 ('Socket errors', 'unknown'): 1, ('Socket errors', 'unknown', 'ECONNREFUSED'): 1})
    for (packet, *_), processes in zip(STATISTICS_ROWS, parts, strict=True):
        for root, amount in (('Packets', 1), ('Bytes', len(bytes(packet)))):
            found[root,] += amount
            for process, action in processes:
                if (process, action) == processes[0] or process != processes[0][0]:
                    found[root, process] += amount
                if action:
                    found[root, process, action] += amount
    return dict(found)


@PASSES
def test_statistics(programs, passes):
    file = write(programs.readable('statistics.pcapng'), STATISTICS_ROWS)
    result = programs.tshark('-n', '-r', file, '-q', '-z', 'ipmon_processes,tree', *passes)
    assert lines_of(result.stdout.decode()) == expected_statistics()
    result = programs.tshark('-n', '-r', file, '-q', '-z', 'ipmon_processes,tree,ipmon.process.name == "nginx"', *passes)
    found = lines_of(result.stdout.decode())
    assert found['Packets',] == 2 and found['Bytes', 'nginx (pid 80)'] == 2 * len(bytes(udp())) and found['Socket errors',] == 0


def test_statistics_of_sharkd(programs):
    file = write(programs.readable('sharkd.pcapng'), STATISTICS_ROWS)
    [answer] = asked(programs, file, {'method': 'tap', 'params': {'tap0': 'stat:ipmon_processes'}})

    def walk(nodes, path=()):
        for node in nodes:
            yield path + (node['name'],), node['count']
            yield from walk(node.get('sub', ()), path + (node['name'],))

    assert dict(walk(answer['taps'][0]['stats'])) == expected_statistics()


def test_statistics_of_very_many_processes(programs):
    shown, more = 2000, 50
    rows = [(udp(), FROM_US, comment(PID=number)) for number in range(shown + more)]
    file = write(programs.readable('processes.pcapng'), rows)
    found = lines_of(programs.tshark('-n', '-r', file, '-q', '-z', 'ipmon_processes,tree').stdout.decode())
    lines = [path for path in found if len(path) == 2 and path[0] == 'Packets']
    assert len(lines) == shown + 1 and found['Packets', 'other processes'] == more
