"""Read the choices of the pickers and the slider of the page."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from ..warehouse import Warehouse

__all__ = ["campaigns", "lake", "thresholds"]


def lake(warehouse: Warehouse) -> dict[str, Any]:
    """Describe the lake: the time and version of its extraction, and its number of RUNs."""
    rows: list[dict[str, Any]] = warehouse.query("from dim_lake").to_pylist()
    return rows[0] if rows else {}


def campaigns(warehouse: Warehouse) -> pa.Table:
    """List the campaigns in the order of the file."""
    return warehouse.query(
        """
        select
            campaign, release, description, fields, focus_label, is_focus, is_simulated,
            threshold_gib, bin_gib, visit_count
        from dim_campaigns
        order by campaign_position
        """
    )


def thresholds(warehouse: Warehouse) -> list[float]:
    """List the lines of the campaigns file in GiB, which are marks of the slider."""
    table = warehouse.query("select distinct threshold_gib from fct_thresholds order by all")
    lines: list[float] = table["threshold_gib"].to_pylist()
    return lines
