# The check of the source tree's structure reports each kind of offence with its line.
# SPDX-License-Identifier: GPL-2.0-or-later
import shutil
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
UPPER = {'common/upper.h': '', 'plugin/upper.h': '',
         **{f'extcap/{folder}/upper.h': '' for folder in ('command', 'capture', 'replay', 'source', 'output', 'toolbar', 'system')}}

# Files that are added to the tree, and what is reported of them.
OFFENCES = {
    'circle of two': ({'common/one.h': '#include "two.h"\n', 'common/two.c': '/* */\n#include "one.h"\n', 'common/two.h': ''}, [
        'common/one.h:1: includes two.h: circle one -> two -> one',
        'common/two.c:2: includes one.h: circle two -> one -> two']),
    'circle of three': ({'plugin/one.h': '#include "two.h"\n', 'plugin/two.h': '#include "three.h"\n',
                         'plugin/three.h': '#include "one.h"\n'}, [
        'plugin/one.h:1: includes two.h: circle one -> two -> three -> one',
        'plugin/three.h:1: includes one.h: circle three -> one -> two -> three',
        'plugin/two.h:1: includes three.h: circle two -> three -> one -> two']),
    'upward': ({'extcap/system/lower.h': '\n#include "../command/upper.h"\n'}, [
        'extcap/system/lower.h:2: includes ../command/upper.h: system must not depend on command']),
    'upward to the middle': ({'extcap/output/lower.h': '#include "capture/upper.h"\n'}, [
        'extcap/output/lower.h:1: includes capture/upper.h: output must not depend on capture']),
    'source to output': ({'extcap/source/lower.c': '#include "output/upper.h"\n'}, [
        'extcap/source/lower.c:1: includes output/upper.h: source must not depend on output']),
    'toolbar to source': ({'extcap/toolbar/lower.c': '#  include "source/upper.h"\n'}, [
        'extcap/toolbar/lower.c:1: includes source/upper.h: toolbar must not depend on source']),
    'print to output': ({'extcap/print/lower.c': '#include "output/upper.h"\n'}, [
        'extcap/print/lower.c:1: includes output/upper.h: print must not depend on output']),
    'capture to replay': ({'extcap/capture/lower.c': '#include "replay/upper.h"\n'}, [
        'extcap/capture/lower.c:1: includes replay/upper.h: capture must not depend on replay']),
    'source to libwiretap': ({'extcap/source/lower.c': '#include <wiretap/wtap.h>\n'}, [
        'extcap/source/lower.c:1: includes wiretap/wtap.h: only replay may depend on libwiretap, which it loads']),
    'in no folder': ({'extcap/lower.c': ''}, [
        'extcap/lower.c: in no folder of command, capture, replay, source, output, print, process, toolbar, remote, system']),
    'common to GLib': ({'common/lower.c': '#include <glib.h>\n'}, [
        'common/lower.c:1: includes glib.h: common must not depend on this library']),
    'common to Wireshark': ({'common/lower.c': '#include <epan/packet.h>\n'}, [
        'common/lower.c:1: includes epan/packet.h: common must not depend on this library']),
    'common to libpcap': ({'common/lower.c': '#include <pcap/pcap.h>\n'}, [
        'common/lower.c:1: includes pcap/pcap.h: common must not depend on this library']),
    'common to extcap': ({'common/lower.c': '#include "source/upper.h"\n'}, [
        'common/lower.c:1: includes source/upper.h: common must not depend on extcap']),
    'extcap to epan': ({'extcap/system/lower.c': '#include <epan/packet.h>\n'}, [
        'extcap/system/lower.c:1: includes epan/packet.h: extcap must not depend on this library']),
    'extcap to plugin': ({'extcap/system/lower.c': '#include "plugin/upper.h"\n'}, [
        'extcap/system/lower.c:1: includes plugin/upper.h: extcap must not depend on plugin']),
    'plugin to extcap': ({'plugin/lower.c': '#include "../extcap/system/upper.h"\n'}, [
        'plugin/lower.c:1: includes ../extcap/system/upper.h: plugin must not depend on extcap']),
    'plugin to libpcap': ({'plugin/lower.c': '#include <pcap.h>\n'}, [
        'plugin/lower.c:1: includes pcap.h: plugin must not depend on this library']),
    'nothing': ({'common/lower.c': '#include "upper.h"\n#include <stdio.h>\n',
                 'extcap/command/lower.c': '#include "capture/upper.h"\n#include "system/upper.h"\n',
                 'extcap/capture/lower.c': '#include "source/upper.h"\n#include "common/upper.h"\n',
                 'plugin/lower.c': '#include <epan/packet.h>\n#include "common/upper.h"\n'}, []),
}


def reported(tree):
    result = subprocess.run([TOP / 'tests' / 'include_graph', tree], capture_output=True, text=True)
    lines = result.stdout.splitlines()
    assert (result.returncode, result.stderr) == (1 if lines else 0, '')
    return lines


@pytest.mark.parametrize('added,lines', OFFENCES.values(), ids=OFFENCES)
def test_an_offence_is_reported_with_its_line(tmp_path, added, lines):
    for part in ('common', 'extcap', 'plugin'):
        shutil.copytree(TOP / part, tmp_path / part)
    before = reported(tmp_path)
    for name, text in {**UPPER, **added}.items():
        (tmp_path / name).write_text(text)
    assert sorted(set(reported(tmp_path)) - set(before)) == sorted(lines)


def test_a_tree_without_sources_is_an_error(tmp_path):
    assert reported(tmp_path) == [f'{tmp_path}: no sources here']
