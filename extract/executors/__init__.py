"""Open the executor of the jobs: processes of this machine, or workers of a batch system.

Other packages use only the interface of `concurrent.futures.Executor` and its width,
the number of jobs that it runs at once.  Only the modules of Parsl and Dask import them,
when they are needed, because most users have neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from ..errors import ExecutorError
from .local import local_executor, width_of
from .lost import is_lost_worker, remedy_for_lost_worker
from .sharing import require_shared_folder

__all__ = [
    "LOCAL",
    "check_executor",
    "is_lost_worker",
    "opened_executor",
    "remedy_for_lost_worker",
    "width_of",
]

LOCAL = "local"
"""Name of the pool of processes on this machine."""

Opened = AbstractContextManager[tuple[Executor, int]]


def _opened_parsl(target: str, data: Path) -> Opened:
    from .parsl_workers import opened_parsl

    return opened_parsl(Path(target), data)


def _opened_dask(target: str, data: Path) -> Opened:
    from .dask_workers import opened_dask

    return opened_dask(target, data)


_ENGINES: dict[str, Callable[[str, Path], Opened]] = {
    "parsl": _opened_parsl,
    "dask": _opened_dask,
}
"""Functions that open an executor, by the part of its name before the colon."""


def check_executor(name: str) -> None:
    """Check the name of an executor before anything is read.

    Parameters
    ----------
    name : `str`
        ``local``, ``parsl:FILE.py``, ``dask:ADDRESS`` or ``dask:FILE.yaml``.

    Raises
    ------
    ExecutorError
        Raised if the name is not valid, or if the file that it names does not exist.
    """
    engine, _, target = name.partition(":")
    if name == LOCAL:
        return
    if engine not in _ENGINES or not target:
        raise ExecutorError(
            f"--executor {name}: expected local, parsl:FILE.py, dask:ADDRESS or dask:FILE.yaml"
        )
    if Path(target).suffix in (".py", ".yaml", ".yml", ".json") and not Path(target).is_file():
        raise ExecutorError(f"--executor {name}: there is no file {target}")


@contextmanager
def opened_executor(
    name: str, *, processes: int, data: Path, shared: Path, say: Callable[[str], None]
) -> Iterator[tuple[Executor, int]]:
    """Open an executor.

    Parameters
    ----------
    name : `str`
        ``local``, ``parsl:FILE.py``, ``dask:ADDRESS`` or ``dask:FILE.yaml``.
    processes : `int`
        Number of processes of the local executor.
    data : `pathlib.Path`
        Folder of all outputs, absolute; an engine keeps its logs there.
    shared : `pathlib.Path`
        Folder that exists, and that every worker must see; the first worker is asked.
    say : `~collections.abc.Callable`
        Called with one line of text while the program waits for a batch system.

    Yields
    ------
    executor : `concurrent.futures.Executor`
        Ended when the context ends, with what it has not begun.
    width : `int`
        Jobs that it runs at once.

    Raises
    ------
    ExecutorError
        Raised if it cannot be opened, or if its workers do not see the folder.
    """
    if name == LOCAL:
        with local_executor(processes) as pool:
            yield pool, width_of(pool, processes)
        return
    check_executor(name)
    engine, _, target = name.partition(":")
    try:
        opened = _ENGINES[engine](target, data)
    except ModuleNotFoundError as error:
        raise ExecutorError(
            f"--executor {name}: {error.name} is not installed: "
            f"pip install 'quanta-census[{engine}]'"
        ) from error
    with opened as (pool, width):
        say(f"{name}: {width} jobs at once; waiting for its first worker")
        host = require_shared_folder(pool, shared, name)
        say(f"{name}: the first worker runs on {host}")
        yield pool, width
