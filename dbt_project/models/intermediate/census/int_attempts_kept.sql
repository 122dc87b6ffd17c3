-- Attempts of the lake. A table of gathered usage repeats what metadata says: its row is left out where both are there.
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
