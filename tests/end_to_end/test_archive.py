# ipmon-archive on one machine: results, restart, engines, and input that is none.
# SPDX-License-Identifier: GPL-2.0-or-later
import contextlib
import fcntl
import grp
import json
import os
import re
import runpy
import shutil
import signal
import struct
import subprocess
import termios
from pathlib import Path

import pytest

from archiving import (ERRORS, EVENTS, FAULTS, INCOMPLETE, MARKER, Archive, ask, content, documents, family, give,
                       kill, make_captures, packets, strict)
from capture_files import CORPUS, write_pcap
from network import wait_until
from programs import NOBODY, TIMEOUT, TOP

COUNT = 'SELECT name, count(*) FROM {} GROUP BY name'
DECODED = r"ipmon-archive: (\d+) files, (\d+) of them done already"


@pytest.fixture
def archive(programs, folder):
    return Archive(programs, folder)


@pytest.fixture
def captures(folder):
    made = make_captures(folder / 'captures of "all"')
    give(made)
    return made


def test_each_capture_is_decoded_once(archive, captures):
    said = archive.run(captures, captures / 'quiet', '--into', 'out')
    into = archive.work / 'out'
    assert re.search(DECODED, said).groups() == ('7', '0')
    assert dict(ask(into, COUNT.format('event'))) == EVENTS
    assert dict(ask(into, COUNT.format('error'))) == ERRORS
    assert ask(into, 'SELECT count(*), sum(packets) FROM capture') == [(6, 3 + 2 + 2 + 6 + 4 + 4)]
    assert ask(into, 'SELECT count(*), count(DISTINCT capture) FROM file') == [(7, 6)]
    paths = {path.removeprefix(str(captures) + '/') for [path] in ask(into, 'SELECT path FROM file')}
    assert paths == {'quiet', 'wrong "checksums"\\x0aof two\' lines', '-refused', '\\xff\\xfe twice',
                     'compressed $HOME', 'zstd.packed', 'lz4.packed'}
    assert ask(into, 'SELECT socket, reporter, reporter_kind, fatal FROM error LIMIT 1') == [
        ('UDP 10.9.0.2:1 → 10.9.0.3:2', '10.9.0.3', 'target', 1)]
    report = (into / 'report.txt').read_text()
    assert re.search(r'^Packets +21$', report, re.MULTILINE)
    assert re.search(r'^ +4 +2 +ipintr-badsum$', report, re.MULTILINE)
    assert re.search(r'^ +2 +2 +ECONNREFUSED +UDP 10\.9\.0\.2:1 → 10\.9\.0\.3:2$', report, re.MULTILINE)


def test_documents_have_the_form_of_the_bulk_interface(archive, captures):
    archive.run(captures, '--into', 'out')
    found = documents(archive.work / 'out')
    assert len(found) == 6
    identifiers = set()
    for action, document in found:
        assert set(action) == {'index'} and set(action['index']) == {'_index', '_id'}
        assert action['index']['_index'] == 'packets-2023-11-14'
        identifiers.add(action['index']['_id'])
        assert set(document) == {'timestamp', 'layers'}
        assert document['layers']['ipmon_event'] or document['layers']['ipmon_error_name']
    assert len(identifiers) == 6


def test_documents_are_those_of_tshark(archive, captures, programs):
    """As it writes them for the same fields, whatever its user prefers."""
    archive.run(captures / '-refused', '--into', 'out', '-e', 'ip.checksum')
    names = [f'ipmon.{name}' for name in ('event', 'error.socket', 'error.hint')] + ['ip.checksum']
    result = programs.tshark('-n', '-r', captures / '-refused', '-Y', 'ipmon.event or ipmon.error', '-T', 'ek',
                             *[word for name in names for word in ('-e', name)])
    [(_, document)] = documents(archive.work / 'out')
    for name, values in strict(result.stdout.splitlines()[1])['layers'].items():
        assert document['layers'][name] == values


def test_statistics_are_those_of_tshark(archive, captures, programs):
    archive.run(captures / 'quiet', '--into', 'out')
    [found] = (archive.work / 'out' / 'captures').glob('*/*.statistics')
    printed = programs.tshark('-n', '-r', captures / 'quiet', '-q', '-z', 'ipmon,tree').stdout
    assert printed.strip() in found.read_bytes()


def counted_by_capinfos(path):
    """(packets, bytes on the wire)"""
    printed = subprocess.run(['capinfos', '-T', '-r', '-m', '-M', '-c', '-d', path], capture_output=True, text=True,
                             check=False).stdout
    return tuple(int(cell) for cell in printed.strip().split(',')[-2:])


def test_packets_and_bytes_are_those_of_the_file(archive, captures):
    """Also where a short snapshot length has cut what ICMP errors quote."""
    short = captures / 'short'
    subprocess.run(['editcap', '-s', '68', captures / '-refused', short], check=True)
    (captures / 'long').write_bytes((captures / '-refused').read_bytes())
    sample = sorted(CORPUS.glob('tcpdump/*icmp*'))[::4]
    for path in sample:
        shutil.copy(path, captures)
    give(captures)
    archive.run(captures, '--into', 'out')
    found = {path: (packets, length) for path, packets, length in ask(
        archive.work / 'out', 'SELECT path, packets, bytes FROM file JOIN capture ON id = capture')}
    for path in (short, *(captures / path.name for path in sample)):
        assert found[str(path)] == counted_by_capinfos(path), path
    assert found[str(short)] == found[str(captures / 'long')]


def test_results_depend_on_neither_engine_nor_order(archive, captures):
    """Byte for byte: documents, statistics, rows, database and report."""
    files = sorted(CORPUS.glob('tcpdump/*icmp*'))[:5]
    copies = archive.work / 'copies'
    copies.mkdir()
    write_pcap(copies / 'own', packets(6))
    for path in files:
        shutil.copy(path, copies)
    give(copies)
    archive.run(copies, captures, '--into', 'one', '--engine', 'parallel', '--jobs', '3')
    archive.run('--into', 'two', '--engine', 'xargs', '--jobs', '1', '--', captures)
    archive.run(*sorted(copies.iterdir(), reverse=True), '--into', 'two', '--engine', 'xargs', '--jobs', '2')
    one, two = (content(archive.work / name) for name in ('one', 'two'))
    assert len(one) > 5 * 7 + 5 * len(files) and one == two


def test_nothing_in_the_folder_of_results_is_run(archive, captures):
    """Whoever may write there must not run programs as the user whom tshark runs for."""
    slow_tshark(archive, 1)
    into = archive.work / 'out'
    into.mkdir(mode=0o777)
    into.chmod(0o777)
    process = archive.start(captures / 'quiet', captures / '-refused', '--into', 'out', '-j', '1')
    wait_until(lambda: (into / 'tasks' / '1.files').exists(), 'there is no task')
    for folder in (into, into / 'tasks', into / 'tasks' / 'wireshark'):
        folder.mkdir(exist_ok=True)
        (folder / 'init.lua').write_text(f"io.open('{archive.work}/ran', 'w'):close()\n")
    _, errors = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0, errors
    assert not (archive.work / 'ran').exists()
    assert f"warning: all users may write into '{into}', and thus change" in errors
    assert re.search(r'^ipmon-archive: 2 files decoded', errors, re.MULTILINE), errors


@pytest.mark.parametrize('name', ['captures', 'files', 'tasks', 'captures/ab', 'files/ab'])
def test_links_in_the_folder_of_results_are_not_followed(archive, captures, name):
    """Files are removed and made there."""
    into, precious = archive.work / 'out', archive.work / 'precious'
    (precious / 'ab').mkdir(parents=True)
    for path in (precious / 'own.new', precious / 'own.json', precious / 'ab' / 'own.json', precious / 'ab' / 'own.new'):
        path.write_text('{}')
    (into / name).parent.mkdir(parents=True, exist_ok=True)
    (into / name).symlink_to(precious)
    for own in ('own.new', MARKER):
        (into / own).touch()
    give(into, precious)
    before = content(precious)
    said = archive.run(captures / 'quiet', '--into', 'out', status=INCOMPLETE)
    assert said.endswith(f"'{into}/{name}' is a symbolic link, which is not followed: remove it\n")
    assert content(precious) == before
    (into / name).unlink()
    archive.run(captures / 'quiet', '--into', 'out')
    assert (into / 'own.new').exists()


def test_who_else_may_write_is_said(archive, captures):
    """The group of a user that has his name is his own."""
    into = archive.work / 'out'
    group = grp.getgrgid(NOBODY).gr_name
    for owner, mode, who in ((NOBODY, 0o755, None), (0, 0o775, f'the group {group}'), (1, 0o775, 'the user daemon and '),
                             (1, 0o1777, 'all users')):
        into.mkdir(exist_ok=True)
        into.chmod(mode)
        os.chown(into, owner, NOBODY)
        said = archive.run(captures / 'quiet', '--into', 'out')
        assert (f' may write into \'{into}\'' in said) == bool(who) and (who or '') in said, said


def test_results_of_another_archive_are_no_captures(archive, captures):
    archive.run(captures, '--into', captures / 'first')
    said = archive.run(captures, '--into', captures / 'second')
    assert f"left out: '{captures}/first' has results of ipmon-archive\n" in said
    assert re.search(DECODED, said).groups() == ('7', '0')
    assert "'first' has results of ipmon-archive, and no captures" in archive.run(
        'first', '--into', 'out', status=INCOMPLETE, folder=captures)


def test_links_into_results_are_no_captures(archive, captures):
    """Nor is what is below a folder of results."""
    archive.run(captures / '-refused', '--into', 'first')
    first = archive.work / 'first'
    [summary] = first.glob('captures/*/*.json')
    (captures / 'results').symlink_to(first / 'captures')
    (captures / 'one result').symlink_to(summary)
    said = archive.run(captures, '--into', 'second')
    assert said.count(f"left out: '{first}' has results of ipmon-archive\n") == 1
    assert re.search(DECODED, said).groups() == ('7', '0')
    for path in (summary, first / 'captures'):
        assert f"'{path}' has results of ipmon-archive, and no captures" in archive.run(
            path, '--into', 'second', status=INCOMPLETE)


def test_messages_that_nobody_reads(archive, captures):
    process = archive.start(captures, '--into', 'out')
    process.stderr.close()
    assert process.wait(TIMEOUT) == 0
    assert (archive.work / 'out' / 'report.txt').exists()


def test_a_pipe_in_place_of_a_capture(archive, captures):
    """It has become one after its name was found."""
    archive.run(captures / 'quiet', '--into', 'out')
    into = archive.work / 'out'
    os.mkfifo(captures / 'pipe')
    (into / 'tasks' / '1.files').write_bytes(os.fsencode(captures / 'pipe') + b'\0')
    archive.run('--task', '1', folder=into)
    archive.run('--into', 'out', status=FAULTS)
    [[message]] = ask(into, "SELECT message FROM file WHERE state = 'unreadable'")
    assert message == 'it is not a regular file any more'


def test_a_run_ends_when_all_is_on_the_disk(archive, captures):
    """Or with the reason why it is not."""
    path = with_programs(archive.work, 'tshark', 'xargs')
    (Path(path) / 'sync').write_text('#!/bin/sh\nprintf "%s " "$@" >&2; exit 1\n')
    (Path(path) / 'sync').chmod(0o755)
    archive.environment['PATH'] = path
    into = archive.work / 'out'
    assert f"cannot store '{into}': --file-system {into}\n" in archive.run(
        captures / 'quiet', '--into', 'out', status=INCOMPLETE)


def test_what_is_done_is_not_done_again(archive, captures):
    archive.run(captures, '--into', 'out')
    into = archive.work / 'out'
    before = content(into)
    times = {path: path.stat().st_mtime_ns for path in into.glob('captures/*/*')}
    assert re.search(DECODED, archive.run(captures, '--into', 'out')).groups() == ('7', '7')
    (captures / '-refused').rename(captures / 'renamed')  # a file to be read, whose content is known
    assert re.search(DECODED, archive.run(captures, '--into', 'out')).groups() == ('7', '6')
    assert times == {path: path.stat().st_mtime_ns for path in into.glob('captures/*/*')}
    (captures / 'renamed').rename(captures / '-refused')
    [lost] = [path for path in into.glob('captures/*/*.ndjson') if path.stat().st_size][:1]
    lost.write_bytes(b'')  # as after a loss of power
    archive.run(captures, '--into', 'out')
    after = content(into)
    assert {name: after[name] for name in before if name.parts[0] == 'captures'} == \
        {name: before[name] for name in before if name.parts[0] == 'captures'}


def test_files_that_are_gone(archive, captures):
    """Their results stay, and their faults are none any more. A file that was renamed is not gone."""
    cut = captures / 'cut\n\\'
    cut.write_bytes((captures / 'quiet').read_bytes()[:-5])
    (captures / 'wrong "checksums"\nof two\' lines').rename(captures / 'before')
    give(captures)
    archive.run(captures, '--into', 'out', status=FAULTS)
    into = archive.work / 'out'
    rows = 'SELECT * FROM file ORDER BY path'
    before = ask(into, rows)
    cut.rename(archive.work / 'cut')
    (captures / 'zstd.packed').rename(archive.work / 'zstd')
    (captures / 'before').rename(captures / 'renamed')
    assert '6 files decoded, 2 gone: ' in archive.run(captures, '--into', 'out')
    states = {Path(path).name: message for path, message, capture in ask(
        into, "SELECT path, message, capture FROM file WHERE state = 'gone'") if capture}
    assert states['zstd.packed'] == 'decoded' and states['cut\\x0a\\x5c'].startswith('cut short: ')
    assert ask(into, "SELECT count(*) FROM file WHERE path LIKE '%/before'") == [(0,)]
    assert 'Files that are gone' in (into / 'report.txt').read_text()
    (archive.work / 'cut').rename(cut)
    (archive.work / 'zstd').rename(captures / 'zstd.packed')
    (captures / 'renamed').rename(captures / 'before')
    archive.run(captures, '--into', 'out', status=FAULTS)
    assert ask(into, rows) == before


def test_other_options_decode_again(archive, captures):
    archive.run(captures / 'quiet', '--into', 'out')
    assert not documents(archive.work / 'out')
    said = archive.run(captures / 'quiet', '--into', 'out', '-2', '-o', 'ipmon.event_level:error')
    assert re.search(DECODED, said).groups() == ('1', '0')
    [[decoder]] = ask(archive.work / 'out', 'SELECT decoder FROM capture')
    assert decoder.endswith(', -2 -o ipmon.event_level:error')
    changed = captures / 'quiet'
    changed.write_bytes((captures / '-refused').read_bytes())
    archive.run(changed, '--into', 'out')
    assert dict(ask(archive.work / 'out', COUNT.format('error'))) == {'ECONNREFUSED': 1}


def test_damaged_files_are_reported_and_the_rest_goes_on(archive, captures):
    whole = (captures / '-refused').read_bytes()
    for name, data in (('cut', whole[:-5]), ('empty', b''), ('short', whole[:10]), ('text', b'no capture, but text\n' * 9),
                       ('image', b'\x89PNG\r\n\x1a\n' + bytes(100)),
                       ('object', b'{"name": "value of an object that is no capture", "list": [1, 2, 3]}\n'),
                       ('certificate', b'-----BEGIN CERTIFICATE-----\nMAMCAQA=\n-----END CERTIFICATE-----\n'),
                       ('marshal', b'\x04\x08[\x06i\x06'),
                       ('cut.gz', (captures / 'compressed $HOME').read_bytes()[:-30]),
                       ('broken', whole[:24] + b'\xff' * 100)):
        (captures / name).write_bytes(data)
    closed = captures / 'closed'
    closed.mkdir()
    (captures / 'secret').write_bytes(whole)
    give(captures)
    closed.chmod(0)
    (captures / 'secret').chmod(0)
    os.mkfifo(captures / 'pipe')
    archive.run(captures, '--into', 'out', status=FAULTS)
    into = archive.work / 'out'
    states = {Path(path).name: (state, message) for path, state, message in ask(
        into, "SELECT path, state, message FROM file WHERE state <> 'decoded'")}
    assert {name: state for name, (state, _) in states.items()} == {
        'cut': 'cut short', 'cut.gz': 'cut short', 'empty': 'no capture', 'short': 'cut short', 'text': 'no capture',
        'image': 'no capture', 'object': 'no capture', 'certificate': 'no capture', 'marshal': 'no capture',
        'broken': 'damaged', 'secret': 'unreadable', 'closed': 'unreadable'}
    assert not any('/dev/stdin' in message or not message for _, message in states.values())
    assert ask(into, "SELECT packets FROM capture JOIN file ON capture.id = capture WHERE path LIKE '%/cut'") == [(1,)]
    assert 'cut short  ' in (into / 'report.txt').read_text()
    (captures / 'secret').chmod(0o644)  # which is tried again, and the others are not
    closed.chmod(0o755)
    assert re.search(DECODED, archive.run(captures, '--into', 'out', status=FAULTS)).groups() == ('18', '17')
    assert not ask(into, "SELECT path FROM file WHERE state = 'unreadable'")


def test_what_cannot_be_found_is_unreadable(archive, captures):
    """Nothing is lost in silence: files of a folder that cannot be searched, and links to nothing."""
    unsearchable = captures / 'unsearchable'
    unsearchable.mkdir()
    shutil.copy(captures / 'quiet', unsearchable)
    (captures / 'dangling').symlink_to('nothing')
    (captures / 'circle').symlink_to('circle')
    (captures / 'notes').symlink_to('nothing')
    give(captures)
    unsearchable.chmod(0o444)
    (captures / 'into it').symlink_to('unsearchable/quiet')
    archive.run(captures, '--into', 'out', '--name', '[cdq]*', status=FAULTS)
    states = {Path(path).name: message for path, message in ask(
        archive.work / 'out', "SELECT path, message FROM file WHERE state = 'unreadable'")}
    assert states == {'unsearchable': 'Permission denied', 'into it': 'Permission denied',
                      'dangling': 'No such file or directory', 'circle': 'Too many levels of symbolic links'}
    unsearchable.chmod(0o755)
    for name in ('dangling', 'circle', 'notes'):
        (captures / name).unlink()
    archive.run(captures, '--into', 'out')


def test_damaged_results_are_reported_and_made_again(archive, captures):
    archive.run(captures / '-refused', captures / 'quiet', '--into', 'out')
    into = archive.work / 'out'
    whole = content(into)
    [rows] = [path for path in into.glob('captures/*/*.rows') if path.stat().st_size]
    marks = sorted(into.glob('files/*/*.json'))
    paths = [rows, rows.with_suffix('.json'), *marks]
    for path in paths:
        for damage in (b'', b'{}', b'[' * 99999, b'{"path": 1}', bytes(path.stat().st_size)):
            path.write_bytes(damage)
            said = archive.run('--into', 'out', status=INCOMPLETE)
            assert '1 not decoded' in said or f"'{rows}' was damaged, and removed" in said
        archive.run(captures / '-refused', captures / 'quiet', '--into', 'out')
        assert content(into) == whole
    rows.write_bytes(bytes(rows.stat().st_size))  # the size is right, so that the run takes it for whole
    archive.run(captures / '-refused', captures / 'quiet', '--into', 'out', status=INCOMPLETE)
    archive.run(captures / '-refused', captures / 'quiet', '--into', 'out')
    assert content(into) == whole
    (into / 'tasks' / 'jobs').write_bytes(bytes(4))
    assert "jobs' is damaged" in archive.run('--into', 'out', status=INCOMPLETE)


def test_damaged_results_of_a_file_that_is_gone(archive, captures):
    """Nothing can make them again, and nobody misses them."""
    kept = captures / 'compressed $HOME'
    archive.run(captures / '-refused', kept, '--into', 'out')
    into = archive.work / 'out'
    for path in into.glob('captures/*/*.rows'):
        path.write_bytes(b'')
    (captures / '-refused').unlink()
    said = archive.run(kept, '--into', 'out')
    assert '1 files decoded, 1 gone: ' in said
    assert ask(into, "SELECT message FROM file WHERE state = 'gone'") == [
        ('not decoded: its results are damaged or removed',)]
    archive.run(kept, '--into', 'out')


def test_marks_and_summaries_that_are_no_text(archive, captures):
    archive.run(captures / '-refused', captures / 'quiet', '--into', 'out')
    into = archive.work / 'out'
    whole = content(into)
    for path in (*into.glob('files/*/*.json'), *into.glob('captures/*/*.json')):
        text = path.read_text()
        path.write_text(re.sub('("(path|decoder)": ")', r'\1\\ud800', text))
        assert path.read_text() != text
        assert '1 not decoded' in archive.run('--into', 'out', status=INCOMPLETE)
        archive.run(captures / '-refused', captures / 'quiet', '--into', 'out')
        assert content(into) == whole


def test_a_fault_of_tshark_is_not_one_of_the_capture(archive, captures):
    """It is tried again, and its reason is one line."""
    path = with_programs(archive.work, 'parallel', 'xargs', 'perl', 'env', 'sync')
    script = Path(path) / 'tshark'
    script.write_text('#!/bin/sh\n'
                      '[ ! -e plugin.bad ] || export WIRESHARK_PLUGIN_DIR=/nowhere\n'
                      '[ ! -e loader.bad ] || { echo "tshark: error while loading shared libraries" >&2; exit 127; }\n'
                      '[ ! -e file.bad ] || set -- -r /nowhere/capture\n'
                      f'exec {shutil.which("tshark")} "$@"\n')
    script.chmod(0o755)
    archive.environment['PATH'] = f'{path}:/usr/bin:/bin'
    into = archive.work / 'out'
    into.mkdir(mode=0o777)
    into.chmod(0o777)
    (into / MARKER).touch()
    for fault, message in (('plugin', '-z'), ('loader', 'status 127: error while loading shared libraries'),
                           ('file', ': The file "/nowhere/capture" doesn\'t exist')):  # the status is 2, or 3 from 4.4 on
        (into / f'{fault}.bad').touch()
        said = archive.run(captures / 'quiet', '--into', 'out', '-o', f'gui.window_title:{fault}', status=INCOMPLETE)
        (into / f'{fault}.bad').unlink()
        assert '0 files decoded, 1 failed' in said
        [[found]] = ask(into, "SELECT message FROM file WHERE state = 'failed'")
        assert message in found and len(found) < 120
        said = archive.run(captures / 'quiet', '--into', 'out', '-o', f'gui.window_title:{fault}')
        assert re.search(DECODED, said).groups() == ('1', '0')


def test_an_upgrade_in_the_middle_of_a_run(archive, captures):
    """Its results must not be those of the versions with which the run began."""
    path = with_programs(archive.work, 'parallel', 'xargs', 'perl', 'env', 'sync')
    script = Path(path) / 'tshark'
    real = shutil.which('tshark')
    # The first capture that it is to decode is that of the check.
    script.write_text('#!/bin/sh\n'
                      f'if [ "$1" = -n ] && [ -e tasks/plan.json ]; then mv {path}/upgraded {path}/tshark; fi\n'
                      f'exec {real} "$@"\n')
    (Path(path) / 'upgraded').write_text('#!/bin/sh\n'
                                         f'[ "$1" != --version ] || {{ echo "TShark 99.9.9"; exit; }}\nexec {real} "$@"\n')
    for name in ('tshark', 'upgraded'):
        (Path(path) / name).chmod(0o755)
    give(path)
    archive.environment['PATH'] = f'{path}:/usr/bin:/bin'
    said = archive.run(captures / 'quiet', captures / '-refused', '--into', 'out', '-j', '1', status=INCOMPLETE)
    assert re.search(r'has ipmon \S+, tshark 99\.9\.9, and not ipmon \S+, tshark ', said), said
    into = archive.work / 'out'
    assert '0 files decoded, 2 not decoded' in said and not list(into.glob('captures/*/*.json'))
    said = archive.run(captures / 'quiet', captures / '-refused', '--into', 'out')
    assert re.search(DECODED, said).groups() == ('2', '0')
    [[decoder]] = ask(into, 'SELECT DISTINCT decoder FROM capture')
    assert decoder.endswith('tshark 99.9.9')


def test_files_of_the_same_content_have_the_same_state(archive, captures):
    """That of the last decoding, whatever was known of one of them before."""
    whole = (captures / '-refused').read_bytes()
    (captures / 'one').write_bytes(whole[:-5])
    archive.run(captures / 'one', '--into', 'out', status=FAULTS)
    into = archive.work / 'out'
    [summary] = into.glob('captures/*/*.json')
    known = json.loads(summary.read_text())
    summary.write_text(json.dumps({**known, 'state': 'decoded', 'message': ''}))
    archive.run('--into', 'out')
    assert ask(into, 'SELECT state, message FROM file') == [('decoded', '')]


def lua_plugin(archive, text):
    """A personal plugin of the user."""
    home = archive.work / 'home'
    folder = home / '.local' / 'lib' / 'wireshark' / 'plugins'
    folder.mkdir(parents=True, exist_ok=True)
    (folder / 'own.lua').write_text(text)
    give(home)
    archive.environment |= {'HOME': str(home)}


def test_a_plugin_that_prints_when_it_is_loaded(archive, captures):
    """Packets before which something else is printed would be lost."""
    lua_plugin(archive, 'print("my plugin is loaded")\n')
    said = archive.run(captures / '-refused', '--into', 'out', status=INCOMPLETE)
    assert "tshark: something else prints into its output, such as a plugin in Lua: 'my plugin is loaded'" in said


@pytest.mark.parametrize('what', ['print("of a packet")', 'io.write("of a packet")', 'print("")'])
def test_a_plugin_that_prints_at_a_packet(archive, captures, what):
    lua_plugin(archive, 'local own = Proto("own", "Own")\n'
                        f'function own.dissector(_, pinfo) if pinfo.number == 2 then {what} end end\n'
                        'register_postdissector(own)\n')
    wrong = captures / 'wrong "checksums"\nof two\' lines'
    said = archive.run(wrong, '--into', 'out', status=INCOMPLETE)
    assert '0 files decoded, 1 failed' in said
    [[message]] = ask(archive.work / 'out', 'SELECT message FROM file')
    assert message.startswith('something else prints into its output')
    (archive.work / 'home' / '.local' / 'lib' / 'wireshark' / 'plugins' / 'own.lua').unlink()
    archive.run(wrong, '--into', 'out')
    assert dict(ask(archive.work / 'out', COUNT.format('event'))) == {'ipintr-badsum': 2}


def test_after_a_loss_of_power(archive, captures):
    """Names are there, but their files are empty. The report names what is missing; the same command makes it."""
    archive.run(captures, '--into', 'out')
    into = archive.work / 'out'
    whole = content(into)
    for path in (*into.glob('files/*/*'), *into.glob('captures/*/*'), into / 'archive.sqlite', into / 'report.txt'):
        path.write_bytes(b'')
    assert '0 files decoded, 7 not decoded' in archive.run('--into', 'out', status=INCOMPLETE)
    assert {path for [path] in ask(into, 'SELECT path FROM file')} >= {f'{captures}/quiet', f'{captures}/-refused'}
    archive.run(captures, '--into', 'out')
    assert content(into) == whole


def test_what_the_last_line_says_without_wait(archive, captures):
    """Only Slurm has jobs that go on."""
    (captures / 'empty').touch()
    said = archive.run(captures / 'empty', '--into', 'out', '--no-wait', status=FAULTS)
    assert '0 files decoded, 1 no capture' in said


def test_a_folder_of_another_user(archive, captures):
    """This is not another run."""
    (archive.work / 'mine').mkdir(mode=0o755)
    said = archive.run(captures / 'quiet', '--into', 'mine', status=INCOMPLETE)
    assert f"cannot open '{archive.work}/mine/lock' for writing: Permission denied" in said
    (archive.work / 'tasks').mkdir(mode=0o755)
    (archive.work / 'tasks' / '1.files').touch()
    (archive.work / 'mine').chmod(0o777)
    (archive.work / 'tasks').rename(archive.work / 'mine' / 'tasks')
    (archive.work / 'mine' / MARKER).touch()
    assert f"cannot write '{archive.work}/mine/tasks/empty.pcap': Permission denied" in archive.run(
        captures / 'quiet', '--into', 'mine', status=INCOMPLETE)
    archive.run(captures / 'quiet', '--into', 'out')
    lock = archive.work / 'out' / 'lock'
    lock.chmod(0o444)
    assert archive.run(captures / 'quiet', '--into', 'out', status=INCOMPLETE) == (
        f"ipmon-archive: cannot open '{lock}' for writing: Permission denied\n")


@pytest.mark.parametrize('arguments, line', [
    (['captures of "all"'], 'where do the results go? --into FOLDER is missing'),
    (['missing', '--into', 'out'], "cannot read 'missing': No such file or directory"),
    (['/dev/null', '--into', 'out'], "'/dev/null' is neither a file nor a folder"),
    (['out/x', '--into', 'out'], "is inside of the results"),
    (['.', '--into', '.'], 'is inside of the results'),
    (['.', '--into', '/proc/out'], "cannot make the folder '/proc/out'"),
    (['.', '--into', 'out', '-o', 'no.such:1'], 'tshark: '),
    (['.', '--into', 'out', '-o', 'ipmon.event_level:loud'], "tshark: IP Monitor: 'loud' is not a level"),
    (['.', '--into', 'out', '-e', 'no.such', '-e', 'no.other'],
     "tshark: Some fields aren't valid: no.other no.such\n"),
    (['.', '--into', 'out', '-o', b'gui.window_title:\xff'], r"an option is not UTF-8: '-o 'gui.window_title:\xff''"),
    (['.', '--into', 'out', '-j', '0'], "'0' is not a number from 1 to 4096"),
    (['.', '--into', 'out', '--engine', 'slurm', '--no-wait'], 'cannot run scontrol'),
])
def test_what_cannot_be_done_is_said(archive, captures, arguments, line):
    (archive.work / 'out').mkdir()
    for name in ('x', MARKER):
        (archive.work / 'out' / name).touch()
    give(archive.work / 'out')
    archive.environment['PATH'] = with_programs(archive.work, 'tshark', 'parallel', 'xargs')
    assert line in archive.run(*arguments, status=INCOMPLETE)


def with_programs(folder, *names):
    """A path that has these programs alone, as far as they are there, and what starts them."""
    path = folder / 'path'
    path.mkdir(exist_ok=True)
    for name in ('setpriv', 'sh', 'dumpcap', *names):
        if program := shutil.which(name):
            (path / name).symlink_to(program)
    return str(path)


def test_without_the_plugin(archive, captures):
    archive.environment['WIRESHARK_PLUGIN_DIR'] = '/nowhere'
    assert 'tshark does not load the plugin ipmon' in archive.run(captures, '--into', 'out', status=INCOMPLETE)


def test_without_parallel_xargs_is_used(archive, captures):
    archive.environment['PATH'] = with_programs(archive.work, 'tshark', 'xargs', 'sync')
    archive.run(captures / 'quiet', '--into', 'out')


def test_preferences_of_parallel_do_not_count(archive, captures):
    home = archive.work / 'home'
    (home / '.parallel').mkdir(parents=True)
    (home / '.parallel' / 'config').write_text('--dry-run\n')
    give(home)
    archive.environment |= {'PARALLEL': '--dry-run', 'PARALLEL_SHELL': '/bin/false',
                            'PARALLEL_HOME': str(home / '.parallel')}
    archive.run(captures / 'quiet', '--into', 'out', '--engine', 'parallel')


def test_the_results_may_be_below_the_captures(archive, captures):
    archive.run(captures, '--into', captures / 'out')
    assert re.search(DECODED, archive.run(captures, '--into', captures / 'out')).groups() == ('7', '7')


def test_only_files_of_some_names(archive, captures):
    """Whatever a link with such a name leads to."""
    (captures / 'x.packed').symlink_to('-refused')
    archive.run(captures, '--into', 'out', '--name', '*.packed', '--name', 'q*')
    assert {Path(path).name for [path] in ask(archive.work / 'out', 'SELECT path FROM file')} == {
        'quiet', 'lz4.packed', 'zstd.packed', '-refused'}


def slow_tshark(archive, seconds):
    """A tshark that takes longer for each capture. Tasks run in the folder of results."""
    path = with_programs(archive.work, 'parallel', 'xargs', 'sleep', 'perl', 'env')
    script = Path(path) / 'tshark'
    script.write_text(f'#!/bin/sh\n[ ! -e tasks/plan.json ] || sleep {seconds}\nexec {shutil.which("tshark")} "$@"\n')
    script.chmod(0o755)
    archive.environment['PATH'] = f'{path}:/usr/bin:/bin'


def done(into):
    return len(list(into.glob('files/*/*.json')))


@pytest.mark.parametrize('engine', ['parallel', 'xargs'])
def test_two_into_one_folder_and_a_killed_run(archive, captures, engine):
    """The second one is refused; a run that was killed is completed by the next."""
    slow_tshark(archive, 1)
    into = archive.work / 'out'
    first = archive.start(captures, '--into', 'out', '--engine', engine, '-j', '1')
    wait_until(lambda: done(into) >= 1, 'nothing is decoded')
    said = archive.run(captures, '--into', 'out', status=INCOMPLETE)
    assert said == (f"ipmon-archive: cannot use the folder '{into}': another run still decodes into it; "
                    "wait until it ends\n")
    kill(family(first.pid))
    first.communicate(timeout=TIMEOUT)
    left = done(into)
    assert left < 7
    archive.environment['PATH'] = '/usr/bin:/bin'
    said = archive.run(captures, '--into', 'out')
    assert int(re.search(DECODED, said)[2]) == left
    assert dict(ask(into, COUNT.format('event'))) == EVENTS
    assert not list(into.rglob('*.new'))


def test_an_interrupted_run_leaves_no_process(archive, captures):
    slow_tshark(archive, 300)  # so that no task ends by itself
    process = archive.start(captures, '--into', 'out', '-j', '2')
    progress = archive.work / 'out' / 'tasks'
    wait_until(lambda: len(list(progress.glob('*.progress'))) == 2, 'no task is started')
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=TIMEOUT)
    assert process.returncode == 128 + signal.SIGTERM
    wait_until(lambda: str(archive.program) not in subprocess.run(
        ['ps', '-eo', 'args'], capture_output=True, text=True, check=True).stdout, 'a task is still there')


def never_ending_tshark(archive):
    """A tshark that stops when it is to decode a capture, and has to be killed."""
    path = with_programs(archive.work, 'parallel', 'xargs', 'perl', 'env')
    script = Path(path) / 'tshark'
    script.write_text('#!/bin/sh\n[ ! -e tasks/plan.json ] || [ "$1" != -n ] || kill -STOP $$\n'
                      f'exec {shutil.which("tshark")} "$@"\n')
    script.chmod(0o755)
    archive.environment['PATH'] = f'{path}:/usr/bin:/bin'


def run_on(pids):
    """Those of the processes that are still there, and not dead and waiting to be buried."""
    states = subprocess.run(['ps', '-o', 'stat=', '-p', ','.join(map(str, pids))], capture_output=True, text=True,
                            check=False).stdout.split()
    return [state for state in states if not state.startswith('Z')]


@pytest.mark.parametrize('engine', ['parallel', 'xargs'])
def test_a_killed_command_leaves_no_process(archive, captures, engine):
    """Nothing else could end them. The same command works at once."""
    never_ending_tshark(archive)
    command = archive.start(captures, '--into', 'out', '--engine', engine, '-j', '2')
    into = archive.work / 'out'
    wait_until(lambda: len(list(into.glob('captures/*/*.new'))) == 4, 'not two captures are decoded')
    pids = family(command.pid)
    command.kill()
    archive.environment['PATH'] = '/usr/bin:/bin'
    try:
        said = archive.run(captures, '--into', 'out')
        assert re.search(DECODED, said).groups() == ('7', '0')
        assert dict(ask(into, COUNT.format('event'))) == EVENTS
        assert not list(into.rglob('*.new'))
        command.communicate(timeout=TIMEOUT)
        assert not run_on(pids)
    finally:
        kill(pids)


def test_a_killed_engine_ends_its_tasks(archive, captures):
    never_ending_tshark(archive)
    command = archive.start(captures, '--into', 'out', '--engine', 'xargs', '-j', '2')
    into = archive.work / 'out'
    wait_until(lambda: len(list(into.glob('captures/*/*.new'))) == 4, 'not two captures are decoded')
    pids = family(command.pid)
    kill([pids[1]])
    try:
        _, errors = command.communicate(timeout=TIMEOUT)
        assert command.returncode == INCOMPLETE
        assert 'xargs ended with status -9: not all tasks were done' in errors and '7 not decoded' in errors
        assert not run_on(pids) and not list(into.rglob('*.new'))
    finally:
        kill(pids)


def test_a_run_goes_on_without_its_terminal(archive, captures):
    """nohup ignores SIGHUP."""
    slow_tshark(archive, 1)
    words = ['nohup', *archive.words(captures / 'quiet', captures / '-refused', '--into', 'out', '-j', '1')]
    process = subprocess.Popen(archive.programs.command(words), env=archive.environment, cwd=archive.work,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    wait_until(lambda: (archive.work / 'out' / 'tasks' / 'plan.json').exists(), 'nothing is planned')
    process.send_signal(signal.SIGHUP)
    output, _ = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0 and b'2 files decoded' in output


def test_a_full_disk(archive, captures):
    """Nothing is half: the run ends with the reason, and the next one completes it."""
    into = archive.work / 'out'
    into.mkdir()
    subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=64k,mode=0777', 'none', into], check=True)
    try:
        said = archive.run(captures, '--into', 'out', status=INCOMPLETE)
        assert 'No space left on device' in said or 'disk is full' in said
        assert not [path for path in into.rglob('*.new')]
        for path in into.glob('captures/*/*.json'):
            assert path.read_bytes().endswith(b'}\n')
        subprocess.run(['mount', '-o', 'remount,size=16m', into], check=True)
        archive.run(captures, '--into', 'out')
        assert dict(ask(into, COUNT.format('event'))) == EVENTS
    finally:
        subprocess.run(['umount', into], check=True)


def test_progress_is_shown_on_a_terminal(archive, captures):
    leader, follower = os.openpty()
    process = subprocess.Popen(archive.programs.command(archive.words(captures, '--into', 'out')),
                               env=archive.environment, cwd=archive.work, stdin=subprocess.DEVNULL, stderr=follower)
    os.close(follower)
    shown = b''
    try:
        while piece := os.read(leader, 4096):
            shown += piece
    except OSError:  # EIO: the program has ended
        pass
    assert process.wait(TIMEOUT) == 0
    assert b'7 of 7 files, 0.00 of 0.00 GB' in shown


def test_a_line_of_progress_that_was_cut(folder):
    """As by a full disk."""
    (folder / '1.progress').write_bytes(b'100 decoded\n20')
    (folder / '2.progress').write_bytes(b'7\n3 cut short\n')
    progress = runpy.run_path(str(TOP / 'plugin' / 'archive' / 'progress.py'))['Progress'](folder, 9, 200)
    assert progress.done() == (2, 103, 1)


def test_results_that_cannot_be_changed(archive, captures):
    """What cannot be done is said, and with which file."""
    archive.run(captures / 'quiet', '--into', 'out')
    into = archive.work / 'out'
    [mark] = into.glob('files/*/*.json')
    for folder, line in ((mark.parent, f"cannot change the folder '{into}': '{mark}': Permission denied\n"),
                         (into / 'tasks', f"cannot write '{into}/tasks/empty.pcap': Permission denied\n"),
                         (into, f"cannot write '{into}/archive.sqlite': ")):
        folder.chmod(0o555)
        assert line in archive.run(captures / 'quiet', '--into', 'out', '-o', 'ipmon.event_level:error',
                                   status=INCOMPLETE)
        folder.chmod(0o755)
    archive.run(captures / 'quiet', '--into', 'out')


def files_of_a_user(folder):
    """Under names that the folder of results has, too."""
    for name in ('tasks/todo.txt', 'report.txt', 'archive.2023.new/y', 'captures/ab/foo.new', 'files/ab/foo.json'):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text('{}')
    give(folder)
    return content(folder)


def test_a_folder_of_the_user_does_not_become_one_of_results(archive, captures):
    """Nothing of his is removed, and nothing is added; a new file system, and what a killed run began, are empty."""
    before = files_of_a_user(archive.work / 'own')
    for arguments in ([captures], []):
        said = archive.run(*arguments, '--into', 'own', status=INCOMPLETE)
        assert f"'{archive.work}/own' has " in said and 'no results of ipmon-archive' in said
        assert content(archive.work / 'own') == before and not (archive.work / 'own' / 'lock').exists()
    (archive.work / 'out' / 'lost+found').mkdir(parents=True)
    for name in ('lock', 'lock.tasks', f'{MARKER}.host.1.new'):
        (archive.work / 'out' / name).touch()
    give(archive.work / 'out')
    archive.run(captures / 'quiet', '--into', 'out')


def test_a_wrong_command_makes_no_folder_of_results(archive, captures):
    archive.run(captures / 'quiet', '--into', 'results')
    shutil.copy(captures / 'quiet', archive.work / 'alone')
    give(archive.work / 'alone')
    before = content(captures)
    for paths, line in ((['results'], 'has results of ipmon-archive, and no captures'),
                        (['typo'], "cannot read 'typo': No such file or directory"),
                        ([archive.work / 'alone'], 'has other files, and no results')):
        assert line in archive.run(*paths, '--into', captures, status=INCOMPLETE)
    assert content(captures) == before and not (captures / 'lock').exists()
    assert "cannot read the folder" in archive.run('--into', 'typo', status=INCOMPLETE)
    archive.run('typo', '--into', 'other', status=INCOMPLETE)
    assert not (archive.work / 'typo').exists() and not (archive.work / 'other').exists()
    archive.run('--into', 'results')


def not_decoded(into):
    return {Path(path).name: (state, message) for path, state, message in ask(
        into, "SELECT path, state, message FROM file WHERE state <> 'decoded'")}


def test_what_another_run_could_not_read_stays_known(archive, captures):
    """Until a run comes to it again, or it is gone."""
    first = archive.work / 'first'
    first.mkdir()
    for name in ('secret', 'passing'):
        shutil.copy(captures / '-refused', first / name)
    (first / 'dangling').symlink_to('nothing')
    give(first)
    for name in ('secret', 'passing'):
        (first / name).chmod(0)
    archive.run(first, '--into', 'out', status=FAULTS)
    (first / 'passing').unlink()
    into = archive.work / 'out'
    for arguments in ([captures / 'quiet'], [first, '--name', 'no*']):
        archive.run(*arguments, '--into', 'out', status=FAULTS)
        assert not_decoded(into) == {'secret': ('unreadable', 'Permission denied'),
                                     'dangling': ('unreadable', 'No such file or directory')}
    (first / 'secret').chmod(0o644)
    (first / 'dangling').unlink()
    archive.run(first, '--into', 'out')


def test_what_a_killed_run_had_to_do_stays_known(archive, captures):
    """After runs of other files, and one that is refused; until it is decoded, or gone."""
    archive.environment['PATH'] = with_programs(archive.work, 'tshark', 'perl', 'sync')
    engine = archive.work / 'path' / 'xargs'
    engine.write_text('#!/bin/sh\nexit 1\n')
    engine.chmod(0o755)
    other = archive.work / 'other'
    shutil.copy(captures / 'quiet', other)
    give(other)
    (captures / 'zstd.packed').rename(captures / 'passing')
    into = archive.work / 'out'
    archive.run(captures, '--into', 'out', '--engine', 'xargs', status=INCOMPLETE)
    archive.environment['PATH'] = '/usr/bin:/bin'
    (captures / 'passing').rename(captures / 'zstd.packed')
    archive.run(other, '--into', 'out', '-e', 'no.such', status=INCOMPLETE)
    assert '7 not decoded' in archive.run('--into', 'out', status=INCOMPLETE)
    for arguments in ([other], [other], [captures, '--name', 'q*']):
        left = 6 - len(arguments[1:]) // 2
        assert f', {left} not decoded' in archive.run(*arguments, '--into', 'out', status=INCOMPLETE)
        assert set(not_decoded(into).values()) == {('not decoded', 'its task did not end')}
    archive.run(captures, '--into', 'out')


def test_a_damaged_mark_stays_known(archive, captures):
    """By its name, until a run comes to the file."""
    into = archive.work / 'out'
    archive.run(captures / '-refused', '--into', 'out')
    [mark] = into.glob('files/*/*.json')
    for damage in ('', json.dumps({**json.loads(mark.read_text()), 'path': '/\ud800'})):
        mark.write_text(damage)
        for path in (captures / 'quiet', captures / 'quiet'):
            assert '1 files decoded, 1 not decoded' in archive.run(path, '--into', 'out', status=INCOMPLETE)
        archive.run(captures / '-refused', '--into', 'out')


def test_a_file_that_is_gone_and_its_results_too(archive, captures):
    """Nobody can decode it again."""
    archive.run(captures, '--into', 'out')
    into = archive.work / 'out'
    [rows] = [path for path in into.glob('captures/*/*.rows') if b'ipintr-badsum' in path.read_bytes()
              and b'ECONNREFUSED' not in path.read_bytes()]
    rows.write_bytes(b'')
    (captures / 'wrong "checksums"\nof two\' lines').unlink()
    (captures / 'secret').touch(mode=0)
    give(captures)
    for _ in range(2):
        assert '6 files decoded, 1 gone, 1 unreadable' in archive.run(captures, '--into', 'out', status=FAULTS)
    assert ask(into, "SELECT capture, message FROM file WHERE state = 'gone'") == [
        (None, 'not decoded: its results are damaged or removed')]


def test_a_disk_that_a_killed_task_has_filled(archive, captures):
    """The same command frees it."""
    into = archive.work / 'out'
    into.mkdir()
    subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=1m,mode=0777', 'none', into], check=True)
    try:
        archive.run(captures / 'quiet', '--into', 'out')
        (into / 'captures' / 'ab').mkdir()
        with contextlib.suppress(OSError), open(into / 'captures' / 'ab' / 'x.ndjson.h.1.new', 'wb', 0) as full:
            while full.write(bytes(4096)):
                pass
        give(into / 'captures')
        assert os.statvfs(into).f_bavail == 0
        archive.run(captures, '--into', 'out')
    finally:
        subprocess.run(['umount', into], check=True)


def test_jobs_of_a_run_that_has_its_report(archive, captures):
    """Are not asked for, as where there is no cluster any more; and else the way out is said."""
    archive.run(captures / 'quiet', '--into', 'out')
    tasks = archive.work / 'out' / 'tasks'
    (tasks / 'jobs').write_text('5,6')
    archive.environment['PATH'] = with_programs(archive.work, 'tshark', 'xargs', 'sync')
    for arguments in ([], [captures / 'quiet']):
        assert re.search(f'the jobs 5,6 .*; if they have ended, remove \'{tasks}/jobs\'$', archive.run(
            *arguments, '--into', 'out', status=INCOMPLETE), re.MULTILINE)
    (tasks / 'reported').write_text('true')
    archive.run('--into', 'out')
    archive.run(captures, '--into', 'out')


def test_what_was_done_without_sync_is_said(archive, captures):
    archive.environment['PATH'] = with_programs(archive.work, 'tshark', 'xargs')
    said = archive.run(captures / 'quiet', '--into', 'out', status=INCOMPLETE)
    assert re.search(r'^ipmon-archive: 1 files decoded: .*\n.*: cannot run sync: No such file', said, re.MULTILINE)


def test_another_program_named_parallel(archive, captures):
    archive.environment['PATH'] = with_programs(archive.work, 'tshark', 'xargs', 'sync')
    (archive.work / 'path' / 'parallel').symlink_to('/bin/true')
    assert 'not GNU parallel' in archive.run(captures, '--into', 'out', '--engine', 'parallel', status=INCOMPLETE)
    archive.run(captures / 'quiet', '--into', 'out')


def test_there_are_at_most_a_thousand_tasks(archive):
    """Unless the user wants more."""
    archive.environment['PATH'] = with_programs(archive.work, 'tshark', 'sync')
    engine = archive.work / 'path' / 'xargs'
    engine.write_text('#!/bin/sh\nexit 1\n')
    engine.chmod(0o755)
    many = archive.work / 'many'
    many.mkdir()
    for number in range(1002):
        (many / str(number)).touch()
    for more, count in (([], 1000), (['--tasks', '1001'], 1001)):
        archive.run(many, '--into', 'out', '-j', '2000', *more, status=INCOMPLETE)
        lists = {path.name for path in (archive.work / 'out' / 'tasks').glob('*.files')} - {'0.files'}
        assert len(lists) == count
def test_a_run_of_more_than_a_day(folder):
    """Its line is as long as the terminal is wide: one that is broken could not be written over."""
    module = runpy.run_path(str(TOP / 'plugin' / 'archive' / 'progress.py'))
    progress = module['Progress'](folder, 10000, 10 ** 13)
    (folder / '1.progress').write_bytes(b'1000000000 cut short\n' * 1000)
    progress.started -= 4 * 3600
    line = progress.line()
    assert re.search(r', about 36:00:\d\d left$', line) and len(line) > 80
    leader, follower = os.openpty()
    for size, expected in ((60, 59), (0, 79)):
        fcntl.ioctl(leader, termios.TIOCSWINSZ, struct.pack('4H', 24, size, 0, 0))
        with open(os.dup(follower), 'w') as terminal, contextlib.redirect_stderr(terminal):
            assert module['width']() == expected
            progress.shown = True
            progress.show()
        assert len(os.read(leader, 4096).decode().removeprefix('\r\x1b[K')) == expected
    for descriptor in (leader, follower):
        os.close(descriptor)


def test_messages_that_do_not_fit(folder):
    """As into a pipe that is full and does not wait."""
    module = runpy.run_path(str(TOP / 'plugin' / 'archive' / 'progress.py'))
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with module['Unread'](writer, 'wb') as file:
        for _ in range(1000):
            assert file.write(bytes(1024)) > 0
    os.close(reader)


def manual_questions():
    """The questions of the manual page, as it prints them."""
    text = subprocess.run(['mandoc', '-T', 'utf8', TOP / 'plugin' / 'archive' / 'ipmon-archive.1'],
                          capture_output=True, text=True, check=True).stdout
    plain = re.sub('.\b', '', text)
    return re.findall(r'^ +(SELECT .*?;)$', plain, re.MULTILINE | re.DOTALL)


def test_the_questions_of_the_manual_have_answers(archive, captures):
    write_pcap(captures / 'cut', packets(5))
    (captures / 'cut').write_bytes((captures / 'cut').read_bytes()[:-2])
    give(captures)
    archive.run(captures, '--into', 'out', status=FAULTS)
    answers = [ask(archive.work / 'out', question) for question in manual_questions()]
    assert len(answers) == 5
    sockets, hours, without, worst, routers = answers
    assert sockets == [('UDP 10.9.0.2:1 → 10.9.0.3:2', 'ECONNREFUSED', 2)]
    assert hours == [('2023-11-14 22:00', 'ECONNREFUSED', 2)]
    assert [Path(path).name for [path] in without] == ['lz4.packed', 'quiet', 'zstd.packed']
    assert worst[0][1:] == (2, 2, 1000) and worst[0][0].endswith("of two' lines")
    assert routers == [('10.9.0.3', 'target', 'ECONNREFUSED', 1, 2)]


def test_the_schema_of_the_manual_is_that_of_the_database(archive, captures):
    archive.run(captures / 'quiet', '--into', 'out')
    text = (TOP / 'plugin' / 'archive' / 'ipmon-archive.1').read_text()
    for [table] in ask(archive.work / 'out', "SELECT name FROM sqlite_master WHERE type = 'table'"):
        columns = [name for [name] in ask(archive.work / 'out', f"SELECT name FROM pragma_table_info('{table}')")]
        section = text.split(f'.It Sy {table}\n')[1].split('.It Sy ')[0]
        assert re.findall(r'^\.It Va (\w+)$', section, re.MULTILINE) == columns


def test_the_manual_has_every_option(archive):
    offered = {option for line in archive.run('--help').splitlines() if line.startswith('  -')
               for option in re.findall(r'(?<!\S)-(-?[\w-]+)', line[2:].split('  ')[0])}
    text = (TOP / 'plugin' / 'archive' / 'ipmon-archive.1').read_text()
    described = {option for line in re.findall(r'^\.It Fl .*', text, re.MULTILINE)
                 for option in re.findall(r'Fl (\S+)', line)}
    assert len(offered) > 10 and offered - {'h', '-help'} == described


def test_versions(archive):
    assert re.fullmatch(r'ipmon \d+\.\d+\.\d+, tshark \d+\.\d+\.\d+\n', archive.run('--version'))
