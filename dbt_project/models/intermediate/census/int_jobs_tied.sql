-- The quanta of each try of a job, by the strongest of three links that its record has.
{{ config(materialized='table') }}

with

tries as (

    select * from {{ ref('int_jobs_placed') }}

),

quanta as (

    select * from {{ ref('fct_quanta') }}

),

named as (

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

tied as (

    select * from {{ ref('int_jobs_identified') }}
    union all
    select * from named
    union all
    select * from {{ ref('int_jobs_located') }}

),

strongest_of_tries as (

    select *
    from tied
    qualify rank() over (
        partition by campaign, source, job_id, file, record_number order by tie_strength desc
    ) = 1

),

-- A quantum that a job names belongs only to this job, not to others on the same node at the same time.
strongest_of_quanta as (

    select *
    from strongest_of_tries
    qualify rank() over (
        partition by campaign, stage, run, task_label, data_id order by tie_strength desc
    ) = 1

),

-- Node and time do not distinguish jobs that ran at the same time on one node, for any batch system.
rivals as (

    select
        campaign,
        stage,
        run,
        task_label,
        data_id,
        count(distinct source || ' ' || job_key) as rival_count
    from strongest_of_quanta
    where tie = 'node_and_time'
    group by campaign, stage, run, task_label, data_id

),

final as (

    select
        claims.*,
        rivals.rival_count,
        coalesce(rivals.rival_count > 1, false) as is_ambiguous
    from strongest_of_quanta as claims
    left join rivals
        on claims.campaign = rivals.campaign
        and claims.stage = rivals.stage
        and claims.run = rivals.run
        and claims.task_label = rivals.task_label
        and claims.data_id = rivals.data_id
        and claims.tie = 'node_and_time'

)

select * from final
