-- Promise: the lake holds, of each RUN, as many attempts as extraction counted when it read the RUN.
-- Harm: rows that vanish between the repository and the lake look like quanta that never ran.
-- Limits: RUNs without a count are not compared: those that are only inputs, and lakes not made by extraction.
with

held as (

    select
        campaign,
        stage,
        run,
        count(*) as held_count
    from {{ ref('stg_lake__quanta') }}
    group by campaign, stage, run

)

select
    runs.campaign,
    runs.stage,
    runs.run,
    runs.attempts_count as counted_count,
    coalesce(held.held_count, 0) as held_count
from {{ ref('stg_lake__runs') }} as runs
left join held
    on runs.campaign = held.campaign
    and runs.stage = held.stage
    and runs.run = held.run
where runs.attempts_count != coalesce(held.held_count, 0)
