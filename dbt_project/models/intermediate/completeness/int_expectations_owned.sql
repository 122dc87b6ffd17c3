-- What graphs expected of the stages of the file. A RUN that left nothing, not even a collection, still counts. Only
-- RUNs of an earlier stage are set aside.
with

expectations as (

    select * from {{ ref('stg_lake__expectations') }}

),

stages as (

    select * from {{ ref('stg_lake__stages') }}

),

set_aside as (

    select * from {{ ref('stg_lake__runs') }}
    where set_aside_for_stage is not null

),

final as (

    select expectations.*
    from expectations
    inner join stages using (campaign, stage)
    left join set_aside using (campaign, stage, run)
    where set_aside.run is null

)

select * from final
