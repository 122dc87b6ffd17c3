-- Results that did not succeed, and successes without metrics: the problem of each, and the reason if it is known.
with

results as (

    select * from {{ ref('fct_quanta') }}
    where is_result

),

rejects as (

    select
        campaign,
        stage,
        run,
        task_label,
        data_id,
        min(uri) as uri,
        min(reason) as reason
    from {{ ref('stg_lake__rejects') }}
    group by campaign, stage, run, task_label, data_id

),

final as (

    select
        results.campaign,
        results.stage,
        results.task_label,
        results.data_id,
        results.run,
        case
            when results.is_lost then 'lost'
            when results.is_unmeasured then 'unmeasured'
            when results.status = 'aborted_success' then 'aborted'
            else results.status
        end as problem,
        case
            -- What the batch system's records say about a quantum that left no reason.
            when (results.is_lost or results.status = 'unknown') and killed.reason is not null then killed.reason
            when results.is_lost then 'failed with neither exception nor usage nor log, as a killed quantum leaves it'
            when results.is_unmeasured then 'succeeded and left no peak'
            when results.status = 'failed'
                then coalesce(results.exception_type, killed.reason, 'failed; its log tells why')
            when results.status = 'blocked' then 'an upstream quantum failed'
            when results.status = 'aborted_success' then 'ended without its log'
            when results.status = 'unreadable' then rejects.reason
            when results.status = 'unknown' then 'neither log nor metadata'
        end as reason,
        rejects.uri
    from results
    left join rejects using (campaign, stage, run, task_label, data_id)
    left join {{ ref('int_quanta_killed') }} as killed using (campaign, stage, task_label, data_id)
    where results.status != 'successful' or results.is_unmeasured

)

select * from final
