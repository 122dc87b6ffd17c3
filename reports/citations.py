"""Cite every number of a text from a mart, and record the citation.

The record (``provenance.json``) has mart, column, key and value of each number, so that everybody
can query the warehouse for it again.  A test does this.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from . import numbers
from .errors import WarehouseError
from .files import write_file
from .warehouse import Warehouse

__all__ = ["Citation", "Citations", "CitedRow", "comparable"]


@dataclass(frozen=True)
class Citation:
    """A value that was written, and its origin.

    Parameters
    ----------
    mart, column : `str`
        Origin of the value; ``column`` is ``*`` for a number of rows.
    key : `dict`
        Values of columns that choose the row, or the rows that were counted.
    value : `object`
        Value in the warehouse, as JSON writes it.
    text : `str`
        Text that was written, before any escaping.
    """

    mart: str
    column: str
    key: dict[str, Any]
    value: Any
    text: str


def comparable(value: object) -> Any:  # noqa: ANN401  (JSON has many types)
    """Convert a value of the warehouse to a value of JSON, without loss for a reader.

    Parameters
    ----------
    value : `object`
        Value of a mart.
    """
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value


@dataclass
class Citations:
    """Values of the marts, looked up by key; each value that is written is recorded.

    Parameters
    ----------
    warehouse : `~reports.warehouse.Warehouse`
        The warehouse.
    """

    warehouse: Warehouse
    _marts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    _index: dict[tuple[str, tuple[str, ...]], dict[tuple[Any, ...], list[dict[str, Any]]]] = field(
        default_factory=dict
    )
    _citations: dict[tuple[str, str, str], Citation] = field(default_factory=dict)

    def _mart(self, name: str) -> list[dict[str, Any]]:
        """Read a mart once, its rows in a fixed order."""
        if name not in self._marts:
            self._marts[name] = self.warehouse.mart(name).to_pylist()
        return self._marts[name]

    def rows(self, mart: str, **key: object) -> list[dict[str, Any]]:
        """Get the rows of a mart that have a key, in a fixed order, without a record.

        Parameters
        ----------
        mart : `str`
            Mart of schema ``main``.
        **key
            Columns and their values.
        """
        columns = tuple(sorted(key))
        if (mart, columns) not in self._index:
            index: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
            for row in self._mart(mart):
                index.setdefault(tuple(row[column] for column in columns), []).append(row)
            self._index[mart, columns] = index
        return self._index[mart, columns].get(tuple(key[column] for column in columns), [])

    def value(self, mart: str, column: str, **key: object) -> Any:  # noqa: ANN401
        """Look up a value for a decision, without a record.

        Raises
        ------
        WarehouseError
            Raised if the key does not choose exactly one row.
        """
        rows = self.rows(mart, **key)
        if len(rows) != 1:
            raise WarehouseError(f"{mart} has {len(rows)} rows for {key}, but needs exactly one.")
        return rows[0][column]

    def cite(self, mart: str, column: str, **key: object) -> str:
        """Write a value of a mart, in the format of its column's unit, and record it.

        Parameters
        ----------
        mart, column : `str`
            Origin of the value.
        **key
            Values of columns that choose one row.

        Returns
        -------
        text : `str`
            Plain text; the caller must escape it for markup.

        Raises
        ------
        WarehouseError
            Raised if the key does not choose exactly one row.
        """
        value = self.value(mart, column, **key)
        text = numbers.write(column, value)
        self._record(Citation(mart, column, key, comparable(value), text))
        return text

    def row(self, mart: str, **key: object) -> CitedRow:
        """Get a row, whose columns can be cited one by one.

        Parameters
        ----------
        mart : `str`
            Mart of schema ``main``.
        **key
            Values of columns that choose one row.
        """
        return CitedRow(self, mart, key)

    def stage_usage(self, usage: Mapping[str, Any]) -> CitedRow:
        """Get the row of ``fct_stage_usage`` with the campaign and stage of another row."""
        return self.row("fct_stage_usage", campaign=usage["campaign"], stage=usage["stage"])

    def count(self, mart: str, noun: str | None = None, /, **key: object) -> str:
        """Write the number of rows of a mart that have a key, and record it.

        Parameters
        ----------
        mart : `str`
            Mart of schema ``main``.
        noun : `str`, optional
            Noun for a row; it follows the number, with an s if there are several.
        **key
            Columns and their values.
        """
        value = len(self.rows(mart, **key))
        text = numbers.count(value)
        self._record(Citation(mart, "*", key, value, text))
        return numbers.plural(value, noun) if noun else text

    def _record(self, citation: Citation) -> None:
        """Keep each citation once, even if it is written several times."""
        key = json.dumps(citation.key, sort_keys=True, default=str)
        self._citations[(citation.mart, citation.column, key)] = citation

    def __iter__(self) -> Iterator[Citation]:
        return iter(self._citations.values())

    def save(self, path: Path) -> None:
        """Write the record as JSON.

        Parameters
        ----------
        path : `~pathlib.Path`
            File to write.
        """
        ordered = [self._citations[key] for key in sorted(self._citations)]
        lines = [json.dumps(vars(one), ensure_ascii=False, default=comparable) for one in ordered]
        write_file(path, "[\n" + ",\n".join(lines) + "\n]\n")


@dataclass(frozen=True)
class CitedRow:
    """A row of a mart: ``row["column"]`` writes a value and records it.

    Parameters
    ----------
    citations : `Citations`
        The record.
    mart : `str`
        Mart of schema ``main``.
    key : `dict`
        Values of columns that choose the row.
    """

    citations: Citations
    mart: str
    key: dict[str, Any]

    def __getitem__(self, column: str) -> str:
        return self.citations.cite(self.mart, column, **self.key)

    def value(self, column: str) -> Any:  # noqa: ANN401
        """Look a value up, to decide something by it; it is not recorded."""
        return self.citations.value(self.mart, column, **self.key)
