-- Memory and time of the measured quanta of each stage.
{%- set fractions = {'p50': 0.5, 'p95': 0.95, 'p99': 0.99, 'max': 1} %}

with

measured as (

    select
        campaign,
        stage,
        avg(max_rss_bytes) as mean_max_rss_bytes,
        sum(total_wall_time_s) as total_wall_time_s,
        sum(total_wall_time_s) filter (where is_over_threshold) as over_threshold_wall_time_s,
        count(*) as quanta_count,
        count(*) filter (where is_over_threshold) as over_threshold_count
    from {{ ref('fct_quanta') }}
    where is_measured
    group by campaign, stage

),

peaks as (
    {{ selected_quantiles(ref('fct_quanta'), ['campaign', 'stage'], 'max_rss_bytes', fractions, 'is_measured') }}
),

final as (

    select
        {%- for name in fractions %}
        peaks.{{ name }} as {{ name }}_max_rss_bytes,
        {%- endfor %}
        measured.*
    from measured
    left join peaks using (campaign, stage)

)

select * from final
