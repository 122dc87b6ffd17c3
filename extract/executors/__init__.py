"""Where jobs run: processes of this machine, or the workers of a batch system.

Everything outside this room is written against `concurrent.futures.Executor`
alone, and against its width: how many jobs it runs at once.  Parsl and Dask are
imported by their own modules, late: most users have neither.
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
"""What opens an executor, by what stands before the colon of its name."""


def check_executor(name: str) -> None:
    """Make sure that the name of an executor can be understood, before anything is read.

    Parameters
    ----------
    name : `str`
        ``local``, ``parsl:FILE.py``, ``dask:ADDRESS`` or ``dask:FILE.yaml``.

    Raises
    ------
    ExecutorError
        Raised if it cannot, or if the file that it names is not there.
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
        Processes of the local one.
    data : `pathlib.Path`
        Folder of all outputs, absolute; an engine keeps its logs there.
    shared : `pathlib.Path`
        Folder that exists, and that every worker must see: the first one is asked.
    say : `~collections.abc.Callable`
        Told that a batch system is waited for, in one line.

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
