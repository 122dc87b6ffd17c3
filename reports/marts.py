"""Old name of `reports.warehouse`; goes when the page imports it no more."""

from __future__ import annotations

from typing import Any

from .errors import WarehouseError
from .warehouse import Warehouse

__all__ = ["Marts", "WarehouseError"]


class Marts(Warehouse):
    """A warehouse under its old name."""

    _query = Warehouse.query

    def lake(self) -> dict[str, Any]:
        """Describe the lake."""
        rows: list[dict[str, Any]] = self.query("from dim_lake").to_pylist()
        return rows[0] if rows else {}
