"""Folders that take long to make, made once for all workers of a test session."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

__all__ = ["made_once", "session_folder"]


def session_folder(factory: pytest.TempPathFactory) -> Path:
    """Give the temporary folder that all workers of the session share."""
    folder = factory.getbasetemp()
    # Each worker has a folder of its own inside that of the session.
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


def made_once(folder: Path, make: Callable[[Path], object]) -> Path:
    """Make a folder, or take the one that another worker of the session made.

    Parameters
    ----------
    folder : `pathlib.Path`
        A folder in that of the session; tests must not change it.
    make : `~collections.abc.Callable`
        Makes the folder.

    Returns
    -------
    folder : `pathlib.Path`
        The same folder, which is whole.
    """
    made = folder.with_name(f".{folder.name}.made")
    with FileLock(folder.with_name(f".{folder.name}.lock")):
        if not made.exists():
            # What a failure left half-made.
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            made.touch()
    return folder
