"""Run SQL on the published warehouse with the duckdb command-line client, read-only."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

import duckdb

from quanta_census.terminal import output

from .errors import TransformError
from .layout import Layout

__all__ = ["FIRST_MARTS", "Format", "first_marts", "run", "welcome"]

_LOCK = ".safe_mode"
"""Forbids files, attachments and extensions in SQL, and files and the shell in dot commands."""

_CLOSED = ("file system operations are disabled by configuration", "cannot be used in -safe mode")
"""Text in the client's message about a forbidden command."""

_PERMISSION = "Files and the shell are closed here: the option --allow-files permits it."

FIRST_MARTS = (
    "dim_campaigns", "dim_tasks", "fct_quanta", "fct_stage_usage", "fct_task_usage",
    "fct_rss_buckets", "fct_worst_quanta", "fct_task_completeness", "fct_missing_quanta",
    "fct_release_changes", "fct_worker_sizing", "fct_memory_requests",
)  # fmt: skip
"""Marts that the prompt names at its start, in the order of the questions."""


class Format(StrEnum):
    """Format of printed rows; the values are the options of `make sql`."""

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
    """Find the duckdb client, first in our own environment."""
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    client = shutil.which("duckdb", path=places)
    if client is None:
        raise TransformError(
            "the command line of DuckDB is not installed: pip install 'quanta-census[warehouse]'"
        )
    return client


def run(
    layout: Layout, query: str | None, output_format: Format, *, allow_files: bool = False
) -> int:
    """Open the prompt, or run one query and print its rows.

    Parameters
    ----------
    layout : `Layout`
        Paths of the warehouse.
    query : `str` or `None`
        One query; `None` opens the prompt.
    output_format : `Format`
        Format of the rows of one query.
    allow_files : `bool`
        Whether SQL may read and write files, attach databases and load extensions.

    Returns
    -------
    status : `int`
        Exit status of the client: not 0 if the query failed.

    Raises
    ------
    TransformError
        Raised if there is no warehouse or no client.
    """
    warehouse = layout.require_warehouse()
    command = [_client(), "-readonly", str(warehouse)]
    if not allow_files:
        command += ["-cmd", _LOCK]
    if query is None:
        if sys.stdin.isatty():
            sys.stdout.write(welcome(first_marts(warehouse), allow_files=allow_files))
            sys.stdout.flush()
        return subprocess.run(command, check=False).returncode
    if output_format in (Format.table, Format.markdown):
        query = _readable(warehouse, query)
    # A user's start-up file could change the format; one query must print the same everywhere.
    command += ["-init", os.devnull, "-batch", "-bail", _MODES[output_format], "-c", query]
    status, said = _printed(command)
    sys.stderr.write(said)
    if any(text in said for text in _CLOSED):
        sys.stderr.write(f"{_PERMISSION}\n")
    return status


def _printed(command: list[str]) -> tuple[int, str]:
    """Run the client, forward its output, and return its status and its errors."""
    # The client does not report an output that it cannot write. A terminal is never full.
    passed_on = None if sys.stdout.isatty() else subprocess.PIPE
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(command, stdout=passed_on, stderr=errors) as client,
    ):
        if client.stdout is not None:
            with output():
                shutil.copyfileobj(client.stdout, sys.stdout.buffer)
                sys.stdout.buffer.flush()
        status = client.wait()
        errors.seek(0)
        return status, errors.read().decode(errors="replace")


def first_marts(warehouse: Path) -> list[tuple[str, str]]:
    """Read the names and descriptions of the marts that the prompt names."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = dict(
            connection.execute(
                "select table_name, comment from duckdb_tables() where schema_name = 'main'"
            ).fetchall()
        )
    return [(name, found[name] or "") for name in FIRST_MARTS if name in found]


def welcome(marts: Sequence[tuple[str, str]], *, allow_files: bool) -> str:
    """Write the first text of the prompt."""
    lines = ["The warehouse is open for reading. Marts to begin with:"]
    for name, description in marts:
        # Only the first clause, which names the mart; `describe` and the dictionary have the rest.
        sentence = re.split(r"[.:;] ", " ".join(description.split()))[0].rstrip(".")
        lines.append(f"  {name:<22} {textwrap.shorten(sentence, 90, placeholder=' ...')}")
    lines += [
        "`describe fct_quanta;` shows the columns of a mart, `.tables` every table.",
        "`from questions.worst_quanta;` asks a ready question.",
    ]
    if not allow_files:
        lines.append(_PERMISSION)
    return "\n".join([*lines, ""])


def _readable(warehouse: Path, query: str) -> str:
    """Round doubles to six significant digits in tables; other queries do not change."""
    try:
        statements = duckdb.extract_statements(query)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            return query
        inner = statements[0].query.strip().rstrip(";")
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            columns = connection.execute(f"describe {inner}").fetchall()
    except duckdb.Error:
        # The client reports the fault.
        return query
    names = [name for name, *_ in columns]
    doubles = [name for name, kind, *_ in columns if kind == "DOUBLE"]
    if not doubles or len(set(names)) < len(names):
        return query
    rounded = ", ".join(
        f"cast(format('{{:.6g}}', {q}) as double) as {q}" for q in map(_quoted, doubles)
    )
    return f"select * replace ({rounded}) from (\n{inner}\n)"  # noqa: S608 the query is the user's own


def _quoted(name: str) -> str:
    """Quote a column's name for SQL."""
    return '"' + name.replace('"', '""') + '"'
