-- Quanta of the label's tasks that ran on the node and in the time of a try. Several jobs may fit one quantum.
with

tries as (

    select * from {{ ref('int_jobs_placed') }}

),

quanta as (

    select * from {{ ref('fct_quanta') }}

),

tasks as (

    select * from {{ ref('dim_jobs') }}

),

final as (

    select
        tries.campaign,
        tries.stage,
        tries.run,
        tries.source,
        tries.job_key,
        tries.job_id,
        tries.file,
        tries.record_number,
        quanta.task_label,
        quanta.data_id,
        'node_and_time' as tie,
        1 as tie_strength
    from tries
    inner join tasks
        on tries.campaign = tasks.campaign
        and tries.label in (tasks.job_label, tasks.task_label)
    inner join quanta
        on tries.campaign = quanta.campaign
        and tries.stage = quanta.stage
        and tries.run = quanta.run
        and tasks.task_label = quanta.task_label
        and tries.node_name = quanta.node_name
        and tries.started_at <= quanta.prep_at
        and tries.ended_at >= quanta.ended_at
    where tries.quantum_ids is null

)

select * from final
