-- A RUN in the chain of a later stage is only an input there. RUNs that are no longer in the campaigns file are in no
-- mart.
with

runs as (

    select * from {{ ref('stg_lake__runs') }}

),

stages as (

    select * from {{ ref('stg_lake__stages') }}

),

campaigns as (

    select * from {{ ref('stg_lake__campaigns') }}

),

final as (

    select runs.*
    from runs
    inner join stages using (campaign, stage)
    inner join campaigns using (campaign)
    where runs.set_aside_for_stage is null

)

select * from final
