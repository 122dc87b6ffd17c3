-- The newest submission that expected a quantum gives its inputs, because an older one may have had others.
{{ config(materialized='table') }}

with

suspects as (

    select
        campaign,
        stage,
        task_label
    from {{ ref('int_tasks_compared') }}
    where missing_count > 0

),

results as (

    select
        campaign,
        stage,
        task_label,
        data_id
    from {{ ref('fct_quanta') }}
    where is_result

),

runs as (

    select * from {{ ref('int_runs_owned') }}

),

ranked as (

    select
        expectations.campaign,
        expectations.stage,
        expectations.task_label,
        expectations.data_id,
        expectations.run,
        expectations.graph_uri,
        expectations.predecessor_numbers,
        row_number() over (
            partition by expectations.campaign, expectations.stage, expectations.task_label, expectations.data_id
            order by
                runs.chain_position asc nulls last,
                expectations.run desc,
                expectations.quantum_number is null asc,
                expectations.graph_uri desc
        ) as submission_rank
    from {{ ref('int_expectations_owned') }} as expectations
    inner join suspects using (campaign, stage, task_label)
    left join results using (campaign, stage, task_label, data_id)
    left join runs using (campaign, stage, run)
    where
        expectations.data_id is not null
        and results.data_id is null

),

final as (

    select
        campaign,
        stage,
        task_label,
        data_id,
        run,
        graph_uri,
        predecessor_numbers
    from ranked
    where submission_rank = 1

)

select * from final
