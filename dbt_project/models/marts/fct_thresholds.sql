with

campaigns as (

    select * from {{ ref('stg_lake__campaigns') }}

),

quanta as (

    select * from {{ ref('fct_quanta') }}
    where is_measured

),

listed as (

    select
        campaign,
        {{ unnested('thresholds_gib') }} as threshold_gib
    from campaigns

),

thresholds as (

    select
        campaign,
        threshold_gib
    from listed

    union

    select
        campaign,
        threshold_gib
    from campaigns

),

counted as (

    select
        quanta.campaign,
        quanta.stage,
        quanta.task_label,
        thresholds.threshold_gib,
        count(*) as quanta_count,
        count(*) filter (quanta.max_rss_bytes > thresholds.threshold_gib * {{ gib_bytes() }}) as over_threshold_count,
        coalesce(
            sum(quanta.total_wall_time_s) filter (
                quanta.max_rss_bytes > thresholds.threshold_gib * {{ gib_bytes() }}
            ),
            0
        ) as over_threshold_wall_time_s,
        coalesce(sum(quanta.total_wall_time_s), 0) as total_wall_time_s
    from quanta
    inner join thresholds on quanta.campaign = thresholds.campaign
    group by quanta.campaign, quanta.stage, quanta.task_label, thresholds.threshold_gib

),

final as (

    select
        campaign,
        stage,
        task_label,
        threshold_gib,
        quanta_count,
        over_threshold_count,
        {{ share('over_threshold_count', 'quanta_count') }} as over_threshold_fraction,
        over_threshold_wall_time_s,
        {{ hours('over_threshold_wall_time_s') }} as over_threshold_wall_time_h,
        {{ hours('total_wall_time_s') }} as total_wall_time_h
    from counted

)

select * from final
