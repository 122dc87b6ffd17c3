with

tasks as (

    select * from {{ ref('fct_thresholds') }}

),

stages as (

    select * from {{ ref('fct_stage_usage') }}

),

summed as (

    select
        campaign,
        stage,
        threshold_gib,
        {{ total_count('quanta_count') }} as quanta_count,
        {{ total_count('over_threshold_count') }} as over_threshold_count,
        sum(over_threshold_wall_time_s) as over_threshold_wall_time_s
    from tasks
    group by campaign, stage, threshold_gib

),

final as (

    select
        summed.campaign,
        summed.stage,
        summed.threshold_gib,
        summed.quanta_count,
        summed.over_threshold_count,
        {{ share('summed.over_threshold_count', 'summed.quanta_count') }} as over_threshold_fraction,
        {{ hours('summed.over_threshold_wall_time_s') }} as over_threshold_wall_time_h,
        {{ share('summed.over_threshold_wall_time_s', 'stages.total_wall_time_s') }}
            as over_threshold_wall_time_fraction
    from summed
    inner join stages using (campaign, stage)

)

select * from final
