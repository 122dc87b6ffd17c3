"""A real Slurm cluster of one node, on 127.0.0.1 and in a folder of its own.

Munge, MariaDB and Slurm's three daemons, as Debian has them.  What watches over memory is the
accounting itself (``OverMemoryKill``), for cgroups are not to be had in each container: each second
it kills by SIGKILL what it finds over the request.
"""

from __future__ import annotations

import getpass
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["CORES", "MEMORY_MIB", "NODE", "Cluster", "missing_programs", "serve_slurm"]

NODE = "n001"
CORES = 2
MEMORY_MIB = 6000

_PACKAGES = {
    "munged": "munge",
    "mariadbd": "mariadb-server",
    "mariadb-install-db": "mariadb-server",
    "mariadb": "mariadb-client",
    "slurmdbd": "slurmdbd",
    "slurmctld": "slurmctld",
    "slurmd": "slurmd",
    "sbatch": "slurm-client",
    "sacct": "slurm-client",
}
_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))


def missing_programs() -> dict[str, str]:
    """List missing programs of this machine, with their Debian packages."""
    return {name: where for name, where in _PACKAGES.items() if not shutil.which(name, path=_PATH)}


@dataclass(frozen=True)
class Cluster:
    """A cluster that runs."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """What Slurm's commands need to find it."""
        return os.environ | {"SLURM_CONF": str(self.folder / "slurm.conf"), "PATH": _PATH}

    def call(self, *words: str) -> str:
        """Run one of Slurm's commands."""
        done = subprocess.run(
            words, capture_output=True, text=True, check=False, env=self.environment, timeout=60
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(words)}: {done.stderr}")
        return done.stdout

    def submit(self, script: str, name: str, *options: str) -> str:
        """Submit a job, and give its identifier."""
        path = self.folder / "scripts" / f"{name}.sh"
        path.parent.mkdir(exist_ok=True)
        path.write_text(script)
        output = f"--output={path.with_suffix('.out')}"
        return self.call(
            "sbatch", "--parsable", f"--job-name={name}", output, "--open-mode=append", *options,
            str(path),
        ).strip()  # fmt: skip

    def wait(self) -> None:
        """Wait until no job is left; a requeued one need not wait out Slurm's two minutes."""

        def is_done() -> bool:
            jobs = self.call("squeue", "--noheader", "--format=%i %r").splitlines()
            for job_id, reason in (job.split(maxsplit=1) for job in jobs):
                if reason == "BeginTime":
                    self.call("scontrol", "update", f"JobId={job_id}", "StartTime=now")
            return not jobs

        _wait(is_done, "jobs that end", 600, self.folder / "log")


@contextmanager
def serve_slurm() -> Iterator[Cluster]:
    """Start a cluster, and end it and remove its folder afterwards."""
    with ExitStack() as stack:
        # Paths of sockets are short.
        name = stack.enter_context(tempfile.TemporaryDirectory(prefix="census-slurm-"))
        folder = Path(name)
        folder.chmod(0o711)  # Munge requires that all users can reach its socket.
        for each in ("db", "state", "spool", "log"):
            (folder / each).mkdir()
        cluster = Cluster(folder)
        ports = _free_ports(4)
        database, password = ports[0], secrets.token_hex(8)
        _configure(folder, ports, password)
        _start(stack, cluster, "munged", "--foreground", *_munge_options(folder))
        _wait((folder / "munge.socket").exists, "munged", 30, folder / "log")
        _start_database(stack, cluster, database, password)
        _start(stack, cluster, "slurmdbd", "-D")
        _wait(lambda: _listens(ports[1]), "slurmdbd", 60, folder / "log")
        cluster.call("sacctmgr", "--immediate", "add", "cluster", "census")
        _start(stack, cluster, "slurmctld", "-D")
        _wait(lambda: _listens(ports[2]), "slurmctld", 60, folder / "log")
        _start(stack, cluster, "slurmd", "-D")
        _wait(
            lambda: cluster.call("sinfo", "--noheader", "--format=%T").split() == ["idle"],
            "slurmd", 60, folder / "log",
        )  # fmt: skip
        yield cluster


def _configure(folder: Path, ports: Sequence[int], password: str) -> None:
    """Write Slurm's three files."""
    host = socket.gethostname().partition(".")[0]
    database, dbd, ctld, slurmd = ports
    user, munge = getpass.getuser(), folder / "munge.socket"
    (folder / "slurm.conf").write_text(
        f"""\
ClusterName=census
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ctld}
SlurmdPort={slurmd}
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={munge}
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={dbd}
AccountingStoragePass={munge}
SlurmdParameters=config_overrides
ReturnToService=2
NodeName={NODE} NodeHostname={host} NodeAddr=127.0.0.1 CPUs={CORES} RealMemory={MEMORY_MIB}
PartitionName=small Nodes={NODE} Default=YES MaxTime=30 State=UP
PartitionName=large Nodes={NODE} MaxTime=30 State=UP
"""
    )
    (folder / "cgroup.conf").write_text("CgroupAutomount=no\n")
    secret = folder / "slurmdbd.conf"
    secret.touch(mode=0o600)
    secret.write_text(
        f"""\
AuthType=auth/munge
AuthInfo=socket={munge}
DbdHost={host}
DbdAddr=127.0.0.1
DbdPort={dbd}
CommunicationParameters=NoInAddrAny
SlurmUser={user}
PidFile={folder}/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={database}
StorageUser=slurm
StoragePass={password}
StorageLoc=slurm
"""
    )


def _munge_options(folder: Path) -> list[str]:
    """Make a key, and tell where everything of munge is."""
    key = folder / "munge.key"
    key.touch(mode=0o600)
    key.write_bytes(secrets.token_bytes(1024))
    return [
        f"--socket={folder}/munge.socket", f"--key-file={key}", f"--pid-file={folder}/munged.pid",
        f"--log-file={folder}/log/munge.log", f"--seed-file={folder}/munge.seed",
        "--num-threads=2",
    ]  # fmt: skip


def _start_database(stack: ExitStack, cluster: Cluster, port: int, password: str) -> None:
    """Start MariaDB with an empty database for Slurm."""
    folder = cluster.folder
    where = f"--datadir={folder}/db"
    cluster.call(
        "mariadb-install-db", "--no-defaults", f"--user={getpass.getuser()}", where,
        "--auth-root-authentication-method=normal", "--skip-test-db",
    )  # fmt: skip
    server = f"--socket={folder}/db.socket"
    _start(
        stack, cluster, "mariadbd", "--no-defaults", f"--user={getpass.getuser()}", where, server,
        "--bind-address=127.0.0.1", f"--port={port}", f"--pid-file={folder}/db.pid",
        "--innodb-buffer-pool-size=64M", "--skip-name-resolve",
    )  # fmt: skip
    _wait(lambda: _listens(port), "mariadbd", 60, folder / "log")
    cluster.call(
        "mariadb", "--no-defaults", "--user=root", server, "--execute",
        f"create user 'slurm'@'127.0.0.1' identified by '{password}'; "
        "grant all on slurm.* to 'slurm'@'127.0.0.1'",
    )  # fmt: skip


def _start(stack: ExitStack, cluster: Cluster, program: str, *options: str) -> None:
    """Start a daemon, which ends with the stack."""
    log = stack.enter_context((cluster.folder / "log" / f"{program}.out").open("wb"))
    path = shutil.which(program, path=_PATH)
    assert path is not None, program
    daemon = subprocess.Popen(
        [path, *options], stdout=log, stderr=subprocess.STDOUT, env=cluster.environment
    )
    stack.callback(_end, daemon)


def _end(daemon: subprocess.Popen[bytes]) -> None:
    daemon.send_signal(signal.SIGTERM)
    try:
        daemon.wait(timeout=30)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait(timeout=30)


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _listens(port: int) -> bool:
    with socket.socket() as each:
        return each.connect_ex(("127.0.0.1", port)) == 0


def _wait(is_ready: Callable[[], bool], what: str, seconds: float, logs: Path) -> None:
    """Wait until a condition is true, else raise an error with the logs of the daemons."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if is_ready():
            return
        time.sleep(0.2)
    told = [f"{path.name}: {path.read_text(errors='replace')[-1500:]}" for path in logs.iterdir()]
    raise RuntimeError(f"{what}: not in {seconds:g} s\n" + "\n".join(told))
