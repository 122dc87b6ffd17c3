-- A campaign of so many visits, like the one that was measured: visits and tracts in the same proportion, at the same
-- depth, with the same retries.
with

visits as (

    select
        campaign,
        count(distinct unit_id) as visit_count
    from {{ ref('int_slots_assigned') }}
    where unit_kind = 'visit'
    group by campaign

),

nodes as (

    select
        campaign,
        max(cores_count) as node_cores_count
    from {{ ref('int_nodes_listed') }}
    group by campaign

),

-- Visits and tracts are multiplied by the same factor. Work that a campaign does once stays the same.
scaled as (

    select
        costs.*,
        case
            when costs.unit_kind = 'campaign' then 1
            else cast({{ var('projected_visit_count') }} as double) / visits.visit_count
        end as growth
    from {{ ref('fct_unit_costs') }} as costs
    inner join visits using (campaign)

),

-- Errors of visits and of tracts are independent, so their squares add up.
staged as (

    select
        campaign,
        stage,
        memory_per_core_gib,
        max(case when unit_kind = 'tract' then growth * unit_count end) as projected_tract_count,
        coalesce(sum(case when unit_kind = 'campaign' then charged_core_h end), 0) as once_core_h,
        {{ exact_total('growth * charged_core_h') }} as exact_core_h,
        round(sqrt(sum(power(growth * unit_count * (per_unit_core_h - low_per_unit_core_h), 2))), 6) as below_core_h,
        round(sqrt(sum(power(growth * unit_count * (high_per_unit_core_h - per_unit_core_h), 2))), 6) as above_core_h,
        count(*) filter (where unit_kind != 'campaign' and low_per_unit_core_h is null) = 0 as is_bounded
    from scaled
    group by campaign, stage, memory_per_core_gib

),

exact as (

    select
        campaign,
        stage,
        memory_per_core_gib,
        charged_core_s
    from {{ ref('fct_worker_sizing') }}
    where policy = 'exact'

),

-- What a policy of requests is charged, against exact requests of the same jobs.
policies as (

    select
        sizing.campaign,
        sizing.stage,
        sizing.policy,
        sizing.memory_per_core_gib,
        {{ share('sizing.charged_core_s', 'exact.charged_core_s') }} as charge_ratio
    from {{ ref('fct_worker_sizing') }} as sizing
    inner join exact using (campaign, stage, memory_per_core_gib)

),

final as (

    select
        staged.campaign,
        staged.stage,
        policies.policy,
        staged.memory_per_core_gib,
        cast({{ var('projected_visit_count') }} as bigint) as projected_visit_count,
        staged.projected_tract_count,
        nodes.node_cores_count,
        staged.once_core_h * policies.charge_ratio as once_core_h,
        staged.exact_core_h * policies.charge_ratio as projected_core_h,
        case
            when staged.is_bounded
                then greatest(staged.exact_core_h - coalesce(staged.below_core_h, 0), 0) * policies.charge_ratio
        end as low_projected_core_h,
        case
            when staged.is_bounded
                then (staged.exact_core_h + coalesce(staged.above_core_h, 0)) * policies.charge_ratio
        end as high_projected_core_h
    from staged
    inner join policies using (campaign, stage, memory_per_core_gib)
    left join nodes using (campaign)

)

select
    *,
    projected_core_h / (24 * node_cores_count) as projected_node_days,
    low_projected_core_h / (24 * node_cores_count) as low_projected_node_days,
    high_projected_core_h / (24 * node_cores_count) as high_projected_node_days
from final
