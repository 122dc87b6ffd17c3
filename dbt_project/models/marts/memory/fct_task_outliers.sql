-- What a box plot draws beyond its whiskers: the extremes, and the same sample of the rest in every build.
with

quanta as (

    select * from {{ ref('fct_quanta') }}
    where is_measured

),

usage as (

    select * from {{ ref('fct_task_usage') }}

),

outlying as (

    select
        quanta.campaign,
        quanta.stage,
        quanta.task_label,
        quanta.run,
        quanta.data_id,
        quanta.max_rss_bytes,
        quanta.total_wall_time_s,
        case when quanta.max_rss_bytes > usage.upper_whisker_max_rss_bytes then 'high' else 'low' end as side,
        quanta.max_rss_bytes in (usage.min_max_rss_bytes, usage.max_max_rss_bytes) as is_extreme
    from quanta
    inner join usage using (campaign, stage, task_label)
    where
        quanta.max_rss_bytes > usage.upper_whisker_max_rss_bytes
        or quanta.max_rss_bytes < usage.lower_whisker_max_rss_bytes

),

final as (

    select
        campaign,
        stage,
        task_label,
        run,
        data_id,
        side,
        max_rss_bytes,
        total_wall_time_s
    from outlying
    qualify row_number() over (
        partition by campaign, stage, task_label
        order by is_extreme desc, {{ stable_hash(['run', 'data_id']) }} asc, data_id asc
    ) <= {{ var('drawn_outlier_count') }}

)

select * from final
