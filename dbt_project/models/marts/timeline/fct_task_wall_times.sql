{%- set keys = ['campaign', 'stage', 'task_label'] -%}
{%- set fractions = {'min': 0, 'p05': 0.05, 'p25': 0.25, 'p50': 0.5, 'p75': 0.75, 'p95': 0.95, 'max': 1} -%}

with

counted as (

    select
        campaign,
        stage,
        task_label,
        count(*) as quanta_count,
        sum(total_wall_time_s) as total_wall_time_s
    from {{ ref('fct_quanta') }}
    where
        is_measured
        and total_wall_time_s is not null
    group by campaign, stage, task_label

),

wall_times as (
    {{ selected_quantiles(ref('fct_quanta'), keys, 'total_wall_time_s', fractions, 'is_measured') }}
),

whiskered as (
    {{ box_whiskers(ref('fct_quanta'), 'wall_times', keys, 'total_wall_time_s', 'relation.is_measured') }}
),

final as (

    select
        counted.campaign,
        counted.stage,
        counted.task_label,
        counted.quanta_count,
        {%- for name in fractions %}
        wall_times.{{ name }} as {{ name }}_total_wall_time_s,
        {%- endfor %}
        cast(counted.total_wall_time_s as double) / counted.quanta_count as mean_total_wall_time_s,
        cast(whiskered.lower_whisker_total_wall_time_s as double) as lower_whisker_total_wall_time_s,
        cast(whiskered.upper_whisker_total_wall_time_s as double) as upper_whisker_total_wall_time_s,
        whiskered.outlier_count,
        {{ hours('counted.total_wall_time_s') }} as total_wall_time_h
    from counted
    inner join wall_times using (campaign, stage, task_label)
    inner join whiskered using (campaign, stage, task_label)

)

select * from final
