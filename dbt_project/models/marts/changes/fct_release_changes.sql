{%- set keys = ['before_campaign', 'after_campaign', 'stage', 'task_label'] -%}
{%- set fractions = [0.5, 0.95, 1] -%}
{%- set names = ['p50', 'p95', 'max'] -%}
{%- set resampled_quantiles = [('p50', 0.5), ('p95', 0.95)] -%}

with

pairs as (

    select * from {{ ref('dim_campaign_pairs') }}

),

usage as (

    select * from {{ ref('fct_task_usage') }}
    where quanta_count > 0

),

matched as (

    select
        before_campaign,
        after_campaign,
        stage,
        task_label,
        count(*) as matched_count,
        count(*) filter (has_own_peaks) as own_matched_count,
        sum(before_total_wall_time_s) as before_total_wall_time_s,
        sum(after_total_wall_time_s) as after_total_wall_time_s,
        {{ exact_total('before_total_cpu_time_s') }} as before_total_cpu_time_s,
        {{ exact_total('after_total_cpu_time_s') }} as after_total_cpu_time_s
    from {{ ref('fct_matched_quanta') }}
    group by before_campaign, after_campaign, stage, task_label

),

before_peaks as (
    {{ selected_quantiles(ref('fct_matched_quanta'), keys, 'before_max_rss_bytes', fractions, 'true') }}
),

after_peaks as (
    {{ selected_quantiles(ref('fct_matched_quanta'), keys, 'after_max_rss_bytes', fractions, 'true') }}
),

intervals as (

    select * from {{ ref('fct_change_intervals') }}

),

-- Ratios minus one.
changes as (

    select
        {%- for measure in ['max_rss', 'wall_time', 'cpu_time'] %}
        max(estimate) filter (measure = '{{ measure }}_ratio') - 1 as paired_{{ measure }}_change_fraction,
        max(low) filter (measure = '{{ measure }}_ratio') - 1 as low_paired_{{ measure }}_change_fraction,
        max(high) filter (measure = '{{ measure }}_ratio') - 1 as high_paired_{{ measure }}_change_fraction,
        {%- endfor %}
        max(estimate) filter (measure = 'after_max_rss') / max(estimate) filter (measure = 'before_max_rss') - 1
            as own_p95_max_rss_change_fraction,
        before_campaign,
        after_campaign,
        stage,
        task_label
    from intervals
    group by before_campaign, after_campaign, stage, task_label

),

resampled as (

    select
        {%- for name, fraction in resampled_quantiles %}
        max(low_change_fraction) filter (quantile_fraction = {{ fraction }})
            as low_{{ name }}_max_rss_change_fraction,
        max(high_change_fraction) filter (quantile_fraction = {{ fraction }})
            as high_{{ name }}_max_rss_change_fraction,
        {%- endfor %}
        before_campaign,
        after_campaign,
        stage,
        task_label
    from {{ ref('int_changes_resampled') }}
    group by before_campaign, after_campaign, stage, task_label

),

-- Every task that either campaign of a pair has, in that stage.
tasks as (

    select distinct
        pairs.before_campaign,
        pairs.after_campaign,
        usage.stage,
        usage.task_label
    from pairs
    inner join usage on usage.campaign in (pairs.before_campaign, pairs.after_campaign)

),

joined as (

    select
        tasks.*,
        pairs.before_release,
        pairs.after_release,
        pairs.is_against_focus,
        pairs.is_against_predecessor,
        coalesce(earlier.quanta_count, 0) as before_quanta_count,
        coalesce(later.quanta_count, 0) as after_quanta_count,
        coalesce(matched.matched_count, 0) as matched_count,
        coalesce(matched.own_matched_count, 0) as own_matched_count,
        matched.matched_count is not null as is_matched,
        {%- for name in names %}
        coalesce(before_peaks.quantile_{{ loop.index }}, earlier.{{ name }}_max_rss_bytes)
            as before_{{ name }}_max_rss_bytes,
        coalesce(after_peaks.quantile_{{ loop.index }}, later.{{ name }}_max_rss_bytes)
            as after_{{ name }}_max_rss_bytes,
        {%- endfor %}
        {{ hours('coalesce(matched.before_total_wall_time_s, earlier.total_wall_time_s)') }}
            as before_total_wall_time_h,
        {{ hours('coalesce(matched.after_total_wall_time_s, later.total_wall_time_s)') }} as after_total_wall_time_h,
        coalesce(matched.before_total_cpu_time_s, earlier.total_cpu_time_s) / 3600 as before_total_cpu_time_h,
        coalesce(matched.after_total_cpu_time_s, later.total_cpu_time_s) / 3600 as after_total_cpu_time_h,
        changes.paired_max_rss_change_fraction,
        changes.low_paired_max_rss_change_fraction,
        changes.high_paired_max_rss_change_fraction,
        changes.paired_wall_time_change_fraction,
        changes.low_paired_wall_time_change_fraction,
        changes.high_paired_wall_time_change_fraction,
        changes.paired_cpu_time_change_fraction,
        changes.low_paired_cpu_time_change_fraction,
        changes.high_paired_cpu_time_change_fraction,
        changes.own_p95_max_rss_change_fraction,
        resampled.low_p50_max_rss_change_fraction,
        resampled.high_p50_max_rss_change_fraction,
        resampled.low_p95_max_rss_change_fraction,
        resampled.high_p95_max_rss_change_fraction
    from tasks
    inner join pairs
        on tasks.before_campaign = pairs.before_campaign
        and tasks.after_campaign = pairs.after_campaign
    left join usage as earlier
        on tasks.before_campaign = earlier.campaign
        and tasks.stage = earlier.stage
        and tasks.task_label = earlier.task_label
    left join usage as later
        on tasks.after_campaign = later.campaign
        and tasks.stage = later.stage
        and tasks.task_label = later.task_label
    {%- for relation in ['matched', 'before_peaks', 'after_peaks', 'changes', 'resampled'] %}
    left join {{ relation }}
        on {{ same_keys('tasks', relation, keys) }}
    {%- endfor %}

),

-- Memory is judged by own peaks alone: an inherited one tells of another task.
judged as (

    select
        *,
        case
            when not is_matched then null
            when own_matched_count < {{ least_matched_quanta() }} then 'cannot_tell'
            else {{ verdict_of([
                ('low_paired_max_rss_change_fraction', 'high_paired_max_rss_change_fraction'),
                ('low_p95_max_rss_change_fraction', 'high_p95_max_rss_change_fraction'),
            ]) }}
        end as max_rss_verdict,
        case
            when not is_matched then null
            when matched_count < {{ least_matched_quanta() }} then 'cannot_tell'
            else {{ verdict_of([('low_paired_wall_time_change_fraction', 'high_paired_wall_time_change_fraction')]) }}
        end as wall_time_verdict
    from joined

),

final as (

    select
        before_campaign,
        after_campaign,
        stage,
        task_label,
        before_release,
        after_release,
        max_rss_verdict,
        wall_time_verdict,
        case
            when not is_matched then null
            when 'worse' in (max_rss_verdict, wall_time_verdict) then 'worse'
            when 'better' in (max_rss_verdict, wall_time_verdict) then 'better'
            when max_rss_verdict = 'same' and wall_time_verdict = 'same' then 'same'
            else 'cannot_tell'
        end as verdict,
        before_quanta_count,
        after_quanta_count,
        matched_count,
        own_matched_count,
        {%- for name in names %}
        before_{{ name }}_max_rss_bytes,
        after_{{ name }}_max_rss_bytes,
        {{ share(
            'after_' ~ name ~ '_max_rss_bytes - before_' ~ name ~ '_max_rss_bytes',
            'before_' ~ name ~ '_max_rss_bytes'
        ) }} as {{ name }}_max_rss_change_fraction,
        {%- endfor %}
        {%- for name, _ in resampled_quantiles %}
        low_{{ name }}_max_rss_change_fraction,
        high_{{ name }}_max_rss_change_fraction,
        {%- endfor %}
        {%- for measure in ['max_rss', 'wall_time', 'cpu_time'] %}
        paired_{{ measure }}_change_fraction,
        low_paired_{{ measure }}_change_fraction,
        high_paired_{{ measure }}_change_fraction,
        {%- endfor %}
        before_total_wall_time_h,
        after_total_wall_time_h,
        {{ share('after_total_wall_time_h - before_total_wall_time_h', 'before_total_wall_time_h') }}
            as total_wall_time_change_fraction,
        before_total_cpu_time_h,
        after_total_cpu_time_h,
        {{ share('after_total_cpu_time_h - before_total_cpu_time_h', 'before_total_cpu_time_h') }}
            as total_cpu_time_change_fraction,
        -- The largest change among those that made a verdict of worse; of p95 over own peaks, as its interval is.
        greatest(
            case
                when
                    max_rss_verdict = 'worse'
                    and low_paired_max_rss_change_fraction > {{ change_tolerance_fraction() }}
                    then paired_max_rss_change_fraction
            end,
            case
                when
                    max_rss_verdict = 'worse'
                    and low_p95_max_rss_change_fraction > {{ change_tolerance_fraction() }}
                    then own_p95_max_rss_change_fraction
            end,
            case when wall_time_verdict = 'worse' then paired_wall_time_change_fraction end
        ) as regression_fraction,
        is_matched,
        is_against_focus,
        is_against_predecessor
    from judged

)

select * from final
