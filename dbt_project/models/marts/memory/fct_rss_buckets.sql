with

quanta as (

    select * from {{ ref('fct_quanta') }}
    where is_measured

),

counted as (

    select
        campaign,
        stage,
        task_label,
        cast(floor({{ gib('max_rss_bytes') }}) as integer) as bucket_gib,
        count(*) as quanta_count,
        coalesce(sum(total_wall_time_s), 0) as total_wall_time_s
    from quanta
    group by campaign, stage, task_label, bucket_gib

),

final as (

    select
        *,
        {{ hours('total_wall_time_s') }} as total_wall_time_h
    from counted

)

select * from final
