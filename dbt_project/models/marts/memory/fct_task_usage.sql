{%- set keys = ['campaign', 'stage', 'task_label'] -%}
{%- set fractions = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1] -%}
{%- set own = 'is_measured and not is_peak_inherited' -%}
{%- set names = ['min', 'p05', 'p25', 'p50', 'p75', 'p95', 'p99', 'max'] -%}

with

counted as (

    select
        campaign,
        stage,
        task_label,
        min(release) as release,
        count(*) filter (is_measured) as quanta_count,
        {{ total_count('attempt_count') }} as attempted_count,
        count(*) filter (is_result and status = 'failed') as failed_count,
        count(*) filter (is_result and is_no_work) as no_work_count,
        count(*) filter (is_superseded) as superseded_count,
        count(*) filter (is_measured and is_peak_inherited) as inherited_peak_count,
        count(*) filter (is_measured and not is_peak_inherited) as own_peak_count,
        count(*) filter (is_measured and is_over_threshold) as over_threshold_count,
        avg(max_rss_bytes) filter (is_measured) as mean_max_rss_bytes,
        avg(max_rss_bytes) filter (is_measured and not is_peak_inherited) as own_mean_max_rss_bytes,
        coalesce(sum(total_wall_time_s) filter (is_measured), 0) as total_wall_time_s,
        coalesce(sum(total_wall_time_s) filter (is_measured and is_over_threshold), 0) as over_threshold_wall_time_s,
        coalesce(sum(spent_wall_time_s), 0) as spent_wall_time_s,
        -- Doubles add up differently in every order; exact decimals give the same sum in every build.
        cast(sum(cast(total_cpu_time_s as decimal(18, 6))) filter (is_measured) as double) as total_cpu_time_s
    from {{ ref('fct_quanta') }}
    group by campaign, stage, task_label

),

peaks as (
    {{ selected_quantiles(ref('fct_quanta'), keys, 'max_rss_bytes', fractions, 'is_measured') }}
),

own_peaks as (
    {{ selected_quantiles(ref('fct_quanta'), keys, 'max_rss_bytes', fractions, own) }}
),

wall_times as (
    {{ selected_quantiles(ref('fct_quanta'), keys, 'total_wall_time_s', [0.5], 'is_measured') }}
),

whiskered as (
    {{ box_whiskers(
        ref('fct_quanta'), 'peaks', keys, 'max_rss_bytes', 'quantile_3', 'quantile_5', 'relation.is_measured'
    ) }}
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
        counted.no_work_count,
        counted.superseded_count,
        counted.inherited_peak_count,
        counted.own_peak_count,
        {{ share('counted.inherited_peak_count', 'counted.inherited_peak_count + counted.own_peak_count') }}
            as inherited_peak_fraction,
        {%- for name in names %}
        peaks.quantile_{{ loop.index }} as {{ name }}_max_rss_bytes,
        own_peaks.quantile_{{ loop.index }} as own_{{ name }}_max_rss_bytes,
        {%- endfor %}
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
        wall_times.quantile_1 as p50_total_wall_time_s
    from counted
    left join own_peaks
        on counted.campaign = own_peaks.campaign
        and counted.stage = own_peaks.stage
        and counted.task_label = own_peaks.task_label
    left join peaks
        on counted.campaign = peaks.campaign
        and counted.stage = peaks.stage
        and counted.task_label = peaks.task_label
    left join wall_times
        on counted.campaign = wall_times.campaign
        and counted.stage = wall_times.stage
        and counted.task_label = wall_times.task_label
    left join whiskered
        on counted.campaign = whiskered.campaign
        and counted.stage = whiskered.stage
        and counted.task_label = whiskered.task_label

)

select * from final
