-- The last kill for memory that a record links to a quantum, which may be the reason that it left nothing.
{{ config(materialized='table') }}

with

tied as (

    select * from {{ ref('int_jobs_tied') }}

),

tries as (

    select * from {{ ref('int_jobs_placed') }}

),

killed as (

    select
        tied.campaign,
        tied.stage,
        tied.task_label,
        tied.data_id,
        tied.tie,
        tries.run,
        tries.requested_memory_bytes,
        tries.node_name,
        tries.try_position,
        tries.ended_at
    from tied
    inner join tries
        on tied.campaign = tries.campaign
        and tied.source = tries.source
        and tied.job_id = tries.job_id
        and tied.file = tries.file
        and tied.record_number = tries.record_number
    where
        tries.state = 'killed_memory'
        -- If two jobs fit, either of them may have been killed.
        and not tied.is_ambiguous

),

last_kills as (

    select *
    from killed
    qualify row_number() over (
        partition by campaign, stage, task_label, data_id
        order by ended_at desc nulls last, try_position desc, run desc
    ) = 1

),

final as (

    select
        *,
        'killed for memory'
        || coalesce(' at ' || {{ thousands('round(requested_memory_bytes / 1048576)') }} || ' MiB', '')
        || coalesce(' on node ' || node_name, '')
        || ', try ' || {{ as_text('try_position') }} as reason
    from last_kills

)

select * from final
