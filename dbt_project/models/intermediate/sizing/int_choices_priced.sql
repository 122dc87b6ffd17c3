-- What each choice of memory per core costs by each policy of requests, for each stage and, without a stage, for the
-- whole campaign. The cost is core-hours times the price of a core with its memory: only ratios within one campaign
-- mean anything.
{{ config(materialized='table') }}

with

campaigns as (

    select * from {{ ref('stg_lake__campaigns') }}

),

stages as (

    select * from {{ ref('int_stages_charged') }}

),

-- Nodes are bought for all stages together.
charged as (

    select * from stages

    union all

    select
        campaign,
        {{ as_text('null') }} as stage,
        policy,
        memory_per_core_gib,
        {{ basis_of_slots('slot_count') }} as basis,
        {{ total_count('slot_count') }} as slot_count,
        {{ total_count('quanta_count') }} as quanta_count,
        {{ total_count('unsized_quanta_count') }} as unsized_quanta_count,
        {{ total_count('widened_slot_count') }} as widened_slot_count,
        max(largest_cores_count) as largest_cores_count,
        {{ total_count('unfit_quanta_count') }} as unfit_quanta_count,
        sum(needed_core_s) as needed_core_s,
        sum(killed_core_s) as killed_core_s,
        sum(charged_core_s) as charged_core_s
    from stages
    group by campaign, policy, memory_per_core_gib

),

priced as (

    select
        charged.*,
        {{ hours('charged.needed_core_s') }} as needed_core_h,
        {{ hours('charged.killed_core_s') }} as killed_core_h,
        {{ hours('charged.charged_core_s') }} as charged_core_h,
        {{ hours('charged.charged_core_s - charged.needed_core_s') }} as idle_core_h,
        {{ share('charged.charged_core_s - charged.needed_core_s', 'charged.needed_core_s') }} as overhead_fraction,
        {{ share('charged.charged_core_s - charged.needed_core_s', 'charged.charged_core_s') }} as idle_fraction,
        {{ hours('charged.charged_core_s') }}
        * (campaigns.per_core_cost + charged.memory_per_core_gib * campaigns.per_gib_cost) as work_cost
    from charged
    inner join campaigns using (campaign)

),

compared as (

    select
        *,
        min(work_cost) over (partition by campaign, stage, policy) as least_work_cost
    from priced

),

final as (

    select
        campaign,
        stage,
        policy,
        memory_per_core_gib,
        basis,
        slot_count,
        quanta_count,
        unsized_quanta_count,
        widened_slot_count,
        largest_cores_count,
        unfit_quanta_count,
        needed_core_s,
        needed_core_h,
        killed_core_h,
        charged_core_s,
        charged_core_h,
        overhead_fraction,
        idle_core_h,
        idle_fraction,
        work_cost,
        {{ share('work_cost - least_work_cost', 'least_work_cost') }} as excess_cost_fraction,
        row_number() over (
            partition by campaign, stage, policy
            order by work_cost asc nulls last, memory_per_core_gib asc
        ) = 1 and work_cost is not null as is_cheapest,
        work_cost <= least_work_cost * (1 + {{ var('nearly_cheapest_fraction') }}) as is_nearly_cheapest
    from compared

)

select * from final
