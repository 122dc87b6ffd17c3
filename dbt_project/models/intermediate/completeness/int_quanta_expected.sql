-- A resubmission expects again what an earlier RUN expected: one quantum, expected once.
with

expectations as (

    select * from {{ ref('int_expectations_owned') }}
    where data_id is not null

),

final as (

    select
        campaign,
        stage,
        task_label,
        data_id,
        max(run) as run,
        max(graph_uri) as graph_uri
    from expectations
    group by campaign, stage, task_label, data_id

)

select * from final
