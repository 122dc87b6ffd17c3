-- Nodes are bought for all stages together: the sum of fct_worker_sizing over the stages of a campaign.
with

stages as (

    select * from {{ ref('fct_worker_sizing') }}

),

campaigns as (

    select * from {{ ref('stg_lake__campaigns') }}

),

summed as (

    select
        campaign,
        memory_per_core_gib,
        case
            when count(distinct basis) > 1 then 'mixed'
            else min(basis)
        end as basis,
        {{ total_count('slot_count') }} as slot_count,
        {{ total_count('quanta_count') }} as quanta_count,
        {{ total_count('unsized_quanta_count') }} as unsized_quanta_count,
        {{ total_count('widened_slot_count') }} as widened_slot_count,
        max(largest_cores_count) as largest_cores_count,
        {{ total_count('unfit_quanta_count') }} as unfit_quanta_count,
        sum(needed_core_s) as needed_core_s,
        sum(charged_core_s) as charged_core_s
    from stages
    group by campaign, memory_per_core_gib

),

{{ sizing_columns('summed', ['campaign']) }}

select * from final
