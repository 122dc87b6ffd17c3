{%- set fractions = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1] -%}
{%- set names = ['min', 'p05', 'p25', 'p50', 'p75', 'p95', 'p99', 'max'] -%}

with

quanta as (

    select * from {{ ref('fct_quanta') }}

),

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
        {{ quantiles('max_rss_bytes', fractions) }} filter (is_measured) as rss_quantiles,
        avg(max_rss_bytes) filter (is_measured) as mean_max_rss_bytes,
        coalesce(sum(total_wall_time_s) filter (is_measured), 0) as total_wall_time_s,
        coalesce(sum(total_wall_time_s) filter (is_measured and is_over_threshold), 0) as over_threshold_wall_time_s,
        coalesce(sum(spent_wall_time_s), 0) as spent_wall_time_s,
        -- Doubles add up differently in every order; exact decimals give the same sum in every build.
        cast(sum(cast(total_cpu_time_s as decimal(18, 6))) filter (is_measured) as double) as total_cpu_time_s
    from quanta
    group by campaign, stage, task_label

),

-- Exact quantiles hold every value of a group in memory: one aggregation at a time needs the least.
own as (

    select
        campaign,
        stage,
        task_label,
        {{ quantiles('max_rss_bytes', fractions) }} as own_rss_quantiles,
        avg(max_rss_bytes) as own_mean_max_rss_bytes
    from quanta
    where
        is_measured
        and not is_peak_inherited
    group by campaign, stage, task_label

),

timed as (

    select
        campaign,
        stage,
        task_label,
        {{ quantiles('total_wall_time_s', [0.5]) }} as wall_time_quantiles
    from quanta
    where is_measured
    group by campaign, stage, task_label

),

fenced as (

    select
        *,
        {{ element('rss_quantiles', 3) }}
        - 1.5 * ({{ element('rss_quantiles', 5) }} - {{ element('rss_quantiles', 3) }}) as lower_fence_bytes,
        {{ element('rss_quantiles', 5) }}
        + 1.5 * ({{ element('rss_quantiles', 5) }} - {{ element('rss_quantiles', 3) }}) as upper_fence_bytes
    from counted

),

-- Tukey's whiskers end at the last value within 1.5 interquartile ranges of the box.
whiskered as (

    select
        quanta.campaign,
        quanta.stage,
        quanta.task_label,
        min(quanta.max_rss_bytes) filter (quanta.max_rss_bytes >= fenced.lower_fence_bytes)
            as lower_whisker_max_rss_bytes,
        max(quanta.max_rss_bytes) filter (quanta.max_rss_bytes <= fenced.upper_fence_bytes)
            as upper_whisker_max_rss_bytes,
        count(*) filter (
            quanta.max_rss_bytes < fenced.lower_fence_bytes or quanta.max_rss_bytes > fenced.upper_fence_bytes
        ) as outlier_count
    from quanta
    inner join fenced
        on quanta.campaign = fenced.campaign
        and quanta.stage = fenced.stage
        and quanta.task_label = fenced.task_label
    where quanta.is_measured
    group by quanta.campaign, quanta.stage, quanta.task_label

),

final as (

    select
        fenced.campaign,
        fenced.stage,
        fenced.task_label,
        fenced.release,
        fenced.quanta_count,
        fenced.attempted_count,
        fenced.failed_count,
        fenced.no_work_count,
        fenced.superseded_count,
        fenced.inherited_peak_count,
        fenced.own_peak_count,
        {{ share('fenced.inherited_peak_count', 'fenced.inherited_peak_count + fenced.own_peak_count') }}
            as inherited_peak_fraction,
        {%- for name in names %}
        {{ element('fenced.rss_quantiles', loop.index) }} as {{ name }}_max_rss_bytes,
        {{ element('own.own_rss_quantiles', loop.index) }} as own_{{ name }}_max_rss_bytes,
        {%- endfor %}
        fenced.mean_max_rss_bytes,
        own.own_mean_max_rss_bytes,
        whiskered.lower_whisker_max_rss_bytes,
        whiskered.upper_whisker_max_rss_bytes,
        coalesce(whiskered.outlier_count, 0) as outlier_count,
        fenced.over_threshold_count,
        {{ share('fenced.over_threshold_count', 'fenced.quanta_count') }} as over_threshold_fraction,
        fenced.total_wall_time_s,
        {{ hours('fenced.total_wall_time_s') }} as total_wall_time_h,
        {{ hours('fenced.over_threshold_wall_time_s') }} as over_threshold_wall_time_h,
        fenced.spent_wall_time_s,
        {{ hours('fenced.spent_wall_time_s') }} as spent_wall_time_h,
        fenced.total_cpu_time_s,
        {{ element('timed.wall_time_quantiles', 1) }} as p50_total_wall_time_s
    from fenced
    left join own
        on fenced.campaign = own.campaign
        and fenced.stage = own.stage
        and fenced.task_label = own.task_label
    left join timed
        on fenced.campaign = timed.campaign
        and fenced.stage = timed.stage
        and fenced.task_label = timed.task_label
    left join whiskered
        on fenced.campaign = whiskered.campaign
        and fenced.stage = whiskered.stage
        and fenced.task_label = whiskered.task_label

)

select * from final
