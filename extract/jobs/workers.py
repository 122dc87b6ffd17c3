"""What makes a process a good worker."""

from __future__ import annotations

import multiprocessing
import os
import threading

import pyarrow as pa

__all__ = ["prepare_worker"]


def prepare_worker() -> None:
    """Make a process a good worker: it stays small, and ends when its parent does.

    Arrow's own allocators keep 100 MB that the system's gives back, and are no
    faster here.  Workers of a pool wait for work for ever, also when the process
    that started them died of SIGKILL: nobody else tells them.
    """
    pa.set_memory_pool(pa.system_memory_pool())
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
