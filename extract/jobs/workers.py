"""What makes a process a good worker, whoever started it."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Sequence
from functools import cache
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TypeVar

import pyarrow as pa

__all__ = ["prepare_worker", "run_job"]

_T = TypeVar("_T")


class _WithoutPandas(MetaPathFinder, Loader):
    """Lets ``import pandas`` fail, which Arrow tries at the first list that becomes an array.

    Nothing here uses it, and where it is installed it takes a second and 60 MB (pyarrow 26.0).
    """

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Answer for pandas alone."""
        return ModuleSpec(fullname, self) if fullname == "pandas" else None

    def exec_module(self, module: ModuleType) -> None:
        """Refuse."""
        raise ImportError("workers do without pandas", name=module.__name__)


@cache
def prepare_worker() -> None:
    """Make this process a good worker: it stays small, and ends when its parent does.

    Arrow's own allocators keep 100 MB that the system's gives back, and are no
    faster here.  Workers of a pool wait for work for ever, also when the process
    that started them died of SIGKILL: nobody else tells them.
    """
    pa.set_memory_pool(pa.system_memory_pool())
    parent = multiprocessing.parent_process()
    # A worker of Dask may do other people's work beside ours, and has a nanny.
    if parent is None or "distributed.worker" in sys.modules:
        return
    sys.meta_path.insert(0, _WithoutPandas())

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def run_job(function: Callable[..., _T], *arguments: object) -> _T:
    """Do a job in a process that is made a good worker first, whoever started it.

    Parameters
    ----------
    function : `~collections.abc.Callable`
        The job.
    *arguments : `object`
        What it is called with.

    Returns
    -------
    result : `object`
        What it returned.
    """
    prepare_worker()
    return function(*arguments)
