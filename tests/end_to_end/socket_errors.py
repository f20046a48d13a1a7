# What the tests of socket errors share: ICMP errors about a packet, and the errors that tshark and
# sharkd show.
# SPDX-License-Identifier: GPL-2.0-or-later
import json
import random
import re
import subprocess

from scapy.layers.inet import ICMP, IP, UDP, IPerror
from scapy.layers.inet6 import IPv6

from programs import TIMEOUT

HERE, THERE, ROUTER = '10.9.0.1', '10.9.0.2', '10.9.0.254'
HERE6, THERE6, ROUTER6 = '2001:db8::1', '2001:db8::2', '2001:db8::ff'
SENT = IP(src=HERE, dst=THERE) / UDP(sport=4000, dport=9) / b'question'
SENT6 = IPv6(src=HERE6, dst=THERE6) / UDP(sport=4000, dport=9) / b'question'


def icmp(type_, code, quoted=SENT, length=None, mtu=0):
    return IP(src=ROUTER, dst=HERE) / ICMP(type=type_, code=code, nexthopmtu=mtu) / \
        IPerror(bytes(quoted)[:length])


def errors_in(programs, file, *arguments):
    """Numbers of frames to the names of their errors; '-' where there is a reason for none."""
    rows = programs.fields(file, ['frame.number', 'ipmon.error.name', 'ipmon.error.none'], *arguments)
    return {int(number[0]): name[0] if name else '-' for number, name, none in rows if name or none}


def errors_in_any_order(programs, file, count):
    """The same when a person clicks packets in any order, some of them again."""
    order = random.Random(6).choices(range(1, count + 1), k=4 * count) + list(range(count, 0, -1))
    requests = [{'method': 'load', 'params': {'file': str(file)}}]
    requests += [{'method': 'frame', 'params': {'frame': number, 'proto': True}} for number in order]
    lines = ''.join(json.dumps({'jsonrpc': '2.0', 'id': place} | request) + '\n'
                    for place, request in enumerate(requests, 1))
    result = subprocess.run(programs.command(['sharkd', '-']), env=programs.environment(), input=lines.encode(),
                            capture_output=True, timeout=TIMEOUT, cwd=programs.stage)
    answers = [json.loads(line) for line in result.stdout.decode().splitlines() if line.startswith('{')]
    assert len(answers) == len(requests), result.stderr
    shown = {}
    for number, answer in zip(order, answers[1:], strict=True):
        tree = json.dumps(answer['result']['tree'], ensure_ascii=False)
        found = re.findall(r'"Error Name: (\w+)"', tree) or ['-'] * tree.count('"No Socket Error:')
        assert found == shown.setdefault(number, found), number
    return {number: name for number, found in shown.items() for name in found}
