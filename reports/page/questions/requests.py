"""Read what to request: every job by policy, its back-test, and requests for all campaigns."""

from __future__ import annotations

import pyarrow as pa

from ...requests import POLICY_NAMES
from ...warehouse import Warehouse
from ..detail import Detail

__all__ = ["SECTIONS", "tables"]

SECTIONS = {"request": "Request"}
"""Sections of the page by their IDs, with their names in the menu."""

JUDGED = tuple(POLICY_NAMES)
"""Policies in the order of the lists of a row: those to choose from, and today's request."""

_OUTCOMES = (
    "killed_fraction",
    "mean_retry_count",
    "unfinished_count",
    "wasted_gib_h",
    "wasted_fraction",
)


def _by_policy(column: str) -> str:
    """Write SQL for the values of a column in the order of `JUDGED`."""
    values = ", ".join(f"any_value({column}) filter (policy = '{name}')" for name in JUDGED)
    return f"[{values}] as {column}"


def requests(warehouse: Warehouse, *, is_focus_only: bool) -> pa.Table:
    """List the requests of every job, with their evidence.

    Parameters
    ----------
    is_focus_only : `bool`
        Whether to list only rows that involve the focus campaign.

    Returns
    -------
    jobs : `pyarrow.Table`
        One row per (campaign, job_kind, job_label), with lists in the order of `JUDGED`:
        ``request_memory_mib``, ``request_difference_mib``, ``killed_fraction``,
        ``mean_retry_count``, ``unfinished_count``, ``wasted_gib_h``, ``wasted_fraction``,
        ``has_enough_evidence``.
    """
    peaks = ", ".join(
        f"round(any_value({name}_peak_rss_bytes))::bigint as {name}_peak_rss_bytes"
        for name in ("p50", "p95", "p99", "max")
    )
    judged = ", ".join(
        _by_policy(name)
        for name in (
            "request_memory_mib",
            "request_difference_mib",
            *_OUTCOMES,
            "has_enough_evidence",
        )
    )
    return warehouse.query(
        f"""
        select
            campaign, job_kind, job_label,
            array_to_string(any_value(task_labels), ', ') as tasks,
            any_value(basis) as basis,
            any_value(slot_count) as slot_count,
            any_value(own_peak_count) as own_peak_count,
            any_value(used_gib_h) as used_gib_h,
            any_value(current_request_source) as current_request_source,
            {peaks}, {judged}
        from fct_memory_requests
        join dim_campaigns as campaigns using (campaign)
        where campaigns.is_focus or not $1
        group by campaign, campaign_position, job_kind, job_label
        order by campaign_position, used_gib_h desc nulls last, job_kind, job_label
        """,  # noqa: S608
        [is_focus_only],
    )


def pooled_requests(warehouse: Warehouse) -> pa.Table:
    """List the requests that are enough for all campaigns, with lists in the order of `JUDGED`."""
    judged = ", ".join(
        _by_policy(name)
        for name in (
            "request_memory_mib",
            "smallest_request_memory_mib",
            "largest_campaign",
            "evident_campaign_count",
            "has_enough_evidence",
        )
    )
    return warehouse.query(
        f"""
        select
            job_kind, job_label,
            array_to_string(any_value(task_labels), ', ') as tasks,
            any_value(basis) as basis,
            any_value(campaign_count) as campaign_count,
            any_value(slot_count) as slot_count,
            any_value(own_peak_count) as own_peak_count,
            any_value(current_request_memory_mib) as current_request_memory_mib,
            {judged}
        from fct_pooled_requests
        group by job_kind, job_label
        order by max(request_memory_mib) desc nulls last, job_kind, job_label
        """  # noqa: S608
    )


def backtests(warehouse: Warehouse, *, is_focus_only: bool) -> pa.Table:
    """List the effect of requests from one campaign in the next, job by job.

    Parameters
    ----------
    is_focus_only
        As for `requests`.

    Returns
    -------
    tests : `pyarrow.Table`
        One row per (evidence_campaign, campaign, job_kind, job_label), with lists in the order
        of `JUDGED`.
    """
    judged = ", ".join(map(_by_policy, _OUTCOMES))
    return warehouse.query(
        f"""
        select
            evidence_campaign, campaign, job_kind, job_label,
            any_value(slot_count) as slot_count, {judged}
        from fct_request_backtest
        where not $1 or exists (
            from dim_campaigns where is_focus and dim_campaigns.campaign in (
                fct_request_backtest.campaign, fct_request_backtest.evidence_campaign
            )
        )
        group by all
        order by all
        """,  # noqa: S608
        [is_focus_only],
    )


def backtest_totals(warehouse: Warehouse) -> pa.Table:
    """List the effect of each policy in the next campaign, over comparable jobs."""
    return warehouse.query(
        f"""
        select
            evidence_campaign, campaign, policy, job_count, slot_count, {", ".join(_OUTCOMES)}
        from fct_request_backtest_totals
        order by evidence_campaign, campaign, policy
        """  # noqa: S608
    )


def request_totals(warehouse: Warehouse) -> pa.Table:
    """List the cost of each policy, over jobs that have a request of every policy."""
    return warehouse.query(
        """
        select
            campaign, policy, memory_per_core_gib, job_count, killed_fraction, unfinished_count,
            killed_core_h, total_core_h, overhead_fraction, wasted_gib_h, total_cost, is_default
        from fct_request_totals
        order by campaign, policy
        """
    )


def job_outcomes(warehouse: Warehouse) -> pa.Table:
    """List how the recorded jobs of each label ended; the largest losses by kills come first."""
    return warehouse.query(
        """
        select
            campaign, stage, label, job_count, killed_job_count, killed_job_fraction,
            gave_up_job_count, max_killed_request_mib, killed_memory_core_h,
            p50_requested_memory_bytes, p95_peak_bytes, used_fraction, p50_waiting_wall_time_s
        from fct_job_outcomes
        order by campaign, killed_memory_core_h desc, total_core_h desc, stage, label
        """
    )


def queue_outcomes(warehouse: Warehouse) -> pa.Table:
    """List waiting times and CPU efficiency of each queue, in the order of its memory."""
    return warehouse.query(
        """
        select
            campaign, queue_name, try_count, killed_memory_fraction, min_requested_memory_bytes,
            max_requested_memory_bytes, used_fraction, p50_waiting_wall_time_s,
            p95_waiting_wall_time_s, cpu_efficiency_fraction, total_core_h
        from fct_queue_outcomes
        order by campaign, max_requested_memory_bytes nulls last, queue_name
        """
    )


def recorded_tests(warehouse: Warehouse) -> pa.Table:
    """List the effect of each policy on the recorded jobs, beside what was recorded."""
    return warehouse.query(
        """
        select
            evidence_campaign, campaign, policy, compared_job_count, recorded_killed_count,
            killed_count, unfinished_count, recorded_wasted_gib_h, wasted_gib_h
        from fct_recorded_backtest_totals
        order by campaign, evidence_campaign, policy
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
    is_focus_only = not detail.has_every_answer
    return {
        "requests": requests(warehouse, is_focus_only=is_focus_only),
        "pooled_requests": pooled_requests(warehouse),
        "request_totals": request_totals(warehouse),
        "backtests": backtests(warehouse, is_focus_only=is_focus_only),
        "backtest_totals": backtest_totals(warehouse),
        "job_outcomes": job_outcomes(warehouse),
        "queue_outcomes": queue_outcomes(warehouse),
        "recorded_tests": recorded_tests(warehouse),
    }
