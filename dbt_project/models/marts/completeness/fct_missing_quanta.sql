with

completeness as (

    select * from {{ ref('fct_task_completeness') }}

),

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

killed as (

    select * from {{ ref('int_quanta_killed') }}

),

missing as (

    select
        unaccounted.*,
        blocked.cause,
        killed.reason as killed_reason
    from {{ ref('int_quanta_unaccounted') }} as unaccounted
    left join {{ ref('int_quanta_blocked') }} as blocked
        on unaccounted.campaign = blocked.campaign
        and unaccounted.stage = blocked.stage
        and unaccounted.task_label = blocked.task_label
        and unaccounted.data_id = blocked.data_id
    left join killed
        on unaccounted.campaign = killed.campaign
        and unaccounted.stage = killed.stage
        and unaccounted.task_label = killed.task_label
        and unaccounted.data_id = killed.data_id

),

found as (

    select
        results.campaign,
        results.stage,
        results.task_label,
        results.data_id,
        results.run,
        case
            when results.is_lost then 'lost'
            when results.status = 'aborted_success' then 'aborted'
            else results.status
        end as problem,
        case
            -- What the batch system's records say of a quantum that left nothing to say why.
            when (results.is_lost or results.status = 'unknown') and killed.reason is not null then killed.reason
            when results.is_lost then 'failed with neither exception nor usage nor log, as a killed quantum leaves it'
            when results.status = 'unknown' then 'neither log nor metadata'
            when results.status = 'failed'
                then coalesce(results.exception_type, killed.reason, 'failed; its log tells why')
            when results.status = 'blocked' then 'an upstream quantum failed'
            when results.status = 'aborted_success' then 'ended without its log'
            when results.status = 'unreadable' then rejects.reason
        end as reason,
        rejects.uri
    from results
    left join rejects
        on results.campaign = rejects.campaign
        and results.stage = rejects.stage
        and results.run = rejects.run
        and results.task_label = rejects.task_label
        and results.data_id = rejects.data_id
    left join killed
        on results.campaign = killed.campaign
        and results.stage = killed.stage
        and results.task_label = killed.task_label
        and results.data_id = killed.data_id
    where results.status != 'successful'

),

listed as (

    select
        campaign,
        stage,
        task_label,
        data_id,
        run,
        problem,
        reason,
        uri,
        1 as quanta_count
    from found

    union all

    select
        campaign,
        stage,
        task_label,
        data_id,
        run,
        case when cause is null then 'missing' else 'blocked' end as problem,
        coalesce('upstream ' || cause, killed_reason, 'a graph expected it and it left nothing') as reason,
        graph_uri as uri,
        1 as quanta_count
    from missing

    union all

    select
        campaign,
        stage,
        task_label,
        null as data_id,
        null as run,
        'missing' as problem,
        'a graph''s header counts them and nothing names them' as reason,
        null as uri,
        unidentified_count as quanta_count
    from completeness
    where unidentified_count > 0

),

described as (

    select
        campaign,
        stage,
        task_label,
        data_id,
        run,
        problem,
        reason,
        uri,
        {{ data_id_value('data_id', 'instrument', 'varchar') }} as instrument,
        {{ data_id_value('data_id', 'skymap', 'varchar') }} as skymap,
        {{ data_id_value('data_id', 'visit', 'bigint') }} as visit,
        {{ data_id_value('data_id', 'exposure', 'bigint') }} as exposure,
        {{ data_id_value('data_id', 'detector', 'bigint') }} as detector,
        {{ data_id_value('data_id', 'tract', 'bigint') }} as tract,
        {{ data_id_value('data_id', 'patch', 'bigint') }} as patch,
        {{ data_id_value('data_id', 'band', 'varchar') }} as band,
        quanta_count,
        problem in ('missing', 'unreadable', 'unknown', 'lost') as is_gap
    from listed

)

select * from described
