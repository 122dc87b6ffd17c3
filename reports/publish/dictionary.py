"""Read the data dictionary from the warehouse: its comments on marts and columns."""

from __future__ import annotations

from dataclasses import dataclass

from ..warehouse import Warehouse

__all__ = ["Mart", "marts"]


@dataclass(frozen=True)
class Mart:
    """One mart with its columns.

    Attributes
    ----------
    name, meaning : `str`
        Its name and description.
    columns : `tuple`
        Name, type and description of each column, in order.
    """

    name: str
    meaning: str
    columns: tuple[tuple[str, str, str], ...]


def marts(warehouse: Warehouse) -> list[Mart]:
    """List the marts of a warehouse by name.

    Parameters
    ----------
    warehouse : `~reports.warehouse.Warehouse`
        The warehouse.
    """
    rows = warehouse.query(
        """
        select tables.table_name, tables.comment as meaning,
            list(column_name order by column_index) as names,
            list(lower(data_type) order by column_index) as types,
            list(coalesce(columns.comment, '') order by column_index) as meanings
        from duckdb_tables() as tables
        inner join duckdb_columns() as columns using (schema_name, table_name)
        where schema_name = 'main' and not columns.internal
        group by all
        order by all
        """
    ).to_pylist()
    return [
        Mart(
            row["table_name"],
            row["meaning"] or "",
            tuple(zip(row["names"], row["types"], row["meanings"], strict=True)),
        )
        for row in rows
    ]
