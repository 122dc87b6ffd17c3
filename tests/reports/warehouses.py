"""Ask a warehouse in a test."""

from __future__ import annotations

from pathlib import Path

import duckdb

FOCUS, BEFORE = "DM-53877", "DM-53719"
"""The focus campaign of the warehouse of `data`, and the one before it."""


def rows(data: Path, sql: str) -> list[tuple[object, ...]]:
    """Ask a warehouse by SQL."""
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()
