with

quanta as (

    select * from {{ ref('fct_quanta') }}
    where is_measured

),

cut as (

    select
        campaign,
        stage,
        {{ nth_largest('max_rss_bytes', 500) }} as least_max_rss_bytes
    from quanta
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
    inner join cut
        on quanta.campaign = cut.campaign
        and quanta.stage = cut.stage
    where quanta.max_rss_bytes >= cut.least_max_rss_bytes

),

final as (

    select * from ranked
    where worst_rank <= 500

)

select * from final
