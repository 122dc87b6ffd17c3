with

source as (

    select * from {{ source('history', 'verdicts') }}

),

renamed as (

    select
        campaign,
        stage,
        release,
        completeness_verdict,
        quanta_count,
        gap_count,
        over_threshold_wall_time_fraction,
        p95_max_rss_bytes,
        published_at
    from source

)

select * from renamed
