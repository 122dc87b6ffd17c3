-- Inputs of the verdicts on matched tasks: changes with their intervals, pairs that crossed the line, and the smallest
-- change that an interval of this width would have shown.
with

matched as (

    select * from {{ ref('int_tasks_matched') }}

),

-- Ratios minus one.
paired as (

    select
        {%- for measure in ['max_rss', 'wall_time', 'cpu_time'] %}
        max(estimate) filter (where measure = '{{ measure }}_ratio') - 1 as paired_{{ measure }}_change_fraction,
        max(low) filter (where measure = '{{ measure }}_ratio') - 1 as low_paired_{{ measure }}_change_fraction,
        max(high) filter (where measure = '{{ measure }}_ratio') - 1 as high_paired_{{ measure }}_change_fraction,
        {%- endfor %}
        max(estimate) filter (where measure = 'after_max_rss')
        / max(estimate) filter (where measure = 'before_max_rss') - 1 as own_p95_max_rss_change_fraction,
        before_campaign,
        after_campaign,
        stage,
        task_label
    from {{ ref('int_change_intervals') }}
    group by before_campaign, after_campaign, stage, task_label

),

resampled as (

    select
        {%- for name, fraction in {'p50': 0.5, 'p95': 0.95}.items() %}
        max(low_change_fraction) filter (where quantile_fraction = {{ fraction }})
            as low_{{ name }}_max_rss_change_fraction,
        max(high_change_fraction) filter (where quantile_fraction = {{ fraction }})
            as high_{{ name }}_max_rss_change_fraction,
        {%- endfor %}
        before_campaign,
        after_campaign,
        stage,
        task_label
    from {{ ref('int_changes_resampled') }}
    group by before_campaign, after_campaign, stage, task_label

),

crossed as (

    select * from {{ ref('int_changes_crossed') }}

),

joined as (

    -- Each key once, because of `using`.
    select * -- noqa: RF02
    from matched
    left join paired using (before_campaign, after_campaign, stage, task_label)
    left join resampled using (before_campaign, after_campaign, stage, task_label)
    left join crossed using (before_campaign, after_campaign, stage, task_label)

),

final as (

    select
        *,
        {{ detectable_change('paired_max_rss_change_fraction', 'low_paired_max_rss_change_fraction') }}
            as detectable_p50_max_rss_change_fraction,
        {{ detectable_change('own_p95_max_rss_change_fraction', 'low_p95_max_rss_change_fraction') }}
            as detectable_p95_max_rss_change_fraction,
        {{ detectable_change('paired_wall_time_change_fraction', 'low_paired_wall_time_change_fraction') }}
            as detectable_wall_time_change_fraction
    from joined

)

select * from final
