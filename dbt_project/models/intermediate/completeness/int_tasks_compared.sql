-- Compares what graphs expected with what left a trace. Only tasks with quanta without a trace are examined again.
{{ config(materialized='table') }}

with

expected as (

    select * from {{ ref('int_quanta_expected') }}

),

results as (

    select * from {{ ref('fct_quanta') }}
    where is_result

),

-- RUNs whose graph is known quantum by quantum. Further quanta of such a RUN contradict the graph.
listed_runs as (

    select distinct
        campaign,
        stage,
        run
    from {{ ref('int_expectations_owned') }}
    where data_id is not null

),

compared as (

    select
        campaign,
        stage,
        task_label,
        results.run,
        results.status,
        results.is_no_work,
        results.is_lost,
        results.is_unmeasured,
        expected.data_id is not null as is_expected,
        results.data_id is not null as is_found
    from expected
    full outer join results using (campaign, stage, task_label, data_id)

),

final as (

    select
        compared.campaign,
        compared.stage,
        compared.task_label,
        count(*) as known_count,
        count(*) filter (where compared.is_expected) as listed_count,
        count(*) filter (where compared.status = 'successful' and not compared.is_no_work) as successful_count,
        count(*) filter (where compared.is_no_work) as no_work_count,
        count(*) filter (where compared.status = 'failed') as failed_count,
        count(*) filter (where compared.status = 'blocked') as blocked_count,
        count(*) filter (where compared.status in ('aborted', 'aborted_success')) as aborted_count,
        count(*) filter (where compared.status = 'unknown') as unknown_count,
        count(*) filter (where compared.status = 'unreadable') as unreadable_count,
        count(*) filter (where not compared.is_found) as missing_count,
        count(*) filter (where compared.is_lost) as lost_count,
        count(*) filter (where compared.is_unmeasured) as unmeasured_count,
        count(*) filter (where not compared.is_expected and listed_runs.run is not null) as unexpected_count,
        count(*) filter (where not compared.is_expected and listed_runs.run is null) as uncovered_count
    from compared
    left join listed_runs using (campaign, stage, run)
    group by compared.campaign, compared.stage, compared.task_label

)

select * from final
