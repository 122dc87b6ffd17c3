"""The queries of the report.

Every method returns an Arrow table whose columns are named for their reader.  Selections, joins
and units are done here; what a number *is* was decided by the marts.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from .errors import WarehouseError
from .warehouse import Warehouse

__all__ = ["Marts", "WarehouseError"]

_GIB = "1073741824.0"
# Two campaigns may have one release: the campaign tells them apart.
_RELEASE_LABEL = "campaigns.release || ' (' || campaign || ')'"
# A task, and on how many visits, exposures or data IDs it is compared.
_COMMON_LABEL = """task_label || format(' ({:,} {}{})', common_count,
    case when common_by = 'data_id' then 'data ID' else common_by end,
    case when common_count = 1 then '' else 's' end)"""

# The box of a single quantum is its median alone.
_BOX = f"""
    p50_max_rss_bytes / {_GIB} as p50_gib,
    case when quanta_count > 1 then lower_whisker_max_rss_bytes / {_GIB} end as lower_whisker_gib,
    case when quanta_count > 1 then p25_max_rss_bytes / {_GIB} end as p25_gib,
    case when quanta_count > 1 then p75_max_rss_bytes / {_GIB} end as p75_gib,
    case when quanta_count > 1 then upper_whisker_max_rss_bytes / {_GIB} end as upper_whisker_gib
"""
_JOB_WITH_REQUESTS = """
    job_kind,
    job_label,
    any_value(task_labels) as task_labels,
    any_value(basis) as basis,
    any_value(slot_count) as slot_count,
    any_value(own_peak_count) as own_peak_count,
    any_value(current_request_memory_mib) as current_request_memory_mib,
    max(request_memory_mib) filter (policy = 'p95_retry') as p95_retry_mib,
    max(request_memory_mib) filter (policy = 'p99') as p99_mib,
    max(request_memory_mib) filter (policy = 'max_margin') as max_margin_mib,
    max(request_memory_mib) filter (policy = 'least_waste') as least_waste_mib
"""


class Marts(Warehouse):
    """Old queries; each goes to the file of the figure or sentence that asks it."""

    _query = Warehouse.query

    def lake(self) -> dict[str, Any]:
        """Describe the lake: ``extracted_at``, ``extractor_version``, ``run_count``, ..."""
        rows: list[dict[str, Any]] = self._query("from dim_lake").to_pylist()
        return rows[0] if rows else {}

    def campaigns(self) -> pa.Table:
        """List the campaigns in the order of the file."""
        return self._query("from dim_campaigns order by campaign_position")

    def stages(self) -> pa.Table:
        """List every (campaign, stage) of the file with its usage, empty ones too."""
        return self._query(
            """
            select usage.*, campaign_position
            from fct_stage_usage as usage join dim_campaigns using (campaign)
            order by stage_position, campaign_position
            """
        )

    def verdicts(self) -> pa.Table:
        """Get the completeness verdict of every stage and campaign, with its words."""
        return self._query(
            f"""
            select
                stage,
                {_RELEASE_LABEL} as release_label,
                completeness_verdict as verdict,
                case
                    when gap_count > 0 then [
                        completeness_verdict,
                        format('{{:,}} of {{:,}}', gap_count, expected_count),
                        'left no usable result'
                    ]
                    when completeness_verdict = 'unverified'
                        then [completeness_verdict, format('{{:,}} measured', quanta_count)]
                    else [completeness_verdict, format('{{:,}} expected', expected_count)]
                end as words
            from fct_stage_usage as usage join dim_campaigns as campaigns using (campaign)
            order by stage_position, stage, campaign_position
            """  # noqa: S608
        )

    def task_boxes(self, stage: str) -> pa.Table:
        """Get the boxes of every task and campaign of a stage, in GiB.

        Parameters
        ----------
        stage : `str`
            Stage of the file.

        Returns
        -------
        boxes : `pyarrow.Table`
            Tasks by the largest peak in the focus campaign, then in any.
        """
        return self._boxes("fct_task_usage", stage, label="usage.task_label")

    def task_outliers(self, stage: str) -> pa.Table:
        """Get the sampled outliers of a stage; those that fall on one pixel are one point."""
        return self._query(
            f"""
            select distinct
                task_label,
                {_RELEASE_LABEL} as release_label,
                round(max_rss_bytes / {_GIB}, 2) as max_rss_gib
            from fct_task_outliers join dim_campaigns as campaigns using (campaign)
            where stage = $1
            order by all
            """,  # noqa: S608
            [stage],
        )

    def common_boxes(self, stage: str) -> pa.Table:
        """Get the boxes of tasks over what all campaigns have in common, in GiB.

        Parameters
        ----------
        stage : `str`
            Stage of the file.

        Returns
        -------
        boxes : `pyarrow.Table`
            Like those of `task_boxes`, but each label says on how many visits, exposures or data
            IDs; tasks that are matched by visit come first, then those by exposure and data ID.
        """
        return self._boxes(
            "fct_task_common_usage", stage, label=_COMMON_LABEL, first="common_by desc,"
        )

    def _boxes(self, mart: str, stage: str, *, label: str, first: str = "") -> pa.Table:
        """Get boxes of a mart, with a label that it writes and an order that may come first."""
        return self._query(
            f"""
            with ranked as (
                select
                    task_label,
                    max(max_max_rss_bytes) filter (is_focus) as focus_bytes,
                    max(max_max_rss_bytes) as any_bytes
                from {mart} join dim_campaigns using (campaign)
                where stage = $1 and quanta_count > 0
                group by task_label
            )
            select
                {label} as task_label,
                {_RELEASE_LABEL} as release_label,
                campaign_position,
                quanta_count,
                {_BOX}
            from {mart} as usage
            join dim_campaigns as campaigns using (campaign)
            join ranked using (task_label)
            where stage = $1 and quanta_count > 0
            order by {first} focus_bytes desc nulls last, any_bytes desc, usage.task_label,
                campaign_position
            """,  # noqa: S608  (constants of this module)
            [stage],
        )

    def common_extremes(self, stage: str) -> pa.Table:
        """Get the extremes of `common_boxes` that lie beyond the whiskers, in GiB."""
        return self._query(
            f"""
            with extremes as (
                select *, min_max_rss_bytes as extreme_bytes from fct_task_common_usage
                where min_max_rss_bytes < lower_whisker_max_rss_bytes
                union all
                select *, max_max_rss_bytes as extreme_bytes from fct_task_common_usage
                where max_max_rss_bytes > upper_whisker_max_rss_bytes
            )
            select
                {_COMMON_LABEL} as task_label,
                {_RELEASE_LABEL} as release_label,
                extreme_bytes / {_GIB} as max_rss_gib
            from extremes join dim_campaigns as campaigns using (campaign)
            where stage = $1
            order by all
            """,  # noqa: S608
            [stage],
        )

    def task_peaks(self, stage: str, column: str) -> pa.Table:
        """Get one statistic of max RSS of every task and campaign of a stage, in GiB.

        Parameters
        ----------
        stage : `str`
            Stage of the file.
        column : `str`
            Column of ``fct_task_usage``, in bytes.
        """
        return self._query(
            f"""
            with peaks as (
                select
                    task_label,
                    {_RELEASE_LABEL} as release_label,
                    campaign_position,
                    is_focus,
                    {column} / {_GIB} as statistic_gib
                from fct_task_usage as usage join dim_campaigns as campaigns using (campaign)
                where stage = $1 and quanta_count > 0
            ),
            ranked as (
                select
                    *,
                    max(statistic_gib) filter (is_focus) over task as focus_gib,
                    min(statistic_gib) over task as lowest_gib,
                    max(statistic_gib) over task as highest_gib
                from peaks
                window task as (partition by task_label)
            )
            select * exclude (is_focus, focus_gib)
            from ranked
            order by focus_gib desc nulls last, highest_gib desc, task_label, campaign_position
            """,  # noqa: S608
            [stage],
        )

    def rss_segments(self, campaign: str, stage: str, *, first_gib: int = 0) -> pa.Table:
        """Get the segments of the stacked bars of a stage, from a bucket on.

        Parameters
        ----------
        campaign, stage : `str`
            Which one.
        first_gib : `int`, optional
            First bucket, in GiB.
        """
        return self._query(
            """
            with others as (
                select count(*) as task_count
                from fct_task_usage left join dim_task_display using (stage, task_label)
                where campaign = $1 and stage = $2 and display_rank is null and quanta_count > 0
            )
            select
                bucket_gib,
                bucket_gib + 1 as bucket_end_gib,
                case
                    when display_rank is not null then display_label
                    when task_count = 1 then '1 other task'
                    else task_count || ' other tasks'
                end as display_label,
                display_rank,
                quanta_count::bigint as quanta_count,
                lower_quanta_count::bigint as lower_quanta_count,
                log_lower_quanta_count,
                upper_quanta_count::bigint as upper_quanta_count,
                total_wall_time_h,
                lower_total_wall_time_h,
                upper_total_wall_time_h
            from fct_rss_bucket_segments cross join others
            where campaign = $1 and stage = $2 and bucket_gib >= $3
            order by bucket_gib, display_rank nulls last
            """,
            [campaign, stage, first_gib],
        )

    def other_tasks(self, campaign: str, stage: str) -> pa.Table:
        """List the tasks that share the grey colour in the figures of a stage."""
        return self._query(
            """
            select task_label, quanta_count, over_threshold_count, max_max_rss_bytes
            from fct_task_usage left join dim_task_display using (stage, task_label)
            where campaign = $1 and stage = $2 and display_rank is null and quanta_count > 0
            order by task_label
            """,
            [campaign, stage],
        )

    def tasks(self, campaign: str, stage: str) -> pa.Table:
        """List the measured tasks of a stage, those with most wall time over the line first."""
        return self._query(
            """
            select task_label
            from fct_task_usage
            where campaign = $1 and stage = $2 and quanta_count > 0
            order by over_threshold_wall_time_h desc, p95_max_rss_bytes desc, task_label
            """,
            [campaign, stage],
        )

    def rss_cdf(self, campaign: str, stage: str) -> pa.Table:
        """Get the cumulative distribution of max RSS of a stage."""
        return self._query(
            """
            select max_rss_gib, cumulative_quanta_fraction, cumulative_wall_time_fraction
            from fct_rss_cdf
            where campaign = $1 and stage = $2
            order by point
            """,
            [campaign, stage],
        )

    def quanta_over_threshold(self, campaign: str, stage: str) -> pa.Table:
        """Get the worst quanta over the threshold (at most 500), tasks by their number.

        ``spread`` is a place from 0 to 1 within the task's row, the same in every run.
        """
        return self._query(
            f"""
            select
                worst.task_label,
                display_rank,
                max_rss_bytes / {_GIB} as max_rss_gib,
                (worst.total_wall_time_s / 3600)::double as total_wall_time_h,
                case when is_peak_inherited then 'peak inherited from its process'
                    else 'peak of the quantum''s own' end as peak,
                (hash(worst.run || worst.data_id) % 1000)::double / 1000 as spread
            from fct_worst_quanta as worst
            left join dim_task_display using (stage, task_label)
            join fct_task_usage as usage using (campaign, stage, task_label)
            where campaign = $1 and stage = $2 and is_over_threshold
            order by usage.over_threshold_count desc, worst.task_label, worst_rank
            """,  # noqa: S608
            [campaign, stage],
        )

    def sizing_curves(self, campaign: str) -> pa.Table:
        """Get the overhead of each memory per core: a curve a stage, one of all, one of the cost.

        Parameters
        ----------
        campaign : `str`
            Which one.
        """
        return self._query(
            """
            select stage as curve, stage_position, 'overhead' as kind,
                memory_per_core_gib, overhead_fraction as fraction
            from fct_worker_sizing join fct_stage_usage using (campaign, stage)
            where campaign = $1
            union all
            select 'all stages', 998, 'overhead', memory_per_core_gib, overhead_fraction
            from fct_campaign_sizing where campaign = $1
            union all
            select 'cost, all stages', 999, 'cost',
                memory_per_core_gib, excess_cost_fraction
            from fct_campaign_sizing where campaign = $1 and work_cost is not null
            order by stage_position, curve, memory_per_core_gib
            """,
            [campaign],
        )

    def memory_requests(self, campaign: str, limit: int) -> pa.Table:
        """Get the requests of the jobs that used most memory for longest, in GiB.

        Parameters
        ----------
        campaign : `str`
            The evidence.
        limit : `int`
            Number of jobs.
        """
        return self._query(
            f"""
            with ranked as (
                select job_kind, job_label,
                    row_number() over (order by used_gib_h desc, job_label, job_kind) as place
                from fct_memory_requests
                where campaign = $1 and policy = 'p95_retry' and job_kind != 'member'
                    and used_gib_h is not null
            )
            select
                requests.job_label
                    || case when requests.job_kind = 'cluster' then ' (cluster)' else '' end
                    as job_label,
                case policy
                    when 'p95_retry' then 'p95 and retry'
                    when 'max_margin' then 'largest and 10 %'
                    when 'least_waste' then 'least waste'
                    else policy
                end as policy,
                request_memory_mib / 1024 as request_gib,
                max_peak_rss_bytes / {_GIB} as max_peak_gib
            from fct_memory_requests as requests
            join ranked using (job_kind, job_label)
            where campaign = $1 and place <= $2
            order by place, policy
            """,  # noqa: S608
            [campaign, limit],
        )

    def jobs_to_request(self, campaign: str, policy: str) -> pa.Table:
        """Get every request of every job of a campaign, clusters first, policies as columns.

        Parameters
        ----------
        campaign : `str`
            The evidence.
        policy : `str`
            The policy that ``has_enough_evidence`` is about.
        """
        return self._query(
            f"""
            select
                bool_or(has_enough_evidence) filter (policy = $2) as has_enough_evidence,
                {_JOB_WITH_REQUESTS}
            from fct_memory_requests
            where campaign = $1 and job_kind != 'member'
            group by job_kind, job_label
            order by job_kind, job_label
            """,  # noqa: S608  (constants of this module)
            [campaign, policy],
        )

    def pooled_jobs_to_request(self, policy: str) -> pa.Table:
        """Get the requests that serve all campaigns, as `jobs_to_request` gives those of one.

        Parameters
        ----------
        policy : `str`
            The policy that evidence is about.
        """
        return self._query(
            f"""
            select
                any_value(campaign_count) as campaign_count,
                any_value(largest_campaign) filter (policy = $1) as largest_campaign,
                bool_or(has_enough_evidence) filter (policy = $1) as has_enough_evidence,
                {_JOB_WITH_REQUESTS}
            from fct_pooled_requests
            group by job_kind, job_label
            order by job_kind, job_label
            """,  # noqa: S608  (constants of this module)
            [policy],
        )

    def release_changes(self, campaign: str, limit: int) -> pa.Table:
        """Get how the 95th percentile changed from the predecessor, largest changes first.

        Parameters
        ----------
        campaign : `str`
            The later campaign.
        limit : `int`
            Number of tasks, those with matched quanta and two peaks above 0 alone.
        """
        return self._query(
            f"""
            select
                task_label,
                stage,
                before_campaign,
                verdict,
                before_p95_max_rss_bytes / {_GIB} as before_gib,
                after_p95_max_rss_bytes / {_GIB} as after_gib,
                p95_max_rss_change_fraction as change_fraction,
                matched_count
            from fct_release_changes
            where
                after_campaign = $1 and is_against_predecessor and is_matched
                -- Peaks of no bytes have no ratio, and one on a logarithmic axis blanks the figure.
                and before_p95_max_rss_bytes > 0 and after_p95_max_rss_bytes > 0
            order by abs(ln(after_gib / before_gib)) desc, task_label, stage
            limit $2
            """,  # noqa: S608
            [campaign, limit],
        )

    def regressions(self, before: str, after: str) -> pa.Table:
        """Get the tasks that became worse between two campaigns, the worst first.

        Parameters
        ----------
        before, after : `str`
            Campaigns that are compared.
        """
        return self._query(
            """
            select *
            from fct_release_changes
            where before_campaign = $1 and after_campaign = $2
            order by regression_fraction desc nulls last, stage, task_label
            """,
            [before, after],
        )

    def memory_dependence(self, campaign: str, limit: int) -> pa.Table:
        """Get the lines of memory against visits, those first that grow for sure.

        Parameters
        ----------
        campaign : `str`
            Which one.
        limit : `int`
            Number of tasks.
        """
        return self._query(
            """
            select
                task_label,
                stage,
                dependence_verdict as verdict,
                shallowest_gib,
                deepest_gib,
                twice_as_deep_gib,
                low_twice_as_deep_gib,
                high_twice_as_deep_gib
            from fct_memory_dependence
            where campaign = $1
            order by
                is_growing desc, twice_as_deep_gib desc, explained_fraction desc, task_label, stage
            limit $2
            """,
            [campaign, limit],
        )

    def concurrency(self, campaign: str, stage: str) -> pa.Table:
        """Get what ran over time as layers of tasks.

        Parameters
        ----------
        campaign, stage : `str`
            Which one.
        """
        return self._query(
            """
            select
                bin_started_at,
                bin_started_at + to_seconds(bin_wall_time_s) as bin_ended_at,
                display_label, display_rank, lower_resident_gib, upper_resident_gib
            from fct_task_concurrency join fct_time_bins using (campaign, stage)
            where campaign = $1 and stage = $2 and running_quanta_count > 0
            order by coalesce(display_rank, 99), bin_position
            """,
            [campaign, stage],
        )

    def table(self, name: str) -> pa.Table:
        """Get a whole mart, its rows in a fixed order.

        Parameters
        ----------
        name : `str`
            Mart of schema ``main``.
        """
        return self._query(f'from "{name}" order by all')
