"""What the three command lines have in common: version, a missing extra, names of commands."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer

from .guard import tell
from .terminal import OutputLostError, watched_output

__all__ = ["CONTEXT", "Version", "command", "data_folder", "enter", "program_version"]

CONTEXT = {"help_option_names": ["-h", "--help"]}
"""Settings of every command line: both ways to ask for help."""

_IN_CHECKOUT = (Path(__file__).resolve().parents[2] / "Makefile").is_file()

_COMMANDS = {
    "extract": "census-extract run",
    "transform": "census-transform build",
    "report": "census-report run",
}
"""What each target of make runs."""

_MISREAD = re.compile(r"[?\\]")
"""What DuckDB takes for the end of a path, and for a slash."""

_OURS = ("quanta_census", "extract", "dbt_project", "reports")


def command(step: str) -> str:
    """Name the command of a step, as the user has it.

    Parameters
    ----------
    step : `str`
        ``extract``, ``transform`` or ``report``.

    Returns
    -------
    command : `str`
        In backquotes: the target of make in a checkout, else the console script.
    """
    return f"`make {step}`" if _IN_CHECKOUT else f"`{_COMMANDS[step]}`"


def data_folder(text: str | Path) -> Path:
    """Read the folder of all outputs from a command line.

    Parameters
    ----------
    text : `str` or `pathlib.Path`
        What the user wrote.

    Returns
    -------
    folder : `pathlib.Path`
        The folder, which may not be there yet.

    Raises
    ------
    typer.BadParameter
        Raised if the name is empty, which would mean the current folder, or if DuckDB would
        look for its files elsewhere.
    """
    if not str(text).strip():
        raise typer.BadParameter("it is empty: name the folder of all outputs")
    folder = Path(text)
    if found := _MISREAD.search(str(folder.absolute())):
        raise typer.BadParameter(
            f"{folder.absolute()} has {found[0]} in its name, which DuckDB would take for "
            "something else: name another folder"
        )
    return folder


def program_version() -> str:
    """Give the version of the installed package."""
    try:
        return version("quanta-census")
    except PackageNotFoundError:
        return "unknown"


def _print_version(asked: bool) -> None:
    """Carry out ``--version``."""
    if asked:
        typer.echo(f"Quanta Census {program_version()}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option(
        "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
    ),
]
"""The option ``--version`` of every command line."""


def enter(run: Callable[[], None], extra: str) -> None:
    """Run a command line; a package that is not installed is one line that names the extra.

    Parameters
    ----------
    run : `~collections.abc.Callable`
        Imports the command line and calls it.
    extra : `str`
        The extra of this project that brings what the program needs.
    """
    try:
        with watched_output():
            run()
    except KeyboardInterrupt:  # While packages are imported: the command itself says more.
        sys.stderr.write("Interrupted: run again.\n")
        sys.exit(130)
    except OutputLostError as error:  # Of help and version: the commands say it themselves.
        sys.exit(tell(error, OutputLostError, interrupted=""))
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] in _OURS:
            raise
        sys.exit(
            f"Error: the package {error.name!r} is not installed: "
            f"pip install 'quanta-census[{extra}]'"
        )
