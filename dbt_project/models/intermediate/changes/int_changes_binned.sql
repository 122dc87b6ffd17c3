-- How many matched quanta have a value, and their ranks, in bins 0.1 % wide: few however many quanta there are.
{{ config(materialized='table') }}

with

valued as (

    {%- set measures = [
        ('max_rss_ratio', 'after_max_rss_bytes / nullif(before_max_rss_bytes, 0)', 'has_own_peaks'),
        ('before_max_rss', 'before_max_rss_bytes', 'has_own_peaks'),
        ('after_max_rss', 'after_max_rss_bytes', 'has_own_peaks'),
        ('wall_time_ratio',
            'cast(after_total_wall_time_s as double) / nullif(cast(before_total_wall_time_s as double), 0)', 'true'),
        ('cpu_time_ratio', 'after_total_cpu_time_s / nullif(before_total_cpu_time_s, 0)', 'true'),
    ] %}
    {%- for measure, value, condition in measures %}

    select
        before_campaign,
        after_campaign,
        stage,
        task_label,
        '{{ measure }}' as measure,
        {{ log_bin(value) }} as log_bin
    from {{ ref('fct_matched_quanta') }}
    where {{ condition }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

counted as (

    select
        before_campaign,
        after_campaign,
        stage,
        task_label,
        measure,
        log_bin,
        count(*) as quanta_count
    from valued
    where log_bin is not null
    group by before_campaign, after_campaign, stage, task_label, measure, log_bin

),

final as (

    select
        *,
        sum(quanta_count) over (
            partition by before_campaign, after_campaign, stage, task_label, measure order by log_bin
        ) as last_rank,
        sum(quanta_count) over (
            partition by before_campaign, after_campaign, stage, task_label, measure
        ) as all_count
    from counted

)

select * from final
