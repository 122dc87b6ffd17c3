-- The stages share their visits, so their errors are common and their intervals add up.
select
    campaign,
    policy,
    memory_per_core_gib,
    projected_visit_count,
    max(node_cores_count) as node_cores_count,
    {{ exact_total('projected_core_h') }} as projected_core_h,
    case when count(low_projected_core_h) = count(*) then {{ exact_total('low_projected_core_h') }} end
        as low_projected_core_h,
    case when count(high_projected_core_h) = count(*) then {{ exact_total('high_projected_core_h') }} end
        as high_projected_core_h,
    {{ exact_total('projected_node_days') }} as projected_node_days,
    case when count(low_projected_node_days) = count(*) then {{ exact_total('low_projected_node_days') }} end
        as low_projected_node_days,
    case when count(high_projected_node_days) = count(*) then {{ exact_total('high_projected_node_days') }} end
        as high_projected_node_days
from {{ ref('fct_stage_projections') }}
group by campaign, policy, memory_per_core_gib, projected_visit_count
