"""Write files so that a reader never sees an incomplete one."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from .errors import OutputError

__all__ = ["MARK", "alone", "make_folder", "write_file"]

MARK = ".quanta-census"
"""Name of the file that marks a folder of this program: `make clean` may remove the folder."""


def write_file(path: Path, content: str | bytes) -> bool:
    """Write a file in one step, unless it already has this content.

    Parameters
    ----------
    path : `~pathlib.Path`
        File to write; its folder is made.
    content : `str` or `bytes`
        Content; text is written as UTF-8.

    Returns
    -------
    is_new : `bool`
        Whether the file changed.

    Raises
    ------
    OutputError
        Raised if it cannot be written, for example if the disk is full.
    """
    data = content.encode() if isinstance(content, str) else content
    # A name that no other process can use at the same time.
    partial = path.with_name(f".{path.name}.{uuid4().hex}.partial")
    try:
        if path.is_file() and path.read_bytes() == data:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with partial.open("xb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError.of(path, error) from error
    return True


def make_folder(folder: Path) -> None:
    """Make a folder and mark it; a folder that already has other files is not marked.

    Parameters
    ----------
    folder : `~pathlib.Path`
        Folder to make; it may exist.

    Raises
    ------
    OutputError
        Raised if the folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not any(folder.iterdir()):
            text = "Quanta Census made this folder. `make clean` removes it with all it holds.\n"
            (folder / MARK).write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError.of(folder, error) from error


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Make and lock the folder of a report, and remove the rest of a killed report.

    Parameters
    ----------
    folder : `~pathlib.Path`
        The folder of the report.

    Raises
    ------
    OutputError
        Raised if another report is being written there, or if the folder cannot be made.
    """
    make_folder(folder)
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise OutputError.of(folder, error) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OutputError(
                f"Another report is being written in {folder}: wait for it to end."
            ) from None
        for left in folder.rglob(".*.partial"):
            left.unlink(missing_ok=True)
        yield
    finally:
        os.close(descriptor)
