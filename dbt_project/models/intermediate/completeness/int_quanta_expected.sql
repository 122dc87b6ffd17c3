-- A resubmission expects quanta again that an earlier RUN expected. Each quantum counts once.
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
