{#- Counts and sums by their relation; 0 if a stage has none. -#}
{%- set totals = {
    'measured': ['quanta_count', 'over_threshold_count', 'total_wall_time_s', 'over_threshold_wall_time_s'],
    'tasks': ['attempted_count', 'superseded_count', 'implausible_count', 'inherited_peak_count'],
    'completeness': ['expected_count', 'failed_count', 'blocked_count', 'aborted_count', 'no_work_count',
        'missing_count', 'gap_count', 'unmeasured_count', 'unexpected_count', 'successful_count'],
} -%}

with

stages as (

    select * from {{ ref('int_stages_listed') }}

),

tasks as (

    select
        campaign,
        stage,
        count(*) as task_count,
        {%- for name in totals.tasks %}
        {{ total_count(name) }} as {{ name }},
        {%- endfor %}
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
        {%- for name in totals.completeness %}
        {{ total_count(name) }} as {{ name }},
        {%- endfor %}
        count(*) filter (where verdict = 'unverified') as unverified_task_count
    from {{ ref('fct_task_completeness') }}
    group by campaign, stage

),

joined as (

    select
        stages.*,
        coalesce(tasks.task_count, 0) as task_count,
        {%- for relation, names in totals.items() %}
        {%- for name in names %}
        coalesce({{ relation }}.{{ name }}, 0) as {{ name }},
        {%- endfor %}{% endfor %}
        coalesce(completeness.unverified_task_count, 0) as unverified_task_count,
        {{ share('tasks.inherited_peak_count', 'tasks.inherited_peak_count + tasks.own_peak_count') }}
            as inherited_peak_fraction,
        {%- for statistic in ['p50', 'mean', 'p95', 'p99', 'max'] %}
        measured.{{ statistic }}_max_rss_bytes,
        {%- endfor %}
        {{ share('measured.over_threshold_count', 'measured.quanta_count') }} as over_threshold_fraction,
        coalesce(tasks.spent_wall_time_s, 0) as spent_wall_time_s,
        worst.worst_task_label,
        worst.worst_task_over_threshold_count,
        outcomes.job_count as recorded_job_count,
        outcomes.killed_job_count,
        outcomes.killed_job_fraction,
        completeness.campaign is null as is_empty,
        fits.fit_verdict,
        fits.fit_reason
    from stages
    left join {{ ref('int_stages_measured') }} as measured using (campaign, stage)
    left join {{ ref('fct_stage_fit') }} as fits using (campaign, stage)
    left join tasks using (campaign, stage)
    left join worst using (campaign, stage)
    left join {{ ref('fct_stage_outcomes') }} as outcomes using (campaign, stage)
    left join completeness using (campaign, stage)

),

final as (

    select
        *,
        {{ hours('total_wall_time_s') }} as total_wall_time_h,
        {{ hours('over_threshold_wall_time_s') }} as over_threshold_wall_time_h,
        {{ share('quanta_count', 'successful_count + gap_count - unmeasured_count') }} as measured_fraction,
        {{ share('over_threshold_wall_time_s', 'total_wall_time_s') }} as over_threshold_wall_time_fraction,
        {{ hours('spent_wall_time_s') }} as spent_wall_time_h,
        -- A stage of the file without data is a gap, even if nothing else is known about it.
        case
            when (gap_count > 0 or is_empty) and incomplete_reason is null then 'incomplete'
            when gap_count > 0 or is_empty then 'declared'
            when unverified_task_count = 0 and promised_run_count = 0 then 'complete'
            when incomplete_reason is not null then 'declared'
            else 'unverified'
        end as completeness_verdict
    from joined

)

select * from final
