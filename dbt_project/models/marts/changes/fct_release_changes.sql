{%- set statistics = ['p50', 'p95', 'max'] -%}

with

pairs as (

    select * from {{ ref('dim_campaign_pairs') }}

),

usage as (

    select * from {{ ref('fct_task_usage') }}
    where quanta_count > 0

),

judged as (

    select * from {{ ref('int_changes_judged') }}

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

-- Over matched quanta where there are any, else over all of each campaign.
joined as (

    select
        tasks.*,
        pairs.before_release,
        pairs.after_release,
        pairs.is_against_focus,
        pairs.is_against_predecessor,
        coalesce(earlier.quanta_count, 0) as before_quanta_count,
        coalesce(later.quanta_count, 0) as after_quanta_count,
        coalesce(judged.matched_count, 0) as matched_count,
        coalesce(judged.own_matched_count, 0) as own_matched_count,
        judged.matched_count is not null as is_matched,
        judged.cluster_kind,
        judged.cluster_count,
        judged.own_cluster_count,
        {%- for side, usage in [('before', 'earlier'), ('after', 'later')] %}
        {%- for name in statistics %}
        coalesce(judged.{{ side }}_{{ name }}_max_rss_bytes, {{ usage }}.{{ name }}_max_rss_bytes)
            as {{ side }}_{{ name }}_max_rss_bytes,
        {%- endfor %}
        {{ hours('coalesce(judged.' ~ side ~ '_total_wall_time_s, ' ~ usage ~ '.total_wall_time_s)') }}
            as {{ side }}_total_wall_time_h,
        coalesce(judged.{{ side }}_total_cpu_time_s, {{ usage }}.total_cpu_time_s) / 3600
            as {{ side }}_total_cpu_time_h,
        {%- endfor %}
        {%- for measure in ['paired_max_rss', 'paired_wall_time', 'paired_cpu_time'] %}
        judged.{{ measure }}_change_fraction,
        {%- endfor %}
        {%- for measure in ['p50_max_rss', 'p95_max_rss', 'paired_max_rss', 'paired_wall_time', 'paired_cpu_time'] %}
        judged.low_{{ measure }}_change_fraction,
        judged.high_{{ measure }}_change_fraction,
        {%- endfor %}
        judged.newly_over_count,
        judged.no_longer_over_count,
        judged.crossing_chance_fraction,
        {%- for measure in ['p50_max_rss', 'p95_max_rss', 'wall_time'] %}
        judged.detectable_{{ measure }}_change_fraction,
        {%- endfor %}
        judged.max_rss_verdict,
        judged.wall_time_verdict,
        judged.verdict,
        judged.max_rss_regression_fraction,
        judged.wall_time_regression_fraction,
        judged.regression_fraction
    from tasks
    inner join pairs using (before_campaign, after_campaign)
    left join judged using (before_campaign, after_campaign, stage, task_label)
    left join usage as earlier
        on tasks.before_campaign = earlier.campaign
        and tasks.stage = earlier.stage
        and tasks.task_label = earlier.task_label
    left join usage as later
        on tasks.after_campaign = later.campaign
        and tasks.stage = later.stage
        and tasks.task_label = later.task_label

),

final as (

    select
        *,
        {%- for name in statistics %}
        {{ share(
            'after_' ~ name ~ '_max_rss_bytes - before_' ~ name ~ '_max_rss_bytes',
            'before_' ~ name ~ '_max_rss_bytes'
        ) }} as {{ name }}_max_rss_change_fraction,
        {%- endfor %}
        {{ share('after_total_wall_time_h - before_total_wall_time_h', 'before_total_wall_time_h') }}
            as total_wall_time_change_fraction,
        {{ share('after_total_cpu_time_h - before_total_cpu_time_h', 'before_total_cpu_time_h') }}
            as total_cpu_time_change_fraction
    from joined

)

select * from final
