"""Share code between models in Python: the type of dbt's argument, and tables from rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import duckdb
import pyarrow as pa

__all__ = ["Models", "table_of"]


class Models(Protocol):
    """The first argument of every model in Python."""

    def ref(self, name: str) -> duckdb.DuckDBPyRelation:
        """Read a model."""


def table_of(rows: Iterable[Sequence[Any]], schema: pa.Schema) -> pa.Table:
    """Make a table of rows.

    Parameters
    ----------
    rows : `~collections.abc.Iterable` [ `~collections.abc.Sequence` ]
        Values of each row, in the order of the schema.
    schema : `pyarrow.Schema`
        Names and types of the columns.

    Returns
    -------
    table : `pyarrow.Table`
        The rows; a table without rows also has the columns.

    Raises
    ------
    ValueError
        Raised if a row has more or fewer values than the schema.
    """
    named = [dict(zip(schema.names, row, strict=True)) for row in rows]
    return pa.Table.from_pylist(named, schema=schema)
