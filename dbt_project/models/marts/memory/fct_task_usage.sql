{%- set keys = ['campaign', 'stage', 'task_label'] -%}
{%- set fractions = {
    'min': 0, 'p05': 0.05, 'p25': 0.25, 'p50': 0.5, 'p75': 0.75, 'p95': 0.95, 'p99': 0.99, 'max': 1
} -%}
{%- set own = 'is_measured and not is_peak_inherited' -%}

with

counted as (

    select
        campaign,
        stage,
        task_label,
        min(release) as release,
        count(*) filter (where is_measured) as quanta_count,
        {{ total_count('attempt_count') }} as attempted_count,
        count(*) filter (where is_result and status = 'failed') as failed_count,
        count(*) filter (where is_result and is_no_work) as no_work_count,
        count(*) filter (where is_superseded) as superseded_count,
        count(*) filter (where is_result and is_unmeasured) as unmeasured_count,
        count(*) filter (where is_result and is_implausible) as implausible_count,
        count(*) filter (where is_measured and is_peak_inherited) as inherited_peak_count,
        count(*) filter (where is_measured and not is_peak_inherited) as own_peak_count,
        count(*) filter (where is_measured and is_over_threshold) as over_threshold_count,
        avg(max_rss_bytes) filter (where is_measured) as mean_max_rss_bytes,
        avg(max_rss_bytes) filter (where is_measured and not is_peak_inherited) as own_mean_max_rss_bytes,
        coalesce(sum(total_wall_time_s) filter (where is_measured), 0) as total_wall_time_s,
        coalesce(sum(total_wall_time_s) filter (where is_measured and is_over_threshold), 0)
            as over_threshold_wall_time_s,
        coalesce(sum(spent_wall_time_s), 0) as spent_wall_time_s,
        -- Doubles add up differently in every order; exact decimals give the same sum in every build.
        cast(sum(cast(total_cpu_time_s as decimal(18, 6))) filter (where is_measured) as double) as total_cpu_time_s
    from {{ ref('fct_quanta') }}
    group by campaign, stage, task_label

),

peaks as (
    {{ selected_quantiles(ref('fct_quanta'), keys, 'max_rss_bytes', fractions, 'is_measured') }}
),

own_peaks as (
    {{ selected_quantiles(ref('fct_quanta'), keys, 'max_rss_bytes', fractions, own) }}
),

whiskered as (
    {{ box_whiskers(ref('fct_quanta'), 'peaks', keys, 'max_rss_bytes', 'relation.is_measured') }}
),

final as (

    select
        counted.campaign,
        counted.stage,
        counted.task_label,
        counted.release,
        counted.quanta_count,
        counted.attempted_count,
        counted.failed_count,
        coalesce(attempts.failed_attempt_count, 0) as failed_attempt_count,
        coalesce(attempts.memory_error_count, 0) as memory_error_count,
        attempts.lost_attempt_count,
        outcomes.job_count as recorded_job_count,
        outcomes.killed_job_count,
        outcomes.max_killed_request_mib,
        counted.no_work_count,
        counted.superseded_count,
        counted.unmeasured_count,
        counted.implausible_count,
        counted.inherited_peak_count,
        counted.own_peak_count,
        {{ share('counted.inherited_peak_count', 'counted.inherited_peak_count + counted.own_peak_count') }}
            as inherited_peak_fraction,
        {%- for name in fractions %}
        peaks.{{ name }} as {{ name }}_max_rss_bytes,
        own_peaks.{{ name }} as own_{{ name }}_max_rss_bytes,
        {%- endfor %}
        attempts.max_attempted_rss_bytes,
        counted.mean_max_rss_bytes,
        counted.own_mean_max_rss_bytes,
        whiskered.lower_whisker_max_rss_bytes,
        whiskered.upper_whisker_max_rss_bytes,
        coalesce(whiskered.outlier_count, 0) as outlier_count,
        counted.over_threshold_count,
        {{ share('counted.over_threshold_count', 'counted.quanta_count') }} as over_threshold_fraction,
        counted.total_wall_time_s,
        {{ hours('counted.total_wall_time_s') }} as total_wall_time_h,
        {{ hours('counted.over_threshold_wall_time_s') }} as over_threshold_wall_time_h,
        counted.spent_wall_time_s,
        {{ hours('counted.spent_wall_time_s') }} as spent_wall_time_h,
        counted.total_cpu_time_s,
        wall_times.p50_total_wall_time_s
    from counted
    left join {{ ref('int_attempts_counted') }} as attempts using (campaign, stage, task_label)
    left join own_peaks using (campaign, stage, task_label)
    left join peaks using (campaign, stage, task_label)
    left join {{ ref('fct_task_wall_times') }} as wall_times using (campaign, stage, task_label)
    left join whiskered using (campaign, stage, task_label)
    left join {{ ref('dim_jobs') }} as jobs using (campaign, task_label)
    -- A task of a cluster runs in its jobs, unless its records name the task itself.
    left join {{ ref('fct_job_outcomes') }} as own_outcomes
        on counted.campaign = own_outcomes.campaign
        and counted.stage = own_outcomes.stage
        and counted.task_label = own_outcomes.label
    left join {{ ref('fct_job_outcomes') }} as outcomes
        on counted.campaign = outcomes.campaign
        and counted.stage = outcomes.stage
        and coalesce(own_outcomes.label, jobs.job_label) = outcomes.label

)

select * from final
