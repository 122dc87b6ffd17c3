{%- set fractions = [0.5, 0.95, 0.99, 1] -%}

with

stages as (

    select * from {{ ref('stg_lake__stages') }}

),

campaigns as (

    select * from {{ ref('stg_lake__campaigns') }}

),

runs as (

    select
        campaign,
        stage,
        count(*) as run_count,
        count(*) filter (source = 'promised') as promised_run_count
    from {{ ref('int_runs_owned') }}
    group by campaign, stage

),

measured as (

    select
        campaign,
        stage,
        avg(max_rss_bytes) as mean_max_rss_bytes,
        sum(total_wall_time_s) as total_wall_time_s,
        sum(total_wall_time_s) filter (is_over_threshold) as over_threshold_wall_time_s,
        count(*) as quanta_count,
        count(*) filter (is_over_threshold) as over_threshold_count
    from {{ ref('fct_quanta') }}
    where is_measured
    group by campaign, stage

),

peaks as (
    {{ selected_quantiles(ref('fct_quanta'), ['campaign', 'stage'], 'max_rss_bytes', fractions, 'is_measured') }}
),

tasks as (

    select
        campaign,
        stage,
        count(*) as task_count,
        {{ total_count('attempted_count') }} as attempted_count,
        {{ total_count('superseded_count') }} as superseded_count,
        {{ total_count('inherited_peak_count') }} as inherited_peak_count,
        {{ total_count('own_peak_count') }} as own_peak_count,
        sum(spent_wall_time_s) as spent_wall_time_s
    from {{ ref('fct_task_usage') }}
    group by campaign, stage

),

worst as (

    select
        campaign,
        stage,
        task_label as worst_task_label,
        over_threshold_count as worst_task_over_threshold_count
    from {{ ref('fct_task_usage') }}
    where over_threshold_count > 0
    qualify row_number() over (
        partition by campaign, stage
        order by over_threshold_count desc, over_threshold_wall_time_h desc, task_label asc
    ) = 1

),

completeness as (

    select
        campaign,
        stage,
        {{ total_count('expected_count') }} as expected_count,
        {{ total_count('failed_count') }} as failed_count,
        {{ total_count('blocked_count') }} as blocked_count,
        {{ total_count('aborted_count') }} as aborted_count,
        {{ total_count('no_work_count') }} as no_work_count,
        {{ total_count('missing_count') }} as missing_count,
        {{ total_count('gap_count') }} as gap_count,
        {{ total_count('unexpected_count') }} as unexpected_count,
        count(*) filter (verdict = 'unverified') as unverified_task_count
    from {{ ref('fct_task_completeness') }}
    group by campaign, stage

),

joined as (

    select
        stages.campaign,
        stages.stage,
        stages.stage_position,
        campaigns.release,
        campaigns.is_focus,
        campaigns.is_simulated,
        campaigns.threshold_gib,
        stages.incomplete_reason,
        coalesce(runs.run_count, 0) as run_count,
        coalesce(runs.promised_run_count, 0) as promised_run_count,
        coalesce(tasks.task_count, 0) as task_count,
        coalesce(measured.quanta_count, 0) as quanta_count,
        coalesce(tasks.attempted_count, 0) as attempted_count,
        coalesce(completeness.expected_count, 0) as expected_count,
        coalesce(completeness.failed_count, 0) as failed_count,
        coalesce(completeness.blocked_count, 0) as blocked_count,
        coalesce(completeness.aborted_count, 0) as aborted_count,
        coalesce(completeness.no_work_count, 0) as no_work_count,
        coalesce(completeness.missing_count, 0) as missing_count,
        coalesce(completeness.gap_count, 0) as gap_count,
        coalesce(completeness.unexpected_count, 0) as unexpected_count,
        coalesce(completeness.unverified_task_count, 0) as unverified_task_count,
        coalesce(tasks.superseded_count, 0) as superseded_count,
        coalesce(tasks.inherited_peak_count, 0) as inherited_peak_count,
        {{ share('tasks.inherited_peak_count', 'tasks.inherited_peak_count + tasks.own_peak_count') }}
            as inherited_peak_fraction,
        peaks.quantile_1 as p50_max_rss_bytes,
        measured.mean_max_rss_bytes,
        peaks.quantile_2 as p95_max_rss_bytes,
        peaks.quantile_3 as p99_max_rss_bytes,
        peaks.quantile_4 as max_max_rss_bytes,
        coalesce(measured.over_threshold_count, 0) as over_threshold_count,
        {{ share('measured.over_threshold_count', 'measured.quanta_count') }} as over_threshold_fraction,
        coalesce(measured.total_wall_time_s, 0) as total_wall_time_s,
        coalesce(measured.over_threshold_wall_time_s, 0) as over_threshold_wall_time_s,
        coalesce(tasks.spent_wall_time_s, 0) as spent_wall_time_s,
        worst.worst_task_label,
        worst.worst_task_over_threshold_count,
        completeness.campaign is null as is_empty
    from stages
    inner join campaigns on stages.campaign = campaigns.campaign
    left join runs
        on stages.campaign = runs.campaign
        and stages.stage = runs.stage
    left join measured
        on stages.campaign = measured.campaign
        and stages.stage = measured.stage
    left join peaks
        on stages.campaign = peaks.campaign
        and stages.stage = peaks.stage
    left join tasks
        on stages.campaign = tasks.campaign
        and stages.stage = tasks.stage
    left join worst
        on stages.campaign = worst.campaign
        and stages.stage = worst.stage
    left join completeness
        on stages.campaign = completeness.campaign
        and stages.stage = completeness.stage

),

judged as (

    select
        *,
        {{ hours('total_wall_time_s') }} as total_wall_time_h,
        {{ hours('over_threshold_wall_time_s') }} as over_threshold_wall_time_h,
        {{ share('over_threshold_wall_time_s', 'total_wall_time_s') }} as over_threshold_wall_time_fraction,
        {{ hours('spent_wall_time_s') }} as spent_wall_time_h,
        -- A stage of the file that holds nothing is a gap, whatever is known about it.
        case
            when (gap_count > 0 or is_empty) and incomplete_reason is null then 'incomplete'
            when gap_count > 0 or is_empty then 'declared'
            when unverified_task_count = 0 and promised_run_count = 0 then 'complete'
            when incomplete_reason is not null then 'declared'
            else 'unverified'
        end as completeness_verdict
    from joined

)

select * from judged
