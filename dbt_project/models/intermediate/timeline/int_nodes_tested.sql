-- Whether a node takes longer than the others, over all tasks and stages: van Elteren's rank test within tasks, and the
-- false discovery rate over the nodes of the campaign (Benjamini and Hochberg 1995).
{{ config(materialized='table') }}

with

-- A task counts by the inverse of its number of quanta, which is best where the slowdown is the same everywhere.
summed as (

    select
        campaign,
        node_name,
        {{ total_count('quanta_count') }} as tested_quanta_count,
        -- A sum of doubles depends on the order. The sums are rounded, so that they are the same in every build.
        round(sum(cast(rank_sum - expected_rank_sum as double) / (all_count + 1)), 6) as excess,
        round(sum(rank_sum_variance / (all_count + 1) / (all_count + 1)), 6) as variance
    from {{ ref('int_nodes_ranked') }}
    group by campaign, node_name

),

tested as (

    select
        *,
        excess / nullif(sqrt(variance), 0) as z
    from summed

),

tailed as (

    select
        campaign,
        node_name,
        tested_quanta_count,
        {{ normal_tail('z') }} as slow_chance_fraction
    from tested

),

ordered as (

    select
        *,
        row_number() over (partition by campaign order by slow_chance_fraction asc, node_name asc) as chance_rank,
        count(*) over (partition by campaign) as node_count
    from tailed
    where slow_chance_fraction is not null

),

final as (

    select
        campaign,
        node_name,
        tested_quanta_count,
        slow_chance_fraction,
        least(1.0, min(slow_chance_fraction * node_count / chance_rank) over (
            partition by campaign order by chance_rank rows between current row and unbounded following
        )) as slow_discovery_fraction
    from ordered

)

select * from final
