with

campaigns as (

    select * from {{ ref('stg_lake__campaigns') }}

),

quanta as (

    select
        fct_quanta.*,
        campaigns.bin_gib
    from {{ ref('fct_quanta') }} as fct_quanta
    inner join campaigns using (campaign)
    where fct_quanta.is_measured

),

counted as (

    select
        campaign,
        stage,
        task_label,
        bin_gib,
        floor({{ gib('max_rss_bytes') }} / bin_gib) as bucket,
        count(*) as quanta_count,
        coalesce(sum(total_wall_time_s), 0) as total_wall_time_s
    from quanta
    group by campaign, stage, task_label, bin_gib, bucket

),

final as (

    select
        campaign,
        stage,
        task_label,
        cast(bucket * bin_gib as double) as bucket_gib,
        cast((bucket + 1) * bin_gib as double) as bucket_end_gib,
        quanta_count,
        total_wall_time_s,
        {{ hours('total_wall_time_s') }} as total_wall_time_h
    from counted

)

select * from final
