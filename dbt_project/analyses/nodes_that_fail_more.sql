-- Which nodes fail more often than the others? Killed quanta leave no node, so hard failures are not in here.
with

nodes as (

    select
        campaign,
        node_name,
        count(*) as quanta_count,
        count(*) filter (where status != 'successful') as failed_count,
        {{ hours('sum(spent_wall_time_s)') }} as spent_wall_time_h
    from {{ ref('fct_quanta') }}
    where node_name is not null
    group by campaign, node_name

)

select
    campaign,
    node_name,
    quanta_count,
    failed_count,
    {{ share('failed_count', 'quanta_count') }} as failed_fraction,
    {{ share('sum(failed_count) over (partition by campaign)', 'sum(quanta_count) over (partition by campaign)') }}
        as campaign_failed_fraction,
    spent_wall_time_h
from nodes
order by failed_fraction desc, failed_count desc, campaign asc, node_name asc
