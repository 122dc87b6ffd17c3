with

bounds as (

    select
        campaign,
        stage,
        task_label,
        {%- for kind in ['own', 'inherited', 'killed'] %}
        {{ total_count("case when bound_kind = '" ~ kind ~ "' then quanta_count else 0 end") }} as {{ kind }}_count,
        {%- endfor %}
        max(low_mib) filter (where bound_kind = 'killed') as most_killed_mib
    from {{ ref('int_needs_bounded') }}
    group by campaign, stage, task_label

),

-- The iteration ends at about 1e-9. The results are rounded more coarsely, and smaller shares become 0.
cumulated as (

    select
        campaign,
        stage,
        task_label,
        high_mib,
        quanta_fraction,
        round(sum(quanta_fraction) over (
            partition by campaign, stage, task_label
            order by low_mib asc
            rows between unbounded preceding and current row
        ), 6) as cumulative_fraction
    from {{ ref('int_needs_estimated') }}

),

estimated as (

    select
        campaign,
        stage,
        task_label,
        {%- for fraction in ['0.50', '0.95', '0.99'] %}
        min(high_mib) filter (where cumulative_fraction >= {{ fraction }}) * 1048576
            as estimated_p{{ fraction[2:] }}_max_rss_bytes,
        {%- endfor %}
        round(coalesce(sum(quanta_fraction) filter (where high_mib is null), 0), 6) as unbounded_fraction
    from cumulated
    group by campaign, stage, task_label

),

final as (

    select
        bounds.campaign,
        bounds.stage,
        bounds.task_label,
        bounds.own_count as own_peak_count,
        bounds.inherited_count as inherited_peak_count,
        bounds.killed_count as killed_job_count,
        bounds.most_killed_mib - 1 as max_killed_request_mib,
        estimated.estimated_p50_max_rss_bytes,
        estimated.estimated_p95_max_rss_bytes,
        estimated.estimated_p99_max_rss_bytes,
        estimated.unbounded_fraction
    from bounds
    inner join estimated using (campaign, stage, task_label)

)

select * from final
