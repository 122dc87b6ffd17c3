"""Ad-hoc SQL on the published warehouse, through the duckdb command-line client, read-only."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from enum import StrEnum
from pathlib import Path

from .errors import TransformError
from .layout import Layout

__all__ = ["Format", "run"]


class Format(StrEnum):
    """How rows are printed; the values are the options of `make sql`."""

    table = "table"
    csv = "csv"
    json = "json"
    markdown = "markdown"


_MODES = {
    Format.table: "-box",
    Format.csv: "-csv",
    Format.json: "-json",
    Format.markdown: "-markdown",
}


def _client() -> str:
    """Find the duckdb client: that of our own environment first."""
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    client = shutil.which("duckdb", path=places)
    if client is None:
        raise TransformError(
            "the client of DuckDB is not installed: pip install 'quanta-census[warehouse]'"
        )
    return client


def run(layout: Layout, query: str | None, output_format: Format) -> int:
    """Open the prompt, or run one query and print its rows.

    Parameters
    ----------
    layout : `Layout`
        Where the warehouse lies.
    query : `str` or `None`
        One query; `None` opens the prompt.
    output_format : `Format`
        How rows of one query are printed.

    Returns
    -------
    status : `int`
        Exit status of the client: not 0 when the query failed.

    Raises
    ------
    TransformError
        Raised when there is no warehouse or no client.
    """
    command = [_client(), "-readonly", str(layout.require_warehouse())]
    if query is not None:
        # A user's start-up file may change the format: one query prints the same everywhere.
        command += ["-init", os.devnull, "-batch", "-bail", _MODES[output_format], "-c", query]
    return subprocess.run(command, check=False).returncode
