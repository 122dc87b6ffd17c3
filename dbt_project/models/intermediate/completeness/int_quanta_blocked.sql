-- Starts from the few quanta without a trace and goes up the graph step by step, then down again from failed quanta.
{{ config(materialized='table') }}

with recursive

steps as (

    select
        campaign,
        stage,
        task_label,
        data_id,
        graph_uri,
        {{ unnested('predecessor_numbers') }} as predecessor_number
    from {{ ref('int_quanta_unaccounted') }}

),

predecessors as (

    select
        steps.campaign,
        steps.stage,
        steps.task_label,
        steps.data_id,
        expectations.task_label as predecessor_task_label,
        expectations.data_id as predecessor_data_id
    from steps
    inner join {{ ref('int_expectations_owned') }} as expectations
        on steps.campaign = expectations.campaign
        and steps.stage = expectations.stage
        and steps.graph_uri = expectations.graph_uri
        and steps.predecessor_number = expectations.quantum_number

),

-- The result decides: a failure that another RUN repaired blocks nothing. A lost quantum is not a cause either.
causes as (

    select
        campaign,
        stage,
        task_label,
        data_id,
        task_label || ' ' || data_id || case status when 'failed' then ' failed' else ' was blocked' end as cause
    from {{ ref('fct_quanta') }}
    where
        is_result
        and status in ('failed', 'blocked')
        and not is_lost

),

-- One cause is enough. Known pairs are not added again, so the recursion ends even for a damaged graph with a circle.
reached as (

    select
        predecessors.campaign,
        predecessors.stage,
        predecessors.task_label,
        predecessors.data_id,
        min(causes.cause) as cause
    from predecessors
    inner join causes
        on predecessors.campaign = causes.campaign
        and predecessors.stage = causes.stage
        and predecessors.predecessor_task_label = causes.task_label
        and predecessors.predecessor_data_id = causes.data_id
    group by predecessors.campaign, predecessors.stage, predecessors.task_label, predecessors.data_id

    union

    select
        predecessors.campaign,
        predecessors.stage,
        predecessors.task_label,
        predecessors.data_id,
        min(reached.cause) as cause
    from predecessors
    inner join reached
        on predecessors.campaign = reached.campaign
        and predecessors.stage = reached.stage
        and predecessors.predecessor_task_label = reached.task_label
        and predecessors.predecessor_data_id = reached.data_id
    group by predecessors.campaign, predecessors.stage, predecessors.task_label, predecessors.data_id

),

final as (

    select
        campaign,
        stage,
        task_label,
        data_id,
        min(cause) as cause
    from reached
    group by campaign, stage, task_label, data_id

)

select * from final
