-- Gaps of each task that a record explains by a kill for memory. Only for stages that have records.
with

killed as (

    select * from {{ ref('int_quanta_killed') }}

),

recorded as (

    select distinct
        campaign,
        stage
    from {{ ref('int_jobs_placed') }}

),

gaps as (

    select
        unaccounted.campaign,
        unaccounted.stage,
        unaccounted.task_label,
        unaccounted.data_id
    from {{ ref('int_quanta_unaccounted') }} as unaccounted
    left join {{ ref('int_quanta_blocked') }} as blocked using (campaign, stage, task_label, data_id)
    where blocked.data_id is null

    union all

    select
        campaign,
        stage,
        task_label,
        data_id
    from {{ ref('int_quanta_in_trouble') }}
    where problem in ('lost', 'unknown')

),

explained as (

    select
        campaign,
        stage,
        task_label,
        count(*) as killed_count
    from gaps
    inner join killed using (campaign, stage, task_label, data_id)
    group by campaign, stage, task_label

),

final as (

    select
        campaign,
        stage,
        compared.task_label,
        coalesce(explained.killed_count, 0) as killed_count
    from {{ ref('int_tasks_compared') }} as compared
    inner join recorded using (campaign, stage)
    left join explained using (campaign, stage, task_label)

)

select * from final
