"""Read max RSS: quanta by the memory in which they fit, tasks, worst quanta.

Wall times become whole microseconds, so that their sums are exact in JavaScript's numbers, up to
2.5 million hours.
"""

from __future__ import annotations

import pyarrow as pa

from ...warehouse import Warehouse
from ..detail import Detail

__all__ = ["SECTIONS", "tables"]

SECTIONS = {
    "curve": "What fits",
    "histogram": "Peaks",
    "boxes": "Campaigns",
    "tasks-section": "Tasks",
    "worst-section": "Worst quanta",
}
"""Sections of the page by their IDs, with their names in the menu."""

_FIELD = """
    case
        when field_rank <= $1 then field_label
        when field_rank is not null then 'other fields'
    end
"""


def tasks(warehouse: Warehouse) -> pa.Table:
    """List every task of every (campaign, stage), also tasks without a measurement.

    Statistics of max RSS are in bytes, rounded to whole ones.
    """
    statistics = ",\n".join(
        f"round({column})::bigint as {column}"
        for column in (
            "lower_whisker_max_rss_bytes",
            "p25_max_rss_bytes",
            "p50_max_rss_bytes",
            "p75_max_rss_bytes",
            "upper_whisker_max_rss_bytes",
            "p95_max_rss_bytes",
            "p99_max_rss_bytes",
            "max_max_rss_bytes",
            "own_p95_max_rss_bytes",
        )
    )
    return warehouse.query(
        f"""
        with tasks as (
            select
                campaign, stage, task_label,
                coalesce(usage.quanta_count, 0) as quanta_count,
                usage.inherited_peak_fraction,
                coalesce(completeness.failed_count, usage.failed_count) as failed_count,
                completeness.gap_count,
                {statistics}
            from fct_task_usage as usage
            full join fct_task_completeness as completeness
                using (campaign, stage, task_label)
        )
        select tasks.*, display_rank
        from tasks
        join dim_campaigns using (campaign)
        left join dim_task_display using (stage, task_label)
        order by campaign_position, stage, display_rank nulls last, task_label
        """  # noqa: S608
    )


def steps(warehouse: Warehouse, *, field_count: int, is_by_band: bool) -> pa.Table:
    """Get the quanta of every task by the memory in which they fit, with a row for each series.

    Parameters
    ----------
    field_count : `int`
        Number of fields of a campaign that keep their name; the others become one.
    is_by_band : `bool`
        Whether bands are separate.

    Returns
    -------
    series : `pyarrow.Table`
        One row per (campaign, stage, task, band, field), with lists of equal length: ``steps`` in
        quarters of a GiB, ``quanta_count``, ``inherited_peak_count``, ``total_wall_time_us``.
    """
    return warehouse.query(
        f"""
        with steps as (
            select
                campaign, stage, task_label,
                case when $2 then band end as band,
                case when $1 > 0 then {_FIELD} end as field,
                (4 * step_gib)::integer as step,
                sum(quanta_count)::bigint as quanta_count,
                sum(inherited_peak_count)::bigint as inherited_peak_count,
                (sum(total_wall_time_s) * 1000000)::bigint as total_wall_time_us
            from fct_rss_steps
            group by all
        )
        select
            campaign, stage, task_label, band, field,
            list(step order by step) as step,
            list(quanta_count order by step) as quanta_count,
            list(inherited_peak_count order by step) as inherited_peak_count,
            list(total_wall_time_us order by step) as total_wall_time_us
        from steps
        group by campaign, stage, task_label, band, field
        order by campaign, stage, task_label, band nulls first, field nulls first
        """,  # noqa: S608
        [field_count, is_by_band],
    )


def worst(warehouse: Warehouse, *, field_count: int, is_by_band: bool, limit: int) -> pa.Table:
    """Get the quanta with the largest peaks, worst first.

    Parameters
    ----------
    field_count, is_by_band
        As for `steps`, so that a selection applies to both.
    limit : `int`
        Most quanta of one (campaign, stage).
    """
    return warehouse.query(
        f"""
        with fields as (
            select distinct campaign, field_label as target_name, field_label, field_rank
            from fct_rss_steps
            where field_rank is not null
        )
        select
            campaign, stage, worst_rank, task_label, data_id, run, node_name,
            case when $2 then band end as band,
            case
                when $1 = 0 or target_name is null then null
                when field_label is null then 'other fields'
                else {_FIELD}
            end as field,
            max_rss_bytes,
            (total_wall_time_s::decimal(38, 6) * 1000000)::bigint as total_wall_time_us,
            is_peak_inherited
        from fct_worst_quanta as worst
        join dim_campaigns using (campaign)
        left join fields using (campaign, target_name)
        where worst_rank <= $3
        order by campaign_position, stage, worst_rank
        """,  # noqa: S608
        [field_count, is_by_band, limit],
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
        "tasks": tasks(warehouse),
        "series": steps(warehouse, field_count=detail.field_count, is_by_band=detail.is_by_band),
        "worst": worst(
            warehouse,
            field_count=detail.field_count,
            is_by_band=detail.is_by_band,
            limit=detail.worst_limit,
        ),
    }
