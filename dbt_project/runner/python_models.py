"""What dbt gives to a model in Python, as far as ours use it."""

from __future__ import annotations

from typing import Protocol

import duckdb

__all__ = ["Models"]


class Models(Protocol):
    """The first argument of every model in Python."""

    def ref(self, name: str) -> duckdb.DuckDBPyRelation:
        """Read a model."""
