"""A standard output that cannot be written: its disk is full."""

from __future__ import annotations

import os

from .errors import OutputError

__all__ = ["unwritten"]


def unwritten(error: OSError) -> OutputError:
    """Make an error of a standard output that cannot be written.

    Parameters
    ----------
    error : `OSError`
        What the system says.

    Returns
    -------
    error : `OutputError`
        One line.

    Notes
    -----
    The output is closed: Python would try once more to write it when it ends, and complain.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return OutputError(f"the output cannot be written: {error.strerror or error}")
