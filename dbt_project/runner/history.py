"""Keep the verdicts of each publication of the warehouse in a file that no rebuild removes."""

from __future__ import annotations

import duckdb

from .errors import TransformError
from .layout import Layout

__all__ = ["keep"]

_MART = "fct_verdict_history"

_COLUMNS = {
    "published_at": "timestamptz",
    "campaign": "varchar",
    "stage": "varchar",
    "release": "varchar",
    "completeness_verdict": "varchar",
    "quanta_count": "bigint",
    "gap_count": "bigint",
    "over_threshold_wall_time_fraction": "double",
    "p95_max_rss_bytes": "double",
}
"""Columns of the file and their types; the mart computes the others."""


def keep(layout: Layout) -> None:
    """Add the verdicts of the published warehouse to the history file; make the file if needed.

    Safe to repeat: rows that the file has already are not added. A build calls it before it
    begins, because the models read the file, and after it published.

    Parameters
    ----------
    layout : `Layout`
        Where the warehouse and the history lie.

    Raises
    ------
    TransformError
        Raised when the file is damaged.
    """
    file = layout.history / "verdicts.parquet"
    names = ", ".join(_COLUMNS)
    with duckdb.connect() as connection:
        types = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
        connection.execute(f"create table verdicts ({types})")
        if file.is_file():
            try:
                rows = f"select {names} from read_parquet(?)"  # noqa: S608 our own names
                connection.execute(f"insert into verdicts {rows}", [str(file)])
            except duckdb.Error as error:
                raise TransformError(
                    f"{file} cannot be read ({error}): restore it, or move it away to start a new "
                    "history"
                ) from None
        before = _count(connection)
        _add_published(connection, layout, names)
        if file.is_file() and _count(connection) == before:
            return
        layout.history.mkdir(parents=True, exist_ok=True)
        partial = file.with_name(f".{file.name}.partial")
        connection.execute(
            f"copy (from verdicts order by published_at, campaign, stage) to {_literal(partial)} "
            "(format parquet)"
        )
        partial.replace(file)


def _count(connection: duckdb.DuckDBPyConnection) -> int:
    """Count the rows of the history."""
    row = connection.execute("select count(*) from verdicts").fetchone()
    assert row is not None
    return int(row[0])


def _add_published(connection: duckdb.DuckDBPyConnection, layout: Layout, names: str) -> None:
    """Add the new rows of the published warehouse, if it has any."""
    if not layout.warehouse.is_file():
        return
    try:
        connection.execute(f"attach {_literal(layout.warehouse)} as published (read_only)")
        rows = f"select {names} from published.{_MART} anti join verdicts"  # noqa: S608 our own names
        connection.execute(f"insert into verdicts {rows} using (published_at, campaign, stage)")
    except duckdb.Error:
        # An older version built it, or it is damaged: this build replaces it.
        return


def _literal(path: object) -> str:
    """Write a path as an SQL string."""
    return "'" + str(path).replace("'", "''") + "'"
