"""Read what changed from one campaign to another, task by task."""

from __future__ import annotations

import pyarrow as pa

from ...warehouse import Warehouse
from ..detail import Detail

__all__ = ["SECTIONS", "tables"]

SECTIONS = {"changed": "Changes"}
"""Sections of the page by their IDs, with their names in the menu."""

_CHANGES = (
    "p50_max_rss_change_fraction",
    "p95_max_rss_change_fraction",
    "max_max_rss_change_fraction",
    *(
        f"{end}paired_{measure}_change_fraction"
        for measure in ("max_rss", "wall_time")
        for end in ("", "low_", "high_")
    ),
    "total_wall_time_change_fraction",
)


def changes(warehouse: Warehouse, *, is_focus_only: bool) -> pa.Table:
    """List the changes of tasks between campaigns; matched tasks and large changes come first.

    Parameters
    ----------
    is_focus_only
        As for `requests`.

    Returns
    -------
    changes : `pyarrow.Table`
        One row per (before_campaign, after_campaign, stage, task_label); changes to
        twelve decimals.
    """
    rounded = ", ".join(f"round({name}, 12) as {name}" for name in _CHANGES)
    peaks = ", ".join(
        f"round({name})::bigint as {name}"
        for name in (
            f"{when}_{statistic}_max_rss_bytes"
            for statistic in ("p50", "p95", "max")
            for when in ("before", "after")
        )
    )
    return warehouse.query(
        f"""
        select
            before_campaign, after_campaign, stage, task_label, max_rss_verdict,
            wall_time_verdict, before_quanta_count, after_quanta_count, matched_count,
            own_matched_count, {peaks}, before_total_wall_time_h, after_total_wall_time_h,
            {rounded}, is_matched, pairs.is_against_predecessor
        from fct_release_changes
        join dim_campaign_pairs as pairs using (before_campaign, after_campaign)
        where pairs.is_against_focus or not $1
        order by after_campaign_position, before_campaign, is_matched desc,
            -- Peaks of no bytes have no ratio: they come last.
            abs(ln(nullif(1 + p95_max_rss_change_fraction, 0))) desc nulls last, task_label,
            stage
        """,  # noqa: S608
        [is_focus_only],
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
        "changes": changes(warehouse, is_focus_only=not detail.has_every_answer),
    }
