"""What a command prints: harmless on a terminal, and an error of its own where it is lost."""

from __future__ import annotations

import io
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.text import Text

__all__ = ["OutputLostError", "SafeConsole", "output", "printable", "watched_output"]


class OutputLostError(Exception):
    """What a command prints cannot be written: the disk of a file that holds it is full."""


@contextmanager
def output() -> Iterator[None]:
    """Write to the standard output, and know an error of it from every other error of the system.

    Raises
    ------
    OutputLostError
        Raised if it cannot be written.
    BrokenPipeError
        Raised if its reader went away, which is no error of ours.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputLostError(
            f"the output cannot be written: {error.strerror or error}: write it to another place"
        ) from error


class _Output(io.TextIOWrapper):
    """A standard output for every way to print: that of this project and of its libraries."""

    def write(self, text: str) -> int:
        """Write a text."""
        with output():
            return super().write(text)

    def flush(self) -> None:
        """Hand on what is written."""
        with output():
            super().flush()

    def close(self) -> None:
        """Leave open what is beneath: others write to it, too."""
        self.flush()


@contextmanager
def watched_output() -> Iterator[None]:
    """Let the standard output raise `OutputLostError`, and spell what its encoding lacks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    before = sys.stdout
    if isinstance(before, io.TextIOWrapper):
        sys.stdout = _Output(
            before.buffer,
            encoding=before.encoding,
            errors=before.errors,
            line_buffering=before.line_buffering,
            write_through=before.write_through,
        )
    try:
        yield
    finally:
        watched, sys.stdout = sys.stdout, before
        if watched is not None:  # As where a service closed it.
            watched.flush()


def printable(text: str) -> str:
    """Take out what would move the cursor, colour the terminal or turn the text around.

    Parameters
    ----------
    text : `str`
        A message, with names from outside in it; its own line breaks stay.

    Returns
    -------
    text : `str`
        The same without control, format and surrogate characters.
    """
    return "".join(
        character
        for character in text
        if character == "\n" or unicodedata.category(character) not in ("Cc", "Cf", "Cs")
    )


class SafeConsole(Console):
    """A console that prints only what is printable of any text, in tables too."""

    def render_str(self, text: str, **settings: Any) -> Text:  # noqa: ANN401 as rich has them
        """Turn text into what is printed."""
        return super().render_str(printable(text), **settings)
