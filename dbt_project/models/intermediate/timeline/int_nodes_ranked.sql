-- Where the quanta of a node lie among all of the same task and stage, by wall time: the rank sum of the node, and what
-- it is and varies by if a task's quanta are dealt to nodes at random (Wilcoxon, with ties).
with

quanta as (

    select
        campaign,
        stage,
        task_label,
        node_name,
        total_wall_time_s
    from {{ ref('fct_quanta') }}
    where
        is_measured
        and node_name is not null
        and total_wall_time_s is not null

),

ranked as (

    select
        *,
        rank() over (partition by campaign, stage, task_label order by total_wall_time_s) as first_rank,
        count(*) over (partition by campaign, stage, task_label, total_wall_time_s) as tie_count,
        count(*) over (partition by campaign, stage, task_label) as all_count
    from quanta

),

-- Each of t tied quanta adds t^2 - 1, so that a group of them adds t^3 - t.
summed as (

    select
        *,
        sum(cast(tie_count as double) * tie_count - 1) over (partition by campaign, stage, task_label) as tie_sum
    from ranked

),

final as (

    select
        campaign,
        stage,
        task_label,
        node_name,
        count(*) as quanta_count,
        max(all_count) as all_count,
        sum(first_rank + (tie_count - 1) / 2.0) as rank_sum,
        count(*) * (max(all_count) + 1) / 2.0 as expected_rank_sum,
        cast(count(*) as double) * (max(all_count) - count(*)) / 12
        * (max(all_count) + 1 - max(tie_sum) / nullif(cast(max(all_count) as double) * (max(all_count) - 1), 0))
            as rank_sum_variance
    from summed
    group by campaign, stage, task_label, node_name
    having count(*) < max(all_count)

)

select * from final
