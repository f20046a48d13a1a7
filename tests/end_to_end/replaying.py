# What the tests of replays share: packets of a file, and ipmon replaying one.
# SPDX-License-Identifier: GPL-2.0-or-later
from scapy.layers.inet import IP, UDP

import pcapng
from capturing import SOURCE

PACKETS = [bytes(IP(src=SOURCE, dst='10.9.0.2', id=number) / UDP(sport=1, dport=number) / b'x')
           for number in range(50)]


def replay(programs, host, path, *options):
    """Blocks, status and error line of a replay, which needs no capability."""
    result = programs.ipmon('--capture', '--extcap-interface', 'ipmon:file', '--file', path,
                            '--fifo', '-', *options, host=host)
    return pcapng.blocks(result.stdout), result.returncode, result.stderr.decode()
