"""Read how memory grows with the visits over a place."""

from __future__ import annotations

import pyarrow as pa

from ...warehouse import Warehouse
from ..detail import Detail

__all__ = ["SECTIONS", "tables"]

SECTIONS = {"depends": "Growth"}
"""Sections of the page by their IDs, with their names in the menu."""


def dependence(warehouse: Warehouse) -> pa.Table:
    """List how the memory of tasks grows with the visits over their place."""
    return warehouse.query(
        """
        select
            campaign, stage, task_label, dependence_verdict, quanta_count,
            min_visit_count, max_visit_count, per_visit_mib, low_per_visit_mib,
            high_per_visit_mib, explained_fraction, shallowest_gib, deepest_gib,
            twice_as_deep_gib, low_twice_as_deep_gib, high_twice_as_deep_gib
        from fct_memory_dependence
        join dim_campaigns using (campaign)
        order by campaign_position, is_growing desc, twice_as_deep_gib desc nulls last,
            explained_fraction desc, task_label
        """
    )


def tables(warehouse: Warehouse, detail: Detail) -> dict[str, pa.Table]:
    """Read what the page embeds for this question, by the name of each table.

    Parameters
    ----------
    warehouse : `~reports.warehouse.Warehouse`
        The warehouse.
    detail : `~reports.page.detail.Detail`
        Level of detail.
    """
    return {
        "dependence": dependence(warehouse),
    }
