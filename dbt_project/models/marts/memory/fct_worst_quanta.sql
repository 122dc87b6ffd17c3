with

quanta as (

    select * from {{ ref('fct_quanta') }}
    where is_measured

),

-- The curve gives a peak that enough quanta exceed. Only these quanta need to be ranked.
cut as (

    select
        campaign,
        stage,
        max(max_rss_bytes) filter (
            where all_quanta_count - quanta_count >= {{ var('worst_quanta_count') }}
        ) as exceeded_max_rss_bytes
    from (
        select
            campaign,
            stage,
            max_rss_bytes,
            quanta_count,
            max(quanta_count) over (partition by campaign, stage) as all_quanta_count
        from {{ ref('fct_rss_cdf') }}
    )
    group by campaign, stage

),

ranked as (

    select
        quanta.campaign,
        quanta.stage,
        cast(
            row_number() over (
                partition by quanta.campaign, quanta.stage
                order by quanta.max_rss_bytes desc, quanta.task_label asc, quanta.data_id asc, quanta.run asc
            ) as integer
        ) as worst_rank,
        quanta.task_label,
        quanta.run,
        quanta.data_id,
        quanta.quantum_id,
        quanta.node_name,
        quanta.target_name,
        quanta.visit,
        quanta.exposure,
        quanta.detector,
        quanta.tract,
        quanta.patch,
        quanta.band,
        quanta.max_rss_bytes,
        quanta.max_rss_gib,
        quanta.total_wall_time_s,
        quanta.is_peak_inherited,
        quanta.is_over_threshold
    from quanta
    inner join cut using (campaign, stage)
    where quanta.max_rss_bytes > coalesce(cut.exceeded_max_rss_bytes, 0)

),

final as (

    select * from ranked
    where worst_rank <= {{ var('worst_quanta_count') }}

)

select * from final
