with

campaigns as (

    select * from {{ ref('stg_lake__campaigns') }}

),

listed as (

    select
        campaign,
        {{ unnested('thresholds_gib') }} as threshold_gib
    from campaigns

),

drawn as (

    select
        campaign,
        {{ unnested('lines_gib') }} as threshold_gib
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
    from drawn

    union

    select
        campaign,
        threshold_gib
    from campaigns

),

totalled as (

    select
        campaign,
        stage,
        task_label,
        count(*) as quanta_count,
        coalesce(sum(total_wall_time_s), 0) as total_wall_time_s
    from {{ ref('fct_quanta') }}
    where is_measured
    group by campaign, stage, task_label

),

-- Few quanta are over any line. Only these are counted for each line.
over_threshold as (

    select
        quanta.campaign,
        quanta.stage,
        quanta.task_label,
        thresholds.threshold_gib,
        count(*) as over_threshold_count,
        coalesce(sum(quanta.total_wall_time_s), 0) as over_threshold_wall_time_s
    from {{ ref('fct_quanta') }} as quanta
    inner join thresholds
        on quanta.campaign = thresholds.campaign
        and quanta.max_rss_bytes > thresholds.threshold_gib * {{ gib_bytes() }}
    where quanta.is_measured
    group by quanta.campaign, quanta.stage, quanta.task_label, thresholds.threshold_gib

),

counted as (

    select
        totalled.campaign,
        totalled.stage,
        totalled.task_label,
        thresholds.threshold_gib,
        totalled.quanta_count,
        totalled.total_wall_time_s,
        coalesce(over_threshold.over_threshold_count, 0) as over_threshold_count,
        coalesce(over_threshold.over_threshold_wall_time_s, 0) as over_threshold_wall_time_s
    from totalled
    inner join thresholds using (campaign)
    left join over_threshold using (campaign, stage, task_label, threshold_gib)

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
