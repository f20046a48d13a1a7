# The unit of systemd, as far as tests need to read it, and a process that is confined as the unit says.
# SPDX-License-Identifier: GPL-2.0-or-later
import json
import re
import shlex
import subprocess

from programs import NOBODY, TIMEOUT

# ProtectSystem=strict with a LogsDirectory, ProtectHome, ProtectProc and ProcSubset, PrivateDevices.
MOUNTS = r'''
set -eu
mount --bind "$1" "$1"
shift
mount -o remount,bind,ro /
for folder in /home /root; do mount -t tmpfs -o ro,mode=0 none "$folder"; done
mount -t proc -o hidepid=2,subset=pid proc /proc
mount -t tmpfs none /mnt
for name in null zero full random urandom; do touch "/mnt/$name"; mount --bind "/dev/$name" "/mnt/$name"; done
mount -o remount,bind,ro /mnt
mount --rbind /mnt /dev
exec "$@"
'''
# SystemCallFilter with EPERM, and RestrictAddressFamilies.
FILTER = r'''
import ctypes, errno, json, os, sys

ALLOW, EQUAL = 0x7fff0000, 4

class Comparison(ctypes.Structure):
    _fields_ = [('argument', ctypes.c_uint), ('operator', ctypes.c_int), ('a', ctypes.c_uint64), ('b', ctypes.c_uint64)]

library = ctypes.CDLL('libseccomp.so.2')
library.seccomp_init.restype = ctypes.c_void_p
filter = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(0x00050000 | errno.EPERM)))

def allow(name, *comparisons):
    number = library.seccomp_syscall_resolve_name(name.encode())
    array = (Comparison * len(comparisons))(*comparisons)
    assert number < 0 or library.seccomp_rule_add_array(filter, ALLOW, number, len(comparisons), array) == 0, name

calls, families = json.loads(sys.argv[1])
for call in calls:
    if call != 'socket':
        allow(call)
for family in families:
    allow('socket', Comparison(0, EQUAL, family, 0))
assert library.seccomp_load(filter) == 0
os.execv(sys.argv[2], sys.argv[2:])
'''
FAMILIES = {'AF_UNIX': 1, 'AF_INET': 2, 'AF_INET6': 10, 'AF_NETLINK': 16, 'AF_PACKET': 17}




def call_groups():
    """The members of systemd's groups of system calls, of which some are groups."""
    text = subprocess.run(['systemd-analyze', '--no-pager', 'syscall-filter'], check=True, capture_output=True,
                          timeout=TIMEOUT, text=True).stdout
    groups, members = {}, []
    for line in text.splitlines():
        if line.startswith('@'):
            members = groups.setdefault(line.strip(), [])
        elif re.match(r' +[@a-z_]', line):
            members.append(line.strip())
    return groups


class Unit:
    """The installed unit; its values in the order of its lines."""

    def __init__(self, path):
        self.lines = re.findall(r'^(\w+)=(.*)$', path.read_text(), re.M)

    def values(self, name):
        return [value for key, value in self.lines if key == name]

    def value(self, name):
        [value] = self.values(name)
        return value

    def environment(self):
        """The defaults."""
        return dict(word.split('=', 1) for line in self.values('Environment') for word in shlex.split(line))

    def command(self, instance, logs, program=None, **changed):
        """The words of ExecStart, as systemd makes them for an instance; changed: variables."""
        variables = {**self.environment(), **changed}
        words = []
        for word in shlex.split(self.value('ExecStart')):
            if word.startswith('$'):
                words += shlex.split(variables[word[1:]])
            else:
                words.append(re.sub('%.', lambda found: {'%%': '%', '%L': str(logs), '%I': instance}[found[0]], word))
        return [str(program or words[0]), *words[1:]]

    def calls(self):
        """The system calls that SystemCallFilter allows; @default always."""
        groups = call_groups()

        def resolve(word):
            return {call for member in groups[word] for call in resolve(member)} if word.startswith('@') else {word}

        allowed = resolve('@default')
        for line in self.values('SystemCallFilter'):
            removes, words = line.startswith('~'), line.lstrip('~').split()
            for word in words:
                allowed = allowed - resolve(word) if removes else allowed | resolve(word)
        return allowed

    def families(self):
        return [FAMILIES[name] for name in self.value('RestrictAddressFamilies').split()]

    def confined(self, logs, command, groups=()):
        """
        The command as nobody with the ambient capability alone, with the unit's system calls and address
        families, and nothing to write to but the folder of logs.
        """
        capability = self.value('AmbientCapabilities').lower().replace('cap_', '')
        assert self.value('CapabilityBoundingSet') == self.value('AmbientCapabilities')
        identity = ['--groups', ','.join(map(str, groups))] if groups else ['--clear-groups']
        return ['unshare', '--mount', 'sh', '-c', MOUNTS, 'sh', str(logs),
                'setpriv', f'--reuid={NOBODY}', f'--regid={NOBODY}', *identity, f'--inh-caps=-all,+{capability}',
                f'--ambient-caps=-all,+{capability}', f'--bounding-set=-all,+{capability}', '--no-new-privs', '--',
                '/usr/bin/python3', '-B', '-c', FILTER, json.dumps([sorted(self.calls()), self.families()]), *command]
