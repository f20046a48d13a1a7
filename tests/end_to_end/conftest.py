# Fixtures of several end-to-end tests: hosts, the corpus, and what is made for one test alone.
# SPDX-License-Identifier: GPL-2.0-or-later
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import network
from accounting import Log
from capture_files import CORPUS, RAW, write_pcap
from process_capture import Processes
from programs import WITHOUT_SANDBOX
from recording import Recorder
from remoting import Remote, await_nobody
from truth import Watch


@pytest.fixture
def host():
    """One host with nothing but a loopback."""
    alone = network.Host('alone')
    yield alone
    alone.close()


@pytest.fixture
def remote_captures(fleet):
    """Of the test alone: nothing of them is left on the machines, and those are as before."""
    yield
    Remote.end_all()
    await_nobody(fleet)
    fleet.reset()


@pytest.fixture(scope='module')
def path():
    """A client, a router and a server, with IPv4 and IPv6."""
    three = network.Path()
    yield three
    three.close()


@pytest.fixture
def watch(programs, path):
    """The client of the path while ipmon captures there."""
    with Watch(programs, path) as opened:
        yield opened


@pytest.fixture
def own_clock(programs, monkeypatch):
    """
    Gives programs a clock of their own from now on, so many seconds from the kernel's, by which
    packets are stamped: `before`, and `after` from SIGALRM on.
    """
    library = programs.readable('clock_set.so')
    subprocess.run(['gcc', '-shared', '-fPIC', '-D_GNU_SOURCE', '-o', library,
                    Path(__file__).with_name('clock_set.c')], check=True)

    def give(before, after):
        environment = {**programs.environment(), 'LD_PRELOAD': str(library),
                       'CLOCK_BEFORE': str(before), 'CLOCK_AFTER': str(after)}
        monkeypatch.setattr(programs, 'environment', lambda: environment)

    return give


@pytest.fixture(scope='session')
def corpus():
    if not CORPUS.is_dir():
        pytest.skip(f'no corpus of captures at {CORPUS} (variable IPMON_CORPUS)')
    return CORPUS


@pytest.fixture
def annotate(programs):
    """Packets to rows of field values."""
    def run(packets, names, link_type=RAW, snapshot=262144, arguments=()):
        file = write_pcap(programs.readable('packets.pcap'), packets, link_type, snapshot)
        return programs.fields(file, [f'ipmon.{name}' for name in names], *arguments)
    return run


@pytest.fixture
def log(programs, request):
    return Log(programs, re.sub(r'\W', '_', request.node.name))


@pytest.fixture
def folder(programs, request):
    """A folder that ipmon, an ordinary user, can write to."""
    path = programs.readable(re.sub(r'\W', '_', request.node.name))
    path.mkdir()
    path.chmod(0o777)
    return path


@pytest.fixture
def processes(programs, host):
    """A host with a ping group, and the ways to capture and to work in it."""
    host.write('/proc/sys/net/ipv4/ping_group_range', '"0 65535"')
    return Processes(programs, host)


@pytest.fixture
def recorder(programs, hosts, folder):
    """Starts one that records what `hosts` exchange; ends what a failed test leaves."""
    started = []

    def start(*options, **more):
        started.append(Recorder(programs, hosts.far, *options, **{'folder': folder, **more}))
        return started[-1]
    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


@pytest.fixture
def file(programs):
    """Writes bytes into a file that ipmon can replay."""
    path = programs.readable('replayed')

    def write(data):
        path.write_bytes(data)
        path.chmod(0o644)
        return path
    yield write
    path.unlink(missing_ok=True)


@pytest.fixture
def file_capability(programs):
    """The program as the installer leaves it for a group: only its members run it."""
    group = 4242
    path = programs.extcap / 'ipmon-of-a-group'  # the module of the replay is beside it
    shutil.copy(programs.ipmon_path, path)
    subprocess.run(['bash', '-c', '. "$1"; permit_capturing "$2" "$3"', '-',
                    Path(__file__).parents[2] / 'run', path, str(group)], check=True)
    yield path, group
    path.unlink()


@pytest.fixture
def program_without_sandbox():
    """For valgrind, which could not work in the sandbox."""
    if not WITHOUT_SANDBOX.exists():
        pytest.skip(f'no build without the sandbox at {WITHOUT_SANDBOX}')
