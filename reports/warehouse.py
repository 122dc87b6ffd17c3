"""Open the warehouse read-only and run queries; no other module imports DuckDB.

The callers have the SQL: that of a figure is in the file of the figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias

import duckdb
import pyarrow as pa

from quanta_census.entrance import command

from .errors import WarehouseError

__all__ = ["Relation", "Warehouse"]

Relation: TypeAlias = duckdb.DuckDBPyRelation
"""Rows of a query that are not read yet."""

_TRANSFORM = f"run {command('transform')}"


class Warehouse:
    """A warehouse file, open read-only.

    Parameters
    ----------
    path : `~pathlib.Path`
        The DuckDB file.

    Raises
    ------
    WarehouseError
        Raised if there is no such file, or if it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        if path.is_dir():
            raise WarehouseError(
                f"{path} is a folder, but a warehouse is a file: remove or rename the folder, "
                f"then {_TRANSFORM}."
            )
        if not path.is_file():
            raise WarehouseError(f"There is no warehouse at {path}: {_TRANSFORM} first.")
        self.path = path
        try:
            self._connection = duckdb.connect(str(path), read_only=True)
            # Instants are in UTC on machines of any time zone.
            self._connection.execute("set timezone = 'UTC'")
        except duckdb.Error as error:
            raise WarehouseError(
                f"The warehouse {path} cannot be opened ({error}): {_TRANSFORM} again."
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._connection.close()

    def query(self, sql: str, values: Sequence[Any] = ()) -> pa.Table:
        """Run a query.

        Parameters
        ----------
        sql : `str`
            One statement that reads.
        values : `~collections.abc.Sequence`, optional
            Values of ``$1``, ``$2``, ... in the statement.

        Returns
        -------
        table : `pyarrow.Table`
            The rows, in the order of the statement.

        Raises
        ------
        WarehouseError
            Raised if the warehouse lacks a mart or a column, or cannot be read.
        """
        try:
            return self._connection.sql(sql, params=list(values)).to_arrow_table()
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            first = str(error).splitlines()[0]
            raise WarehouseError(
                f"The warehouse {self.path} does not have what the report reads ({first}): "
                f"{_TRANSFORM} again with this version."
            ) from error
        except duckdb.Error as error:
            raise WarehouseError(
                f"The warehouse {self.path} cannot be read ({error}): {_TRANSFORM} again."
            ) from error

    def mart(self, name: str) -> pa.Table:
        """Read a whole mart, with its rows in a fixed order.

        Parameters
        ----------
        name : `str`
            Mart of schema ``main``.
        """
        return self.query(f'from "{name}" order by all')

    def relation(self, name: str) -> Relation:
        """Get the relation of an existing mart, for conversions that this class does not have.

        Parameters
        ----------
        name : `str`
            Name of the mart, or of a view with its schema, such as ``questions.worst_quanta``.
        """
        return self._connection.table(name)
