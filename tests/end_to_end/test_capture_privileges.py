# While packets are read the program holds no capability, whoever started it.
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import re
import signal
import subprocess

import pytest
from scapy.layers.inet import IP, UDP

import pcapng
from capturing import SOURCE, Capture, frame, send_all
from conftest import TIMEOUT
from network import Pair, wait_until


def capabilities(pid):
    with open(f'/proc/{pid}/status') as status:
        text = status.read()
    return {name: int(value, 16) for name, value in
            re.findall(r'^(Cap\w+|NoNewPrivs):\s*(\w+)$', text, re.M)}


@pytest.mark.parametrize('options', [[], ['--receive-all-mode', '0'], ['--receive-all-mode', '2'],
                                     ['--use-pcap']])
def test_no_capability_is_left(programs, hosts, options):
    capture = Capture(programs, hosts.far, f'ipmon:{Pair.FAR}', '--packet-count', '1', *options)
    wait_until(lambda: capabilities(capture.process.pid)['CapEff'] == 0, 'capabilities are left')
    held = capabilities(capture.process.pid)
    assert [held[name] for name in ('CapEff', 'CapPrm', 'CapInh', 'CapAmb')] == [0] * 4
    assert held['NoNewPrivs'] == 1
    send_all(hosts.near.wire('near0'), [frame(IP(src=SOURCE, dst=Pair.FAR) / UDP() / b'still')])
    found, status, error = capture.finish()
    assert (status, error) == (0, '') and len(pcapng.packets(found)) == 1


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
        held = capabilities(process.pid)
        process.send_signal(signal.SIGTERM)
        reader.read()
    assert process.wait(timeout=TIMEOUT) == 0
    assert [held[name] for name in ('CapEff', 'CapPrm', 'CapInh', 'CapAmb', 'CapBnd')] == [0] * 5
