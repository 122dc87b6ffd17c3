{%- set keys = ['campaign', 'stage', 'task_label'] -%}
{%- set fractions = {'min': 0, 'p25': 0.25, 'p50': 0.5, 'p75': 0.75, 'p95': 0.95, 'max': 1} -%}

with

usage as (

    select * from {{ ref('fct_task_usage') }}
    where quanta_count > 0

),

tasks as (

    select * from {{ ref('int_tasks_shared') }}

),

inputs as (

    select
        stage,
        task_label,
        count(*) as common_count
    from {{ ref('int_inputs_common') }}
    group by stage, task_label

),

counted as (

    select
        campaign,
        stage,
        task_label,
        count(*) as quanta_count,
        count(*) filter (where is_peak_inherited) as inherited_peak_count,
        count(*) filter (where is_peak_inherited is not null) as bounded_peak_count,
        count(*) filter (where is_over_threshold) as over_threshold_count,
        avg(max_rss_bytes) as mean_max_rss_bytes,
        sum(total_wall_time_s) as total_wall_time_s,
        coalesce(sum(total_wall_time_s) filter (where is_over_threshold), 0) as over_threshold_wall_time_s
    from {{ ref('int_quanta_common') }}
    group by campaign, stage, task_label

),

peaks as (
    {{ selected_quantiles(ref('int_quanta_common'), keys, 'max_rss_bytes', fractions, 'true') }}
),

whiskered as (
    {{ box_whiskers(ref('int_quanta_common'), 'peaks', keys, 'max_rss_bytes', 'true') }}
),

final as (

    select
        usage.campaign,
        usage.stage,
        usage.task_label,
        usage.release,
        tasks.common_by,
        tasks.campaign_count,
        coalesce(inputs.common_count, 0) as common_count,
        coalesce(counted.quanta_count, 0) as quanta_count,
        {{ share('coalesce(counted.quanta_count, 0)', 'usage.quanta_count') }} as common_quanta_fraction,
        coalesce(counted.inherited_peak_count, 0) as inherited_peak_count,
        {{ share('counted.inherited_peak_count', 'counted.bounded_peak_count') }} as inherited_peak_fraction,
        {%- for name in fractions %}
        peaks.{{ name }} as {{ name }}_max_rss_bytes,
        {%- endfor %}
        counted.mean_max_rss_bytes,
        whiskered.lower_whisker_max_rss_bytes,
        whiskered.upper_whisker_max_rss_bytes,
        coalesce(whiskered.outlier_count, 0) as outlier_count,
        coalesce(counted.over_threshold_count, 0) as over_threshold_count,
        {{ hours('coalesce(counted.total_wall_time_s, 0)') }} as total_wall_time_h,
        {{ hours('coalesce(counted.over_threshold_wall_time_s, 0)') }} as over_threshold_wall_time_h
    from usage
    inner join tasks using (stage, task_label)
    left join inputs using (stage, task_label)
    left join counted using (campaign, stage, task_label)
    left join peaks using (campaign, stage, task_label)
    left join whiskered using (campaign, stage, task_label)

)

select * from final
