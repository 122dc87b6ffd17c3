with

usage as (

    select * from {{ ref('fct_task_usage') }}

),

-- The curve keeps every point where it passes a multiple of 1/200, which these fractions are.
estimated as (

    select
        campaign,
        stage,
        task_label,
        {%- for fraction in ['0.50', '0.75', '0.95', '0.99'] %}
        min(max_rss_bytes) filter (
            where estimated_quanta_fraction >= {{ fraction }} and below_quanta_fraction < {{ fraction }}
        ) as estimated_p{{ fraction[2:] }}_max_rss_bytes,
        {%- endfor %}
        max(max_rss_bytes) as estimated_max_max_rss_bytes,
        min(below_quanta_fraction) as unresolved_fraction
    from {{ ref('fct_task_own_rss') }}
    group by campaign, stage, task_label

),

final as (

    select
        usage.campaign,
        usage.stage,
        usage.task_label,
        usage.release,
        usage.own_peak_count,
        usage.inherited_peak_count,
        usage.inherited_peak_fraction,
        coalesce(
            estimated.unresolved_fraction,
            case when usage.inherited_peak_count > 0 then 1 end
        ) as unresolved_fraction,
        estimated.estimated_p50_max_rss_bytes,
        estimated.estimated_p75_max_rss_bytes,
        estimated.estimated_p95_max_rss_bytes,
        estimated.estimated_p99_max_rss_bytes,
        estimated.estimated_max_max_rss_bytes
    from usage
    left join estimated using (campaign, stage, task_label)

)

select * from final
