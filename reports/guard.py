"""Errors as one line: what a user sees when something goes wrong, and with which exit status."""

from __future__ import annotations

import os
import sys
import traceback
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from .errors import OutputError, ReportError

__all__ = ["DEBUG", "Debug", "clear_errors", "on_one_line"]

DEBUG = "CENSUS_DEBUG"
"""Environment variable that makes errors show where they come from."""


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


def on_one_line(text: str) -> str:
    """Take out what would move the cursor, colour the terminal or turn the text around.

    Parameters
    ----------
    text : `str`
        A message, with names from outside in it; its own line breaks stay.
    """
    return "".join(
        character
        for character in text
        if character == "\n" or unicodedata.category(character) not in ("Cc", "Cf", "Cs")
    )


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn every error into one message and an exit status; the traceback shows on request."""
    try:
        yield
        # What a full disk swallowed must not end as a success.
        sys.stdout.flush()
    except (typer.Exit, BrokenPipeError):
        raise
    except KeyboardInterrupt:
        _fail("interrupted: what was there before is unchanged; run again.", status=130)
    except ReportError as error:
        _fail(str(error))
    except OSError as error:
        _fail(_of_system(error))
    except MemoryError:
        _fail("there is not enough memory: free some, or give the job more, then run again.")
    except Exception as error:
        _fail(
            f"unforeseen {type(error).__name__}: {error}\nThis is a fault of the program. "
            "Please report it with what --debug shows."
        )


def _fail(text: str, *, status: int = 1) -> NoReturn:
    """Print an error and end the command."""
    if os.environ.get(DEBUG):
        traceback.print_exc()
    typer.echo(f"error: {on_one_line(text)}", err=True)
    raise typer.Exit(status)


def _of_system(error: OSError) -> str:
    """Say what an error of the system means."""
    if error.filename is not None:
        return str(OutputError.of(Path(os.fsdecode(error.filename)), error))
    # The output itself: Python would try once more to write it when it ends, and complain.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return f"the output cannot be written: {error.strerror or error}"
