"""Every number that is written in words comes through here, and is recorded.

The record (``provenance.json``) names mart, column, key and value of each, so that anyone can ask
the warehouse for it again; a test does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from reports import numbers
from reports.files import write_file
from reports.marts import Marts, WarehouseError

__all__ = ["Fact", "Facts", "comparable"]


@dataclass(frozen=True)
class Fact:
    """A value that was written, and where it came from.

    Parameters
    ----------
    mart, column : `str`
        Where it stands; ``column`` is ``*`` for a number of rows.
    key : `dict`
        Values of columns that choose the row, or the rows that were counted.
    value : `object`
        What the warehouse held, as JSON has it.
    text : `str`
        What was written, before any escaping.
    """

    mart: str
    column: str
    key: dict[str, Any]
    value: Any
    text: str


def comparable(value: object) -> Any:  # noqa: ANN401  (JSON has many types)
    """Turn a value of the warehouse into what JSON can hold, without loss for a reader.

    Parameters
    ----------
    value : `object`
        From a mart.
    """
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value


@dataclass
class Facts:
    """Values of the marts, looked up by key, each use recorded.

    Parameters
    ----------
    marts : `~reports.marts.Marts`
        The warehouse.
    """

    marts: Marts
    _rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    _index: dict[tuple[str, tuple[str, ...]], dict[tuple[Any, ...], list[dict[str, Any]]]] = field(
        default_factory=dict
    )
    _facts: dict[tuple[str, str, str], Fact] = field(default_factory=dict)

    def _all(self, mart: str) -> list[dict[str, Any]]:
        """Read a mart once."""
        if mart not in self._rows:
            self._rows[mart] = self.marts.table(mart).to_pylist()
        return self._rows[mart]

    def rows(self, mart: str, key: Mapping[str, object]) -> list[dict[str, Any]]:
        """Get the rows of a mart that have a key, in the mart's order.

        Parameters
        ----------
        mart : `str`
            Mart of schema ``main``.
        key : `~collections.abc.Mapping`
            Column names and values.
        """
        columns = tuple(sorted(key))
        if (mart, columns) not in self._index:
            index: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
            for row in self._all(mart):
                index.setdefault(tuple(row[column] for column in columns), []).append(row)
            self._index[mart, columns] = index
        return self._index[mart, columns].get(tuple(key[column] for column in columns), [])

    def value(self, mart: str, column: str, **key: object) -> Any:  # noqa: ANN401
        """Look a value up, to decide something by it; it is not recorded.

        Raises
        ------
        WarehouseError
            Raised if the key does not choose exactly one row.
        """
        rows = self.rows(mart, key)
        if len(rows) != 1:
            raise WarehouseError(f"{mart} has {len(rows)} rows for {key}: one is needed.")
        return rows[0][column]

    def say(self, mart: str, column: str, **key: object) -> str:
        """Write a value of a mart, in the form that its column's unit asks, and record it.

        Parameters
        ----------
        mart, column : `str`
            Where it stands.
        **key
            Values of columns that choose one row.

        Returns
        -------
        text : `str`
            Plain text; whoever puts it into markup escapes it.

        Raises
        ------
        WarehouseError
            Raised if the key does not choose exactly one row.
        """
        value = self.value(mart, column, **key)
        text = numbers.write(column, value)
        self._record(Fact(mart, column, dict(key), comparable(value), text))
        return text

    def writer(
        self, mart: str, key: Sequence[str], *, absent: str | None = None
    ) -> Callable[[str, Mapping[str, Any]], str]:
        """Make the function by which a template writes the columns of a mart's rows.

        Parameters
        ----------
        mart : `str`
            Mart of schema ``main``.
        key : `~collections.abc.Sequence` [`str`]
            Columns that choose one row.
        absent : `str`, optional
            What stands for a value that is not known, and is not recorded then; by default the
            words of `reports.numbers.write`.

        Returns
        -------
        write : `~collections.abc.Callable`
            Takes a column and a row, or any mapping that has the key.
        """

        def write(column: str, row: Mapping[str, Any]) -> str:
            chosen = {name: row[name] for name in key}
            if absent is not None and self.value(mart, column, **chosen) is None:
                return absent
            return self.say(mart, column, **chosen)

        return write

    def count(self, mart: str, **key: object) -> str:
        """Write how many rows of a mart have a key, and record it."""
        value = len(self.rows(mart, key))
        text = numbers.count(value)
        self._record(Fact(mart, "*", dict(key), value, text))
        return text

    def _record(self, fact: Fact) -> None:
        """Keep a fact once, however often it is written."""
        key = json.dumps(fact.key, sort_keys=True, default=str)
        self._facts[(fact.mart, fact.column, key)] = fact

    def __iter__(self) -> Iterator[Fact]:
        return iter(self._facts.values())

    def save(self, path: Path) -> None:
        """Write the record as JSON.

        Parameters
        ----------
        path : `~pathlib.Path`
            File to write.
        """
        facts = [self._facts[key] for key in sorted(self._facts)]
        lines = [json.dumps(vars(fact), ensure_ascii=False, default=comparable) for fact in facts]
        write_file(path, "[\n" + ",\n".join(lines) + "\n]\n")
