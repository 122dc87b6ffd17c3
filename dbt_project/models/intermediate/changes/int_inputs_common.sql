-- Two ways, because a visit has many quanta and a data ID has one. Each reads fct_quanta itself, because engines
-- materialise a CTE that is used twice.
{{ config(materialized='table') }}

with

tasks as (

    select * from {{ ref('int_tasks_shared') }}

),

observed as (

    select distinct
        quanta.campaign,
        quanta.stage,
        quanta.task_label,
        quanta.instrument,
        coalesce(quanta.visit, quanta.exposure) as observation
    from {{ ref('fct_quanta') }} as quanta
    inner join tasks using (stage, task_label)
    where
        quanta.is_measured
        and tasks.common_by in ('visit', 'exposure')

),

inputs as (

    select
        stage,
        task_label,
        instrument,
        observation,
        {{ as_text('null') }} as data_id,
        count(*) as campaign_count
    from observed
    group by stage, task_label, instrument, observation

    union all

    -- A campaign has one result for a data ID, so rows are campaigns.
    select
        quanta.stage,
        quanta.task_label,
        {{ as_text('null') }} as instrument,
        cast(null as bigint) as observation,
        quanta.data_id,
        count(*) as campaign_count
    from {{ ref('fct_quanta') }} as quanta
    inner join tasks using (stage, task_label)
    where
        quanta.is_measured
        and tasks.common_by = 'data_id'
    group by quanta.stage, quanta.task_label, quanta.data_id

),

final as (

    select
        inputs.stage,
        inputs.task_label,
        inputs.instrument,
        inputs.observation,
        inputs.data_id
    from inputs
    inner join tasks using (stage, task_label, campaign_count)

)

select * from final
