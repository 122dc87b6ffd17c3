-- The dozen tasks that matter in a stage of the focus campaign keep name and colour in every figure of that stage.
with

usage as (

    select * from {{ ref('fct_task_usage') }}

),

campaigns as (

    select * from {{ ref('stg_lake__campaigns') }}

),

summed as (

    select
        usage.stage,
        usage.task_label,
        coalesce(sum(usage.over_threshold_count) filter (where campaigns.is_focus), 0) as focus_over_threshold_count,
        coalesce(sum(usage.total_wall_time_s) filter (where campaigns.is_focus), 0) as focus_total_wall_time_s,
        sum(usage.over_threshold_count) as over_threshold_count,
        sum(usage.total_wall_time_s) as total_wall_time_s
    from usage
    inner join campaigns using (campaign)
    group by usage.stage, usage.task_label

),

-- A stage that the focus campaign does not have is ordered by the usage of the other campaigns.
ranked as (

    select
        stage,
        task_label,
        row_number() over (
            partition by stage
            order by
                focus_over_threshold_count desc,
                focus_total_wall_time_s desc,
                over_threshold_count desc,
                total_wall_time_s desc,
                task_label asc
        ) as task_rank
    from summed

),

final as (

    select
        stage,
        task_label,
        cast(case when task_rank <= {{ var('named_task_count') }} then task_rank end as integer) as display_rank,
        case when task_rank <= {{ var('named_task_count') }} then task_label else 'other tasks' end as display_label,
        task_rank <= {{ var('named_task_count') }} as is_highlighted
    from ranked

)

select * from final
