with

tasks as (

    select * from {{ ref('fct_thresholds') }}

),

summed as (

    select
        campaign,
        stage,
        threshold_gib,
        {{ total_count('quanta_count') }} as quanta_count,
        {{ total_count('over_threshold_count') }} as over_threshold_count,
        sum(over_threshold_wall_time_s) as over_threshold_wall_time_s,
        sum(total_wall_time_h) as total_wall_time_h
    from tasks
    group by campaign, stage, threshold_gib

),

final as (

    select
        campaign,
        stage,
        threshold_gib,
        quanta_count,
        over_threshold_count,
        {{ share('over_threshold_count', 'quanta_count') }} as over_threshold_fraction,
        {{ hours('over_threshold_wall_time_s') }} as over_threshold_wall_time_h,
        {{ share(hours('over_threshold_wall_time_s'), 'total_wall_time_h') }} as over_threshold_wall_time_fraction
    from summed

)

select * from final
