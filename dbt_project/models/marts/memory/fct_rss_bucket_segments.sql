-- Lower and upper end of each segment of a stacked bar. A stacked bar on a log axis draws nothing from 0, so the
-- lower end there is half a quantum, and of wall time half the lowest end of any segment of the stage.
with

buckets as (

    select * from {{ ref('fct_rss_buckets') }}

),

display as (

    select * from {{ ref('dim_task_display') }}

),

grouped as (

    select
        buckets.campaign,
        buckets.stage,
        buckets.bucket_gib,
        buckets.bucket_end_gib,
        display.display_label,
        min(display.display_rank) as display_rank,
        {{ total_count('buckets.quanta_count') }} as quanta_count,
        sum(buckets.total_wall_time_s) as total_wall_time_s
    from buckets
    inner join display using (stage, task_label)
    group by buckets.campaign, buckets.stage, buckets.bucket_gib, buckets.bucket_end_gib, display.display_label

),

stacked as (

    select
        *,
        cast(sum(quanta_count) over stack as bigint) as upper_quanta_count,
        sum(total_wall_time_s) over stack as upper_total_wall_time_s
    from grouped
    window stack as (
        partition by campaign, stage, bucket_gib
        order by display_rank asc nulls last
        rows between unbounded preceding and current row
    )

),

final as (

    select
        campaign,
        stage,
        bucket_gib,
        bucket_end_gib,
        display_label,
        display_rank,
        quanta_count,
        upper_quanta_count - quanta_count as lower_quanta_count,
        upper_quanta_count,
        greatest(cast(upper_quanta_count - quanta_count as double), 0.5) as log_lower_quanta_count,
        {{ hours('total_wall_time_s') }} as total_wall_time_h,
        {{ hours('upper_total_wall_time_s - total_wall_time_s') }} as lower_total_wall_time_h,
        greatest(
            {{ hours('upper_total_wall_time_s - total_wall_time_s') }},
            {{ hours('min(nullif(upper_total_wall_time_s, 0)) over stage_segments') }} / 2
        ) as log_lower_total_wall_time_h,
        {{ hours('upper_total_wall_time_s') }} as upper_total_wall_time_h
    from stacked
    window stage_segments as (partition by campaign, stage)

)

select * from final
