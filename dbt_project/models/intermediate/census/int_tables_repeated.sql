-- Rows of tables of gathered usage count only if the metadata of the quantum does not exist any more.
{{ config(materialized='table') }}

with

quanta as (

    select * from {{ ref('stg_lake__quanta') }}

),

gathered as (

    select distinct
        campaign,
        stage,
        task_label,
        data_id
    from quanta
    where source = 'usage_table'

),

final as (

    select distinct
        quanta.campaign,
        quanta.stage,
        quanta.task_label,
        quanta.data_id
    from quanta
    inner join gathered using (campaign, stage, task_label, data_id)
    where
        quanta.source != 'usage_table'
        and quanta.has_metadata
        and quanta.status != 'unreadable'

)

select * from final
