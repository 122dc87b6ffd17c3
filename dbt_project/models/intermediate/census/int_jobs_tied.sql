-- Which quanta a try of a job worked on: by the strongest of three ties that its record offers.
{{ config(materialized='table') }}

with

tries as (

    select * from {{ ref('int_jobs_placed') }}

),

quanta as (

    select * from {{ ref('fct_quanta') }}

),

expectations as (

    select * from {{ ref('int_expectations_owned') }}

),

tasks as (

    select * from {{ ref('dim_jobs') }}

),

-- Identifiers that records name; only their quanta are looked for.
named as (

    select
        campaign,
        stage,
        source,
        job_id,
        file,
        record_number,
        {{ unnested('quantum_ids') }} as quantum_id
    from tries
    where quantum_ids is not null

),

-- A killed quantum may have left nothing: then its graph knows the identifier.
known as (

    select
        campaign,
        stage,
        quantum_id,
        task_label,
        data_id
    from quanta
    where quantum_id is not null

    union all

    select
        campaign,
        stage,
        quantum_id,
        task_label,
        data_id
    from expectations
    where
        quantum_id is not null
        and data_id is not null

),

identified as (

    select
        campaign,
        stage,
        quantum_id,
        min(task_label) as task_label,
        min(data_id) as data_id
    from known
    where quantum_id in (select named.quantum_id from named)
    group by campaign, stage, quantum_id

),

by_identifier as (

    select
        named.campaign,
        named.stage,
        named.source,
        named.job_id,
        named.file,
        named.record_number,
        identified.task_label,
        identified.data_id,
        'quantum_id' as tie,
        3 as tie_strength
    from named
    inner join identified
        on named.campaign = identified.campaign
        and named.stage = identified.stage
        and named.quantum_id = identified.quantum_id

),

by_name as (

    select
        tries.campaign,
        tries.stage,
        tries.source,
        tries.job_id,
        tries.file,
        tries.record_number,
        quanta.task_label,
        quanta.data_id,
        'name' as tie,
        2 as tie_strength
    from tries
    inner join quanta
        on tries.campaign = quanta.campaign
        and tries.stage = quanta.stage
        and tries.run = quanta.run
        and tries.label = quanta.task_label
        and tries.data_id_values = concat_ws(
            '_', quanta.tract, quanta.patch, quanta.band, quanta.visit, quanta.exposure, quanta.detector
        )
    where tries.data_id_values is not null

),

-- The clocks of batch system and node agree to some seconds.
by_node_and_time as (

    select
        tries.campaign,
        tries.stage,
        tries.source,
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
        and tries.label = tasks.job_label
    inner join quanta
        on tries.campaign = quanta.campaign
        and tries.stage = quanta.stage
        and tries.run = quanta.run
        and tasks.task_label = quanta.task_label
        and tries.node_name = quanta.node_name
        and tries.started_at <= quanta.prep_at
        and tries.ended_at >= quanta.ended_at
    where tries.quantum_ids is null

),

tied as (

    select * from by_identifier
    union all
    select * from by_name
    union all
    select * from by_node_and_time

),

strongest as (

    select *
    from tied
    qualify rank() over (
        partition by campaign, source, job_id, file, record_number order by tie_strength desc
    ) = 1

),

counted as (

    select
        *,
        -- Two jobs that ran at once on one node cannot be told apart by node and time.
        count(*) over (partition by campaign, stage, task_label, data_id, tie_strength, source) as rival_count
    from strongest

)

select * from counted
