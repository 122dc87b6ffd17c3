-- What graphs expected of the stages of the file. A RUN that left nothing, not even a collection, still counts:
-- only RUNs that are an earlier stage's are set aside.
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

owned as (

    select expectations.*
    from expectations
    inner join stages
        on expectations.campaign = stages.campaign
        and expectations.stage = stages.stage
    left join set_aside
        on expectations.campaign = set_aside.campaign
        and expectations.stage = set_aside.stage
        and expectations.run = set_aside.run
    where set_aside.run is null

)

select * from owned
