"""What the page reads of the answers: what to buy, what to request, what changed."""

from __future__ import annotations

import pyarrow as pa

from reports.answers.bps import POLICIES
from reports.marts import Marts

__all__ = ["JUDGED", "MOST_HOSTS", "AnswerMarts"]

MOST_HOSTS = 60
"""Nodes of one (campaign, stage): a facility has thousands."""

JUDGED = (*POLICIES, "current")
"""Policies in the order of the lists of a row: those that can be chosen, and today's request."""

_SIZING = """
    memory_per_core_gib, basis, slot_count, quanta_count, unsized_quanta_count,
    unfit_quanta_count, widened_slot_count, largest_cores_count, needed_core_h, charged_core_h,
    idle_core_h, overhead_fraction, idle_fraction, work_cost, excess_cost_fraction, is_cheapest,
    is_nearly_cheapest
"""

_OUTCOMES = (
    "killed_fraction",
    "mean_retry_count",
    "unfinished_count",
    "wasted_gib_h",
    "wasted_fraction",
)

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


def _by_policy(column: str) -> str:
    """Write SQL for the values of a column in the order of `JUDGED`."""
    values = ", ".join(f"any_value({column}) filter (policy = '{name}')" for name in JUDGED)
    return f"[{values}] as {column}"


class AnswerMarts(Marts):
    """The part of a warehouse that answers questions of purchase, requests and releases."""

    def page_sizing(self) -> pa.Table:
        """List what each memory per core would charge, by campaign and stage.

        Returns
        -------
        choices : `pyarrow.Table`
            One row per (campaign, stage, memory per core); ``stage`` is null for all stages
            together.
        """
        return self._query(
            f"""
            with choices as (
                select campaign, stage, {_SIZING} from fct_worker_sizing
                union all
                select campaign, null, {_SIZING} from fct_campaign_sizing
            )
            select choices.*
            from choices
            join dim_campaigns using (campaign)
            left join fct_stage_usage as usage using (campaign, stage)
            order by campaign_position, stage_position nulls last, memory_per_core_gib
            """  # noqa: S608  (constants of this module)
        )

    def page_nodes(self) -> pa.Table:
        """List how the work of each stage fits on the nodes of the campaigns file."""
        return self._query(
            """
            select
                campaign, stage, node_type, cores_count, memory_gib, memory_per_core_gib,
                fits.quanta_count, unfit_quanta_count, unfit_wall_time_h, needed_core_h,
                charged_core_h, overhead_fraction
            from fct_node_fit as fits
            join dim_campaigns using (campaign)
            join fct_stage_usage as usage using (campaign, stage)
            order by campaign_position, stage_position, node_type
            """
        )

    def page_packings(self) -> pa.Table:
        """List what came of packing the slots of each stage on nodes of real shapes."""
        return self._query(
            """
            select
                campaign, stage, node_type, cores_count, memory_gib, memory_per_core_gib,
                node_count, slot_count, sampled_slot_count, unfit_slot_count,
                makespan_wall_time_h, closed_form_utilisation_fraction,
                queue_core_utilisation_fraction, queue_memory_idle_fraction,
                queue_core_idle_fraction, excess_fraction, tied_excess_fraction
            from fct_node_packing
            join dim_campaigns using (campaign)
            join fct_stage_usage as usage using (campaign, stage)
            order by campaign_position, stage_position, cores_count, memory_per_core_gib
            """
        )

    def page_requests(self, *, is_focus_only: bool) -> pa.Table:
        """List the requests of every job, with their evidence.

        Parameters
        ----------
        is_focus_only : `bool`
            Whether to leave out what has nothing to do with the focus campaign.

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
        return self._query(
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
            """,  # noqa: S608  (constants of this module)
            [is_focus_only],
        )

    def page_pooled_requests(self) -> pa.Table:
        """List the requests that serve all campaigns, with lists in the order of `JUDGED`."""
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
        return self._query(
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

    def page_backtests(self, *, is_focus_only: bool) -> pa.Table:
        """List what requests from one campaign would have done in the next, job by job.

        Parameters
        ----------
        is_focus_only
            As for `page_requests`.

        Returns
        -------
        tests : `pyarrow.Table`
            One row per (evidence_campaign, campaign, job_kind, job_label), with lists in the order
            of `JUDGED`.
        """
        judged = ", ".join(map(_by_policy, _OUTCOMES))
        return self._query(
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

    def page_backtest_totals(self) -> pa.Table:
        """List what each policy would have done in the next campaign, over comparable jobs."""
        return self._query(
            f"""
            select
                evidence_campaign, campaign, policy, job_count, slot_count, {", ".join(_OUTCOMES)}
            from fct_request_backtest_totals
            order by evidence_campaign, campaign, policy
            """  # noqa: S608
        )

    def page_changes(self, *, is_focus_only: bool) -> pa.Table:
        """List how tasks changed between campaigns, matched ones and large changes of memory first.

        Parameters
        ----------
        is_focus_only
            As for `page_requests`.

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
        return self._query(
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

    def page_concurrency(self) -> pa.Table:
        """List what ran at once over time, a row for each (campaign, stage).

        Returns
        -------
        stages : `pyarrow.Table`
            With ``first_at_s`` (of bin 0, in s since 1970 UTC), ``bin_wall_time_s``, and lists of
            one length: ``bin_position``, ``running_quanta_count``, ``resident_gib`` (means over the
            bin, to three decimals).
        """
        return self._query(
            """
            select
                campaign, stage,
                min(epoch(bin_started_at) - bin_position * bin_wall_time_s)::bigint as first_at_s,
                any_value(bin_wall_time_s) as bin_wall_time_s,
                list(bin_position order by bin_position) as bin_position,
                list(round(running_quanta_count, 3) order by bin_position) as running_quanta_count,
                list(round(resident_gib, 3) order by bin_position) as resident_gib
            from fct_concurrency
            join dim_campaigns using (campaign)
            join fct_stage_usage as usage using (campaign, stage)
            group by campaign, campaign_position, stage, stage_position
            order by campaign_position, stage_position
            """
        )

    def page_hosts(self) -> pa.Table:
        """List the nodes that ran a stage, the slowest first: at most `MOST_HOSTS` of each."""
        return self._query(
            """
            select
                campaign, stage, node_name, attempted_quanta_count, failed_count, failed_fraction,
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

    def page_efficiency(self) -> pa.Table:
        """List how much of their wall time tasks spent computing and in the Butler."""
        return self._query(
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

    def page_dependence(self) -> pa.Table:
        """List how the memory of tasks grows with the visits over their place."""
        return self._query(
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
