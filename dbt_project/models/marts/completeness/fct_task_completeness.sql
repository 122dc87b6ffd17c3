with

counted as (

    select * from {{ ref('int_tasks_compared') }}

),

headers as (

    select * from {{ ref('int_tasks_counted') }}

),

-- Plain files have nothing of a blocked quantum. Only the graph distinguishes it from a missing one.
traceless as (

    select
        campaign,
        stage,
        task_label,
        count(*) as blocked_count
    from {{ ref('int_quanta_blocked') }}
    group by campaign, stage, task_label

),

-- A header may count more quanta than any graph or RUN names. These are missing, but it is not known which they are.
checked as (

    select
        campaign,
        stage,
        task_label,
        case
            when counted.listed_count > 0 then 'data_ids'
            when headers.header_count is not null then 'header'
            else 'none'
        end as evidence,
        coalesce(counted.known_count, 0) as known_count,
        coalesce(counted.listed_count, 0) as listed_count,
        coalesce(counted.successful_count, 0) as successful_count,
        coalesce(counted.no_work_count, 0) as no_work_count,
        coalesce(counted.failed_count, 0) as failed_count,
        coalesce(counted.blocked_count, 0) + coalesce(traceless.blocked_count, 0) as blocked_count,
        coalesce(counted.aborted_count, 0) as aborted_count,
        coalesce(counted.unknown_count, 0) as unknown_count,
        coalesce(counted.unreadable_count, 0) as unreadable_count,
        coalesce(counted.missing_count, 0) - coalesce(traceless.blocked_count, 0) as missing_count,
        coalesce(counted.lost_count, 0) as lost_count,
        coalesce(counted.unmeasured_count, 0) as unmeasured_count,
        coalesce(counted.unexpected_count, 0) as unexpected_count,
        coalesce(counted.uncovered_count, 0) as uncovered_count,
        greatest(coalesce(headers.header_count, 0) - coalesce(counted.known_count, 0), 0) as unidentified_count,
        coalesce(headers.header_surplus_count, 0) as header_surplus_count
    from counted
    full outer join headers using (campaign, stage, task_label)
    left join traceless using (campaign, stage, task_label)

),

totalled as (

    select
        checked.campaign,
        checked.stage,
        checked.task_label,
        checked.evidence,
        stages.incomplete_reason,
        killed.killed_count,
        -- A quantum without a graph of its RUN is expected only if there is just a header.
        case when checked.evidence = 'header' then checked.known_count else checked.listed_count end
        + checked.unidentified_count as expected_count,
        checked.successful_count,
        checked.no_work_count,
        checked.failed_count,
        checked.blocked_count,
        checked.aborted_count,
        checked.unknown_count,
        checked.unreadable_count,
        checked.missing_count + checked.unidentified_count as missing_count,
        checked.unidentified_count,
        checked.lost_count,
        checked.unmeasured_count,
        checked.unknown_count
        + checked.unreadable_count
        + checked.missing_count
        + checked.unidentified_count
        + checked.lost_count
        + checked.unmeasured_count as gap_count,
        case when checked.evidence = 'header' then 0 else checked.unexpected_count end as unexpected_count,
        case when checked.evidence = 'header' then 0 else checked.uncovered_count end as uncovered_count,
        checked.header_surplus_count
    from checked
    inner join {{ ref('stg_lake__stages') }} as stages using (campaign, stage)
    left join {{ ref('int_gaps_killed') }} as killed using (campaign, stage, task_label)

),

final as (

    select
        *,
        case
            when gap_count > 0 and incomplete_reason is not null then 'declared'
            when gap_count > 0 then 'incomplete'
            when evidence = 'none' or unexpected_count > 0 or uncovered_count > 0 or header_surplus_count > 0
                then 'unverified'
            else 'complete'
        end as verdict
    from totalled

)

select * from final
