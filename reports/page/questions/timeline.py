"""Read when and where quanta ran, and how they spent the time."""

from __future__ import annotations

import pyarrow as pa

from ...warehouse import Warehouse
from ..detail import Detail

__all__ = ["SECTIONS", "tables"]

SECTIONS = {"running": "When and where"}
"""Sections of the page by their IDs, with their names in the menu."""

MOST_HOSTS = 60
"""Most nodes of one (campaign, stage), because a facility has thousands."""


def concurrency(warehouse: Warehouse) -> pa.Table:
    """List what ran at the same time, with a row for each (campaign, stage).

    Returns
    -------
    stages : `pyarrow.Table`
        With ``bin_wall_time_s``, and lists of equal length: ``bin_at_s`` (start, in s since 1970
        UTC), ``axis_position`` (in bins, without the long times in which nothing ran),
        ``spell_position`` (the part of the axis, from 0),
        ``running_quanta_count``, ``resident_gib`` (means over the bin, to three decimals).
    """
    return warehouse.query(
        """
        select
            campaign, stage,
            any_value(bin_wall_time_s) as bin_wall_time_s,
            list(epoch(bin_started_at)::bigint order by bin_position) as bin_at_s,
            list(axis_position order by bin_position) as axis_position,
            list(spell_position order by bin_position) as spell_position,
            list(round(running_quanta_count, 3) order by bin_position) as running_quanta_count,
            list(round(resident_gib, 3) order by bin_position) as resident_gib
        from fct_concurrency
        join dim_campaigns using (campaign)
        join fct_stage_usage as usage using (campaign, stage)
        group by campaign, campaign_position, stage, stage_position
        order by campaign_position, stage_position
        """
    )


def spells(warehouse: Warehouse) -> pa.Table:
    """List the parts of the axes of time, between the times that they leave out.

    Returns
    -------
    parts : `pyarrow.Table`
        With ``axis_position`` and ``bin_count`` in bins, ``started_at_s`` in s since 1970 UTC.
    """
    return warehouse.query(
        """
        select
            campaign, stage, spell_position, axis_position, bin_count,
            idle_before_wall_time_s::double as idle_before_wall_time_s,
            epoch(started_at)::double as started_at_s
        from fct_time_spells
        order by campaign, stage, spell_position
        """
    )


def ticks(warehouse: Warehouse) -> pa.Table:
    """List the round instants on the axes of time, with their places in bins."""
    return warehouse.query(
        """
        select
            campaign, stage, spell_position, axis_position,
            epoch(ticked_at)::bigint as ticked_at_s
        from fct_time_ticks
        order by campaign, stage, ticked_at
        """
    )


def hosts(warehouse: Warehouse) -> pa.Table:
    """List the nodes that ran a stage, the slowest first: at most `MOST_HOSTS` of each."""
    return warehouse.query(
        """
        select
            campaign, stage, node_name, attempted_count, failed_count, failed_fraction,
            total_wall_time_h, max_max_rss_bytes, compared_quanta_count, slowdown_fraction,
            is_slow
        from fct_node_usage
        join dim_campaigns using (campaign)
        qualify row_number() over (
            partition by campaign, stage
            order by is_slow desc, slowdown_fraction desc nulls last, node_name
        ) <= $1
        order by
            campaign_position, is_slow desc, slowdown_fraction desc nulls last, node_name, stage
        """,
        [MOST_HOSTS],
    )


def efficiency(warehouse: Warehouse) -> pa.Table:
    """List how much of their wall time tasks spent computing and in the Butler."""
    return warehouse.query(
        """
        select
            campaign, stage, task_label, quanta_count, cpus_count, timed_wall_time_h,
            cpu_time_fraction, cpu_time_per_core_fraction, butler_get_fraction,
            butler_put_fraction
        from fct_task_efficiency
        join dim_campaigns using (campaign)
        order by campaign_position, timed_wall_time_h desc nulls last, task_label
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
        "concurrency": concurrency(warehouse),
        "spells": spells(warehouse),
        "ticks": ticks(warehouse),
        "hosts": hosts(warehouse),
        "efficiency": efficiency(warehouse),
    }
