-- Order statistics of matched quanta and the ranks around them: 99.9 % for the median of the paired ratios and for each
-- side of p95. So wide, since a hundred tasks are judged at once, and chance must make none of them worse.
with

matched as (

    select * from {{ ref('fct_matched_quanta') }}

),

valued as (

    {%- set measures = [
        ('max_rss_ratio', 'after_max_rss_bytes / before_max_rss_bytes', 'has_own_peaks'),
        ('before_max_rss', 'before_max_rss_bytes', 'has_own_peaks'),
        ('after_max_rss', 'after_max_rss_bytes', 'has_own_peaks'),
        ('wall_time_ratio', 'cast(after_total_wall_time_s as double) / cast(before_total_wall_time_s as double)',
            'before_total_wall_time_s > 0'),
        ('cpu_time_ratio', 'after_total_cpu_time_s / before_total_cpu_time_s', 'before_total_cpu_time_s > 0'),
    ] %}
    {%- for measure, value, condition in measures %}

    select
        before_campaign,
        after_campaign,
        stage,
        task_label,
        '{{ measure }}' as measure,
        {{ 0.95 if measure.endswith('_max_rss') else 0.5 }} as fraction,
        3.29 as z,
        {{ log_bin(value) }} as log_bin
    from matched
    where {{ condition }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

binned as (

    select
        before_campaign,
        after_campaign,
        stage,
        task_label,
        measure,
        fraction,
        z,
        log_bin,
        count(*) as quanta_count
    from valued
    where log_bin is not null
    group by before_campaign, after_campaign, stage, task_label, measure, fraction, z, log_bin

),

ranked as (

    select
        *,
        sum(quanta_count) over (
            partition by before_campaign, after_campaign, stage, task_label, measure
        ) as all_count,
        sum(quanta_count) over (
            partition by before_campaign, after_campaign, stage, task_label, measure order by log_bin
        ) as last_rank
    from binned

),

final as (

    select
        before_campaign,
        after_campaign,
        stage,
        task_label,
        measure,
        cast(max(all_count) as bigint) as quanta_count,
        exp(min(log_bin) filter (last_rank >= all_count * fraction) / 1000.0) as estimate,
        case
            when {{ rank_below('max(all_count)', 'max(fraction)', 'max(z)') }} >= 1
                then exp(
                    min(log_bin) filter (last_rank >= {{ rank_below('all_count', 'fraction', 'z') }}) / 1000.0
                )
        end as low,
        case
            when {{ rank_above('max(all_count)', 'max(fraction)', 'max(z)') }} <= max(all_count)
                then exp(
                    min(log_bin) filter (last_rank >= {{ rank_above('all_count', 'fraction', 'z') }}) / 1000.0
                )
        end as high
    from ranked
    group by before_campaign, after_campaign, stage, task_label, measure

)

select * from final
