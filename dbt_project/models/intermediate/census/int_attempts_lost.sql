-- Attempts that left nothing and were repeated, as after the kill of a job. Without records they are the only evidence.
{{ config(materialized='table') }}

with

attempts as (

    select * from {{ ref('fct_attempts') }}

),

quanta as (

    select * from {{ ref('fct_quanta') }}

),

expectations as (

    select * from {{ ref('int_expectations_owned') }}

),

redone as (

    select * from {{ ref('int_quanta_redone') }}

),

-- Provenance graphs have an entry for attempts that left nothing.
entered as (

    select
        campaign,
        stage,
        run,
        task_label,
        data_id,
        count(*) as lost_attempt_count
    from attempts
    where is_lost and not is_result
    group by campaign, stage, run, task_label, data_id

),

steps as (

    select
        campaign,
        stage,
        run,
        task_label,
        data_id,
        graph_uri,
        {{ unnested('predecessor_numbers') }} as predecessor_number
    from redone

),

-- A quantum never began if it waited for one without a success in the same RUN.
waiting as (

    select distinct
        steps.campaign,
        steps.stage,
        steps.run,
        steps.task_label,
        steps.data_id
    from steps
    inner join expectations
        on steps.campaign = expectations.campaign
        and steps.stage = expectations.stage
        and steps.graph_uri = expectations.graph_uri
        and steps.predecessor_number = expectations.quantum_number
    left join quanta
        on expectations.campaign = quanta.campaign
        and expectations.stage = quanta.stage
        and expectations.run = quanta.run
        and expectations.task_label = quanta.task_label
        and expectations.data_id = quanta.data_id
        and quanta.status = 'successful'
    where quanta.data_id is null

),

-- Plain files have nothing of a lost quantum: a quantum that could begin and has no trace counts as lost.
traceless as (

    select distinct
        redone.campaign,
        redone.stage,
        redone.run,
        redone.task_label,
        redone.data_id,
        1 as lost_attempt_count
    from redone
    left join waiting using (campaign, stage, run, task_label, data_id)
    where waiting.data_id is null

),

final as (

    select * from entered

    union all

    select * from traceless

)

select * from final
