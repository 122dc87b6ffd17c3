-- Promise: every quantum that the lake holds for a RUN of the file stands in fct_quanta, once for each RUN.
-- Harm: a join that drops or doubles rows changes every number, and no total within the marts would show it.
-- Limits: RUNs that left the campaigns file, or belong to an earlier stage, are left out on purpose, and so is what a
-- table of gathered usage says of a quantum whose metadata can be read.
with

lake as (

    select
        quanta.campaign,
        quanta.stage,
        count(*) as lake_count
    from {{ ref('int_attempts_kept') }} as quanta
    inner join {{ ref('int_runs_owned') }} using (campaign, stage, run)
    where quanta.is_last_attempt
    group by quanta.campaign, quanta.stage

),

marts as (

    select
        campaign,
        stage,
        count(*) as mart_count
    from {{ ref('fct_quanta') }}
    group by campaign, stage

)

select
    campaign,
    stage,
    lake.lake_count,
    marts.mart_count
from lake
full outer join marts using (campaign, stage)
where lake.lake_count is distinct from marts.mart_count
