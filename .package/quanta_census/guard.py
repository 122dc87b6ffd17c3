"""Errors as one line: what a user sees when something goes wrong, and with which exit status.

===  ==========================================================================
0    done
1    not done, or a gap that nobody declared; the message says what to do
2    a command that cannot be: a wrong option, an absent argument
130  interrupted
===  ==========================================================================
"""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from .terminal import OutputLostError, printable

__all__ = ["DEBUG", "Debug", "clear_errors", "remedy_of", "tell"]

DEBUG = "CENSUS_DEBUG"
"""Environment variable that makes errors show where they come from."""

_REMEDIES = {
    errno.ENOSPC: "its disk is full: free some space, then run again",
    errno.EDQUOT: "its quota is used up: free some space, then run again",
    errno.EFBIG: "it exceeds the largest size of a file: raise the limit, or choose another DATA",
    errno.EROFS: "its file system is read-only: choose another DATA",
    errno.EACCES: "you may not write there: change its permissions, or choose another DATA",
    errno.EPERM: "you may not write there: change its permissions, or choose another DATA",
    errno.EEXIST: "a file with this name exists: remove the file, or choose another DATA",
    errno.ENOTDIR: "part of its path is a file, not a folder: remove it, or choose another DATA",
    errno.EISDIR: "a folder with this name exists: remove the folder, or choose another DATA",
}


def remedy_of(error: OSError) -> str:
    """Say what an error of the system means for a file that should be written, and what to do."""
    return _REMEDIES.get(error.errno or 0, f"{error.strerror or error}: run again")


def _remember(is_wanted: bool) -> None:
    """Let every part of the program, workers too, know that tracebacks are wanted."""
    if is_wanted:
        os.environ[DEBUG] = "1"


Debug = Annotated[
    bool,
    typer.Option(
        "--debug",
        callback=_remember,
        help=f"Show the traceback of an error, as {DEBUG}=1 does for make.",
    ),
]
"""The option ``--debug`` of every command line."""


def tell(
    error: BaseException,
    foreseen: type[Exception],
    *,
    interrupted: str,
    clean: Callable[[str], str] = str,
) -> int:
    """Print an error as one message, and its traceback where it is wanted.

    Parameters
    ----------
    error : `BaseException`
        What ended the command.
    foreseen : `type` [ `Exception` ]
        Base of the program's own errors, whose messages are meant for users.
    interrupted : `str`
        What to say of an interrupt.
    clean : `~collections.abc.Callable`, optional
        Takes out of a message what must not be shown.

    Returns
    -------
    status : `int`
        The exit status that follows.

    Raises
    ------
    BaseException
        Raised again if it is no error: an exit, or a reader of the output that went away.
    """
    status = 1
    if isinstance(error, KeyboardInterrupt):
        text, status = interrupted, 130
    elif isinstance(error, typer.Exit | typer.BadParameter | BrokenPipeError) or not isinstance(
        error, Exception
    ):
        raise error
    elif isinstance(error, OutputLostError):
        # Python would try once more to write it when it ends, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        text = str(error)
    elif isinstance(error, foreseen):
        text = str(error)
    elif isinstance(error, OSError):
        text = _of_system(error)
    elif isinstance(error, MemoryError):
        text = "there is not enough memory: free some, or give the job more, then run again."
    else:
        text = (
            f"unexpected {type(error).__name__}: {error}\nThis is a fault of the program. "
            "Please report it, with the traceback that --debug shows."
        )
    if os.environ.get(DEBUG):
        typer.echo(clean("".join(traceback.format_exception(error))), err=True, nl=False)
    typer.echo(f"Error: {printable(clean(text))}", err=True)
    return status


@contextmanager
def clear_errors(foreseen: type[Exception], *, interrupted: str) -> Iterator[None]:
    """Turn every error into one message and an exit status.

    Parameters
    ----------
    foreseen : `type` [ `Exception` ]
        Base of the program's own errors, whose messages are meant for users.
    interrupted : `str`
        What to say of an interrupt.

    Raises
    ------
    typer.Exit
        Raised with the exit status.
    """
    try:
        yield
        # What a full disk swallowed must not end as a success.
        sys.stdout.flush()
    except BaseException as error:
        raise typer.Exit(tell(error, foreseen, interrupted=interrupted)) from None


def _of_system(error: OSError) -> str:
    """Say what an error of the system means."""
    if error.filename is not None:
        return f"{os.fsdecode(error.filename)} cannot be written: {remedy_of(error)}."
    return (
        f"the system reports an error: {error.strerror or error}: run again; --debug shows "
        "where it comes from"
    )
