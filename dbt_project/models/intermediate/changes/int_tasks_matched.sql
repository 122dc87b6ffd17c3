-- Use of each task in both campaigns of a pair, over the quanta that they have in common.
{{ config(materialized='table') }}
{%- set keys = ['before_campaign', 'after_campaign', 'stage', 'task_label'] %}
{%- set fractions = {'p50': 0.5, 'p95': 0.95, 'max': 1} %}

with

summed as (

    select
        before_campaign,
        after_campaign,
        stage,
        task_label,
        count(*) as matched_count,
        count(*) filter (where has_own_peaks) as own_matched_count,
        min(cluster_kind) as cluster_kind,
        count(distinct cluster_name) as cluster_count,
        count(distinct cluster_name) filter (where has_own_peaks) as own_cluster_count,
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

final as (

    select
        {%- for name in fractions %}
        before_peaks.{{ name }} as before_{{ name }}_max_rss_bytes,
        after_peaks.{{ name }} as after_{{ name }}_max_rss_bytes,
        {%- endfor %}
        summed.*
    from summed
    left join before_peaks using (before_campaign, after_campaign, stage, task_label)
    left join after_peaks using (before_campaign, after_campaign, stage, task_label)

)

select * from final
