-- A RUN in the chain of a later stage is only an input there; what left the campaigns file leaves the marts.
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

owned as (

    select runs.*
    from runs
    inner join stages
        on runs.campaign = stages.campaign
        and runs.stage = stages.stage
    inner join campaigns on runs.campaign = campaigns.campaign
    where runs.set_aside_for_stage is null

)

select * from owned
