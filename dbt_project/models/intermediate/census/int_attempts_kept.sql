-- Attempts of the lake. A row of a table of gathered usage is left out if the metadata of its quantum exists.
with

quanta as (

    select * from {{ ref('stg_lake__quanta') }}

),

final as (

    select quanta.*
    from quanta
    left join {{ ref('int_tables_repeated') }} as repeated using (campaign, stage, task_label, data_id)
    where
        quanta.source is distinct from 'usage_table'
        or repeated.data_id is null

)

select * from final
