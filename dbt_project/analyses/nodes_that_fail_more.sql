-- Which nodes fail more often than the others? Each attempt counts where it ran.
-- Killed attempts record no node, so they are not counted.
with

nodes as (

    select
        campaign,
        node_name,
        count(*) as attempted_count,
        count(*) filter (where status != 'successful') as failed_count,
        {{ hours('sum(total_wall_time_s)') }} as spent_wall_time_h
    from {{ ref('fct_attempts') }}
    where node_name is not null
    group by campaign, node_name

)

select
    campaign,
    node_name,
    attempted_count,
    failed_count,
    {{ share('failed_count', 'attempted_count') }} as failed_fraction,
    {{ share('sum(failed_count) over (partition by campaign)', 'sum(attempted_count) over (partition by campaign)') }}
        as campaign_failed_fraction,
    spent_wall_time_h
from nodes
order by failed_fraction desc, failed_count desc, campaign asc, node_name asc
