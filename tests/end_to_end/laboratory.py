# The laboratory: a client, a router with a firewall, and a server. A program on the client meets the
# failures of failures.py while tshark captures there, live; what the program logged and what tshark
# printed and saved is left behind.
# SPDX-License-Identifier: GPL-2.0-or-later
import contextlib
import json
import signal
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path as File

from failures import (FULL_LINK, OTHER_SOURCES, PROHIBITED, ROUTES_HERE, SECOND_SERVER,
                      SMALL_MTU, UNREACHABLE, all_failures)
from network import Path, wait_until
from programs import TIMEOUT

FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}
TCP_REPAIR = 19  # linux/tcp.h
QUEUE_OFFSET = 24  # of tcpi_unacked in struct tcp_info: of a listener, how many wait for accept()
LAST = 8888  # the port of a datagram that ends the capture
NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE = 1, 2  # linux/netfilter/nfnetlink*.h
NLM_F_REQUEST, NLM_F_ACK, NETLINK_NETFILTER = 1, 4, 12
LIVE_FIELDS = ('ipmon.error.name', 'ipmon.error.socket', 'ipmon.dstport')

# A server that never reads: it says when there is something to read.
IDLE_SERVER = '''
import select, socket, sys
listener = socket.create_server((sys.argv[1], int(sys.argv[2])))
print('listens', flush=True)
sock, _ = listener.accept()
select.select([sock], [], [])
print('has data', flush=True)
select.select([], [], [])
'''


def forget_connections(router):
    """Empties the router's table of connections, as a restart or an expired entry does."""
    message = struct.pack('=IHHIIBBH', 20, NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE,
                          NLM_F_REQUEST | NLM_F_ACK, 1, 0, socket.AF_UNSPEC, 0, 0)
    with router.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as netlink:
        netlink.send(message)
        answer = netlink.recv(4096)
    number = struct.unpack_from('=i', answer, 16)[0]
    if number:
        raise OSError(-number, 'the kernel does not empty its table of connections (nf_conntrack_netlink)')


class Laboratory:
    """The hosts, and what happens to the program's connections."""

    def __init__(self, programs):
        self.programs = programs
        self.failures = all_failures()
        self.by_name = {failure.name: failure for failure in self.failures}
        self.open = contextlib.ExitStack()
        self.log = {}  # of the program, by name
        self.path = Path()
        self.open.callback(self.path.close)
        try:
            self._prepare()
        except BaseException:
            self.open.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.open.close()

    def _prepare(self):
        self._make_routes()
        self._shorten_timers()
        self._make_rules()
        self.listeners = {failure.name: self._listener(failure) for failure in self.failures if failure.serve}

    def _make_routes(self):
        path = self.path
        for version in (4, 6):
            prefix = Path.PREFIX[version]
            path.server.run('ip', f'-{version}', 'address', 'add', f'{SECOND_SERVER[version]}/{prefix}', 'dev', 'server0')
            path.router.run('ip', f'-{version}', 'neigh', 'add', SECOND_SERVER[version], 'lladdr', Path.SERVER_MAC,
                            'dev', 'router1')
            path.router.run('ip', f'-{version}', 'route', 'add', SECOND_SERVER[version], 'dev', 'router1', 'mtu', 'lock',
                            str(SMALL_MTU))
            for kind, address in (('unreachable', UNREACHABLE), ('prohibit', PROHIBITED)):
                path.router.run('ip', f'-{version}', 'route', 'add', kind, address[version])
            for kind, address in ROUTES_HERE.items():
                path.client.run('ip', f'-{version}', 'route', 'add', kind, address[version])
        for address in OTHER_SOURCES.values():
            path.client.run('ip', 'address', 'add', f'{address}/24', 'dev', 'client0')
        self._make_full_link()

    def _make_full_link(self):
        for command in ('ip link add full0 type veth peer name full1', 'ip address add 10.9.7.1/24 dev full0',
                        'ip link set full1 up', 'ip link set full0 up', 'tc qdisc add dev full0 root bfifo limit 1',
                        f'ip neigh add {FULL_LINK} lladdr {Path.SERVER_MAC} dev full0'):
            self.path.client.run(*command.split())

    def _shorten_timers(self):
        client, router, server = self.path.client, self.path.router, self.path.server
        client.write('/proc/sys/net/ipv4/tcp_syn_retries', 1)  # behind tcp_syn_linear_timeouts
        client.write('/proc/sys/net/ipv4/tcp_retries2', 4)
        server.write('/proc/sys/net/ipv4/tcp_abort_on_overflow', 1)
        for host, interface in ((client, 'client0'), (router, 'router1')):
            for version in (4, 6):
                for name, value in (('mcast_solicit', 2), ('retrans_time_ms', 100)):
                    host.write(f'/proc/sys/net/ipv{version}/neigh/{interface}/{name}', value)

    @staticmethod
    def _line(failure, rule):
        address = {4: 'ip', 6: 'ip6'}[failure.version]
        return f'{address} daddr {failure.remote} {failure.protocol} dport {failure.port} {rule}'

    def _make_rules(self):
        with_rule = [self._line(failure, failure.rule) for failure in self.failures if failure.rule]
        natted = ', '.join(str(failure.port) for failure in self.failures if failure.happens == 'expire')
        held = ', '.join(str(failure.local[1]) for failure in self.failures if failure.happens == 'fill')
        self._load(self.path.router, '\n'.join([
            'table inet laboratory {',
            'set silent { type inet_service; }', 'set cut { type inet_service; }',
            f'set held {{ type inet_service; elements = {{ {held} }} }}',
            'chain forward { type filter hook forward priority 0',
            'tcp dport @silent drop', 'tcp sport @silent drop', 'tcp dport @cut reject with icmpx type host-unreachable',
            *with_rule, '}',
            'chain translate { type nat hook postrouting priority 100', f'tcp dport {{ {natted} }} masquerade', '}', '}']))
        self.path.router.write('/proc/sys/net/netfilter/nf_conntrack_tcp_loose', 0)
        self._load(self.path.client, '\n'.join([
            'table inet laboratory {', 'chain output { type filter hook output priority 0',
            *[self._line(failure, failure.own_rule) for failure in self.failures if failure.own_rule], '}', '}']))

    @staticmethod
    def _load(host, text):
        try:
            host.run('nft', text)
        except subprocess.CalledProcessError as error:
            raise RuntimeError('the laboratory needs a kernel with nf_tables, its reject and nat, and connection '
                               f'tracking:\n{error.stderr.decode()}') from error

    def _keep(self, sock):
        sock.settimeout(TIMEOUT)
        return self.open.enter_context(contextlib.closing(sock))

    def _listener(self, failure):
        sock = self._keep(self.path.server.socket(FAMILY[failure.version], socket.SOCK_STREAM))
        sock.bind((failure.remote, failure.port))
        sock.listen(0 if failure.happens in ('fill', 'crowd') else 8)
        return sock

    def _accept(self, failure):
        return self._keep(self.listeners[failure.name].accept()[0])

    # What happens while a job holds.

    def answer(self, failure):
        sock = self._accept(failure)
        sock.send(b'answer')
        sock.close()

    def finish(self, failure):
        self._accept(failure).close()

    def abort(self, failure):
        sock = self._accept(failure)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        sock.close()

    def forget(self, failure):
        """The connection is gone without a word, as after a restart."""
        sock = self._accept(failure)
        sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
        sock.close()

    def kill(self, _):
        assert self.idle_server.stdout.readline() == b'has data\n'
        self.idle_server.kill()
        self.idle_server.wait()

    def _add(self, set_name, failure):
        self._accept(failure)
        self.path.router.run('nft', 'add', 'element', 'inet', 'laboratory', set_name, f'{{ {failure.port} }}')

    def silence(self, failure):
        self._add('silent', failure)

    def cut(self, failure):
        self._add('cut', failure)

    def crowd(self, failure):
        """The one place of the listener's queue is taken."""
        listener = self.listeners[failure.name]
        self._keep(self.path.client.socket(socket.AF_INET, socket.SOCK_STREAM)).connect(listener.getsockname())

        def waiting():
            return struct.unpack_from('=I', listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104), QUEUE_OFFSET)

        wait_until(lambda: waiting() == (1,), 'the queue is not full')

    def fill(self, failure):
        """And only then the last segment of the program's handshake passes the router."""
        self.crowd(failure)
        self.path.router.run('nft', 'flush', 'set', 'inet', 'laboratory', 'held')

    def expire(self, *failures):
        for failure in failures:
            self._accept(failure)
        forget_connections(self.path.router)

    # The run.

    def run(self):
        """The capture, what tshark printed live, and the log of the program by names of jobs."""
        self._start_idle_server()
        self.file, printed = self.programs.readable('laboratory.pcapng'), self.programs.readable('live')
        fields = [word for name in LIVE_FIELDS for word in ('-e', name)]
        with open(printed, 'wb') as output:
            tshark = self.programs.start(
                ['tshark', '-l', '-n', '-i', 'ipmon:all', '-w', self.file, '-P', '-T', 'fields', *fields, '-z',
                 'ipmon_errors,tree'], host=self.path.client, capture=True, stdout=output)
            try:
                wait_until(self.path.client.is_capturing, 'tshark started no capture')
                by_mode = {mode: self._start_by_mode(mode) for mode in (0, 1)}
                self._run_program()
                self._await_last_packet(printed)
                tshark.send_signal(signal.SIGINT)
                _, error = tshark.communicate(timeout=TIMEOUT)
            finally:
                tshark.kill()
        assert tshark.returncode == 0, error
        self.files_by_mode = {mode: self._stop(*started) for mode, started in by_mode.items()}
        self.live = printed.read_text()

    def _start_by_mode(self, mode):
        """ipmon on the client's address alone."""
        file = self.programs.readable(f'mode{mode}.pcapng')
        process = self.programs.start(
            [self.programs.ipmon_path, '--capture', '--extcap-interface', f'ipmon:{Path.CLIENT[4]}', '--receive-all-mode',
             mode, '--fifo', file], host=self.path.client, capture=True)
        self.open.callback(process.kill)
        wait_until(lambda: file.exists() and file.stat().st_size, 'ipmon started no capture')
        return process, file

    @staticmethod
    def _stop(process, file):
        process.send_signal(signal.SIGTERM)
        _, error = process.communicate(timeout=TIMEOUT)
        assert (process.returncode, error) == (0, b'')
        return file

    def _start_idle_server(self):
        [failure] = [failure for failure in self.failures if failure.happens == 'kill']
        self.idle_server = subprocess.Popen(
            ['nsenter', f'--net={self.path.server.path}', sys.executable, '-c', IDLE_SERVER, failure.remote,
             str(failure.port)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.open.callback(self.idle_server.kill)
        assert self.idle_server.stdout.readline() == b'listens\n'

    def _run_program(self):
        jobs = self.programs.readable('jobs.json')
        jobs.write_text(json.dumps([failure.job() for failure in self.failures]))
        program = subprocess.Popen(
            ['nsenter', f'--net={self.path.client.path}', sys.executable, '-B',
             File(__file__).with_name('failing_program.py'), jobs], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.open.callback(program.kill)
        limit = threading.Timer(TIMEOUT, program.kill)  # jobs that hang are missing from the log
        limit.start()
        waiting = []
        for line in program.stdout:
            entry = json.loads(line)
            if entry.get('holds'):
                self._serve(self.by_name[entry['job']], program.stdin, waiting)
            else:
                self.log[entry['job']] = entry
        limit.cancel()
        assert program.wait() == 0, sorted(self.by_name.keys() - self.log.keys())

    def _serve(self, failure, released, waiting):
        """Lets happen what has to, and releases the job; those whose NAT expires all at once."""
        ready = [failure]
        if failure.happens == 'expire':
            waiting.append(failure)
            if len(waiting) < sum(each.happens == 'expire' for each in self.failures):
                return
            ready = waiting
        getattr(self, failure.happens)(*ready)
        for each in ready:
            print(each.name, file=released, flush=True)

    def _await_last_packet(self, printed):
        with self.path.client.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(b'last', (Path.NOWHERE[4], LAST))
        wait_until(lambda: f'\t{LAST}\n' in printed.read_text(), 'tshark never saw the last packet', TIMEOUT)
