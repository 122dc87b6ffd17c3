"""Check that the first worker sees the lake, before many workers fail."""

from __future__ import annotations

import secrets
import socket
from concurrent.futures import Executor
from pathlib import Path

from quanta_census.entrance import program_version

from ..errors import ExecutorError
from ..jobs.workers import run_job
from ..words import named
from .lost import is_lost_worker, remedy_for_lost_worker

__all__ = ["require_shared_folder"]


def require_shared_folder(executor: Executor, folder: Path, name: str) -> str:
    """Check that a worker sees a folder of this machine, and has this program.

    Parameters
    ----------
    executor : `concurrent.futures.Executor`
        The executor of the worker; this function waits until there is one.
    folder : `pathlib.Path`
        The folder, absolute.
    name : `str`
        Name of the executor, as the user wrote it.

    Returns
    -------
    host : `str`
        Name of the worker's machine.

    Raises
    ------
    ExecutorError
        Raised if the folder is not shared, if the worker has another version of this
        program, or if no worker lives long enough to answer.
    """
    mark = folder / f"seen-{secrets.token_hex(4)}"
    mark.write_text("")
    try:
        host, version, is_seen = executor.submit(run_job, _look, mark).result()
    except BaseException as error:
        if is_lost_worker(error):
            raise ExecutorError(
                f"--executor {name}: its first worker was lost: {remedy_for_lost_worker(error)}"
            ) from error
        if not isinstance(error, Exception):
            raise
        raise ExecutorError(
            f"--executor {name}: its first worker failed ({named(error)}): give "
            "it the same environment as this machine (worker_init, job_script_prologue)"
        ) from error
    finally:
        mark.unlink(missing_ok=True)
    if not is_seen:
        raise ExecutorError(
            f"--executor {name}: its worker on {host} does not see {folder}: choose a --data on a "
            "file system that the workers share with this machine"
        )
    if version != program_version():
        raise ExecutorError(
            f"--executor {name}: its worker on {host} has version {version} of this program, this "
            f"machine has {program_version()}: start it in the same environment"
        )
    return str(host)


def _look(mark: Path) -> tuple[str, str, bool]:
    """Get the name of this machine, the program's version, and whether it sees a file."""
    return socket.gethostname(), program_version(), mark.exists()
