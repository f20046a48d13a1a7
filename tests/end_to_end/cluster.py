# A cluster of one machine: Slurm's real daemons and munge, with everything they write in one folder.
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

from archiving import family, kill
from network import wait_until
from programs import TIMEOUT

MUNGE_USER = 'munge'
CONFIGURATION = '''
ClusterName=archive
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmdDebug=debug2
ReturnToService=2
MinJobAge=10
MaxArraySize=4
SchedulerParameters=batch_sched_delay=0,sched_interval=1
NodeName={host} NodeAddr=127.0.0.1 CPUs=2
PartitionName=all Nodes=ALL Default=YES State=UP
'''


def free_ports(count):
    sockets = [socket.create_server(('127.0.0.1', 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Cluster:
    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix='ipmon-cluster-'))
        self.folder.chmod(0o755)
        self.configuration = self.folder / 'slurm.conf'
        self.host = socket.gethostname().split('.')[0]
        for name in ('state', 'spool'):
            (self.folder / name).mkdir()
        self.configuration.write_text(CONFIGURATION.format(host=self.host, folder=self.folder, ports=free_ports(2)))
        if int(self.ask('slurmd', '-V').split()[1].split('.')[0]) >= 24:  # it would not start without cgroups
            (self.folder / 'cgroup.conf').write_text('CgroupPlugin=disabled\n')
        self.started = []
        self.start_munge()
        self.start('slurmctld')
        self.node = self.start('slurmd')
        wait_until(lambda: 'idle' in self.ask('sinfo', '--noheader'), 'the node does not become idle', TIMEOUT)

    def start_munge(self):
        folder = self.folder / 'munge'
        folder.mkdir()
        (folder / 'key').write_bytes(os.urandom(1024))
        (folder / 'key').chmod(0o400)
        for path in (folder, folder / 'key'):
            shutil.chown(path, MUNGE_USER)
        files = [f'--{name}-file={folder}/{name}' for name in ('key', 'pid', 'log', 'seed')]
        self.socket = self.folder / 'munge.socket'
        shared = folder / 'socket'
        self.socket.symlink_to(shared)
        folder.chmod(0o755)
        self.started.append(subprocess.Popen(
            ['setpriv', f'--reuid={MUNGE_USER}', f'--regid={MUNGE_USER}', '--clear-groups', 'munged', '--foreground',
             f'--socket={shared}', *files], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        wait_until(shared.exists, 'munged does not start', TIMEOUT)

    def environment(self):
        return {**os.environ, 'SLURM_CONF': str(self.configuration)}

    def start(self, daemon):
        """In the foreground, as a child of the test."""
        self.started.append(subprocess.Popen([daemon, '-D'], env=self.environment(), stdin=subprocess.DEVNULL,
                                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        return self.started[-1]

    def ask(self, *words):
        return subprocess.run(words, env=self.environment(), capture_output=True, text=True, timeout=TIMEOUT,
                              check=False).stdout

    def set_node(self, *words):
        self.ask('scontrol', 'update', f'nodename={self.host}', *words)

    def drain(self):
        """Jobs wait from now on."""
        self.set_node('state=drain', 'reason=test')

    def resume(self):
        self.set_node('state=resume')

    def daemons_of_jobs(self):
        """slurmstepd has no parent; its command line has the job."""
        lines = subprocess.run(['ps', '-eo', 'pid,args'], capture_output=True, text=True, check=True).stdout.splitlines()
        return [int(line.split()[0]) for line in lines if 'slurmstepd: [' in line]

    def jobs(self, *words):
        return self.ask('squeue', '--noheader', '--array', '--format=%A', *words).split()

    def kill_node(self):
        """slurmd, the jobs and all their processes, as when a machine loses its power."""
        self.lost = self.jobs('--states=running')
        kill([self.node.pid])
        self.node.wait()
        kill(pid for daemon in self.daemons_of_jobs() for pid in family(daemon))
        self.set_node('state=down', 'reason=died')  # else SlurmdTimeout

    def revive(self):
        """
        The node comes back. What is started again waits two minutes, until the node was told to end what it
        did before; here, until it was told.
        """
        log = self.folder / 'slurmd.log'
        before = log.stat().st_size
        self.node = self.start('slurmd')
        self.resume()
        wait_until(lambda: all(f'_rpc_terminate_job: uid = 0 JobId={job}\n' in log.read_text()[before:]
                               for job in self.lost), 'the node is not told to end its jobs', TIMEOUT)
        for job in self.lost:
            self.ask('scontrol', 'update', f'jobid={job}', 'starttime=now')

    def close(self):
        self.ask('scancel', '--user=root')
        kill([pid for daemon in self.daemons_of_jobs() for pid in family(daemon)])
        for process in reversed(self.started):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(TIMEOUT)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        shutil.rmtree(self.folder)
