-- How many core-hours and node-days would 1,000 visits take, at 4, 6 and 8 GiB per core, by what jobs request?
select
    campaign,
    stage,
    policy,
    memory_per_core_gib,
    projected_visit_count,
    projected_tract_count,
    node_cores_count,
    projected_core_h,
    low_projected_core_h,
    high_projected_core_h,
    projected_node_days,
    low_projected_node_days,
    high_projected_node_days
from {{ ref('fct_stage_projections') }}
where memory_per_core_gib in (4, 6, 8)
order by campaign, stage, policy, memory_per_core_gib
