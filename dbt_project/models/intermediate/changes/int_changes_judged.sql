-- Verdicts on tasks with matched quanta. Memory is judged by own peaks alone: an inherited one tells of another task.
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

joined as (

    -- Each key once, as `using` gives them.
    select * -- noqa: RF02
    from matched
    left join paired using (before_campaign, after_campaign, stage, task_label)
    left join resampled using (before_campaign, after_campaign, stage, task_label)

),

judged as (

    select
        *,
        case
            when own_matched_count < {{ var('least_matched_quanta') }} then 'cannot_tell'
            else {{ verdict_of([
                ('low_paired_max_rss_change_fraction', 'high_paired_max_rss_change_fraction'),
                ('low_p95_max_rss_change_fraction', 'high_p95_max_rss_change_fraction'),
            ]) }}
        end as max_rss_verdict,
        case
            when matched_count < {{ var('least_matched_quanta') }} then 'cannot_tell'
            else {{ verdict_of([('low_paired_wall_time_change_fraction', 'high_paired_wall_time_change_fraction')]) }}
        end as wall_time_verdict
    from joined

),

final as (

    select
        *,
        case
            when 'worse' in (max_rss_verdict, wall_time_verdict) then 'worse'
            when 'better' in (max_rss_verdict, wall_time_verdict) then 'better'
            when max_rss_verdict = 'same' and wall_time_verdict = 'same' then 'same'
            else 'cannot_tell'
        end as verdict,
        -- The largest change among those that made a verdict of worse; of p95 over own peaks, as its interval is.
        greatest(
            case
                when
                    max_rss_verdict = 'worse'
                    and low_paired_max_rss_change_fraction > {{ var('change_tolerance_fraction') }}
                    then paired_max_rss_change_fraction
            end,
            case
                when
                    max_rss_verdict = 'worse'
                    and low_p95_max_rss_change_fraction > {{ var('change_tolerance_fraction') }}
                    then own_p95_max_rss_change_fraction
            end,
            case when wall_time_verdict = 'worse' then paired_wall_time_change_fraction end
        ) as regression_fraction
    from judged

)

select * from final
