with

running as (

    select * from {{ ref('int_bins_filled') }}
    where display_label != 'all tasks'

),

ranks as (

    select
        stage,
        display_label,
        min(display_rank) as display_rank
    from {{ ref('dim_task_display') }}
    group by stage, display_label

),

-- The layers of a stacked area, the task of the first rank at the bottom.
stacked as (

    select
        running.*,
        ranks.display_rank,
        sum(running.running_quanta_count) over layers as upper_running_quanta_count,
        sum(running.resident_gib) over layers as upper_resident_gib
    from running
    left join ranks using (stage, display_label)
    window layers as (
        partition by running.campaign, running.stage, running.bin_position
        order by ranks.display_rank asc nulls last
    )

),

final as (

    select
        campaign,
        stage,
        bin_position,
        axis_position,
        display_label,
        display_rank,
        running_quanta_count,
        round(upper_running_quanta_count - running_quanta_count, 6) as lower_running_quanta_count,
        round(upper_running_quanta_count, 6) as upper_running_quanta_count,
        resident_gib,
        round(upper_resident_gib - resident_gib, 6) as lower_resident_gib,
        round(upper_resident_gib, 6) as upper_resident_gib,
        bin_started_at
    from stacked

)

select * from final
