"""Read the completeness of every stage: what was expected, and what was found."""

from __future__ import annotations

import pyarrow as pa

from ...warehouse import Warehouse
from ..detail import Detail

__all__ = ["SECTIONS", "tables"]

SECTIONS = {"complete-section": "Completeness"}
"""Sections of the page by their IDs, with their names in the menu."""


def stages(warehouse: Warehouse) -> pa.Table:
    """List every (campaign, stage) of the file with its counts and its verdict."""
    return warehouse.query(
        """
        select
            campaign, stage, completeness_verdict, incomplete_reason, is_empty,
            quanta_count, expected_count, attempted_count, no_work_count, failed_count,
            blocked_count, aborted_count, missing_count, gap_count, superseded_count,
            unmeasured_count, implausible_count,
            inherited_peak_count, spent_wall_time_h, recorded_job_count, killed_job_count
        from fct_stage_usage join dim_campaigns using (campaign)
        order by stage_position, campaign_position
        """
    )


MOST_CHANGES = 200
"""Number of changed verdicts that the page has, newest first."""


def history(warehouse: Warehouse) -> pa.Table:
    """List what changed from one publication of the warehouse to the next, newest first."""
    return warehouse.query(
        """
        select
            strftime(published_at at time zone 'UTC', '%Y-%m-%d %H:%M') as published_on,
            campaign, stage, completeness_verdict, previous_completeness_verdict,
            quanta_count, previous_quanta_count, gap_count, previous_gap_count,
            over_threshold_wall_time_fraction, previous_over_threshold_wall_time_fraction,
            p95_max_rss_bytes, previous_p95_max_rss_bytes
        from fct_verdict_history
        where is_changed
        order by published_at desc, campaign, stage
        limit $1
        """,
        [MOST_CHANGES],
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
        "stages": stages(warehouse),
        "history": history(warehouse),
    }
