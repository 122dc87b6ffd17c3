-- Core-seconds of visits and of tracts at each choice of memory per core, if each job requests exactly its peak; by the
-- group that a bootstrap draws them with: one of them, or several where there are many.
{{ config(materialized='table') }}

with

assigned as (

    select
        *,
        cast({{ stable_hash(['unit_id']) }} % {{ var('most_drawn_groups') }} as bigint) as drawn_group
    from {{ ref('int_slots_assigned') }}

),

units as (

    select
        campaign,
        stage,
        unit_kind,
        drawn_group,
        count(distinct unit_id) as unit_count
    from assigned
    group by campaign, stage, unit_kind, drawn_group

),

grouped as (

    select
        campaign,
        stage,
        unit_kind,
        drawn_group,
        cpus_count,
        half_gib_count,
        sum(occupied_wall_time_s) as occupied_wall_time_s
    from assigned
    group by campaign, stage, unit_kind, drawn_group, cpus_count, half_gib_count

),

choices as (

    select {{ integers(2 * var('least_memory_per_core_gib'), 2 * var('most_memory_per_core_gib')) }} as choice_half_gib

),

final as (

    select
        grouped.campaign,
        grouped.stage,
        grouped.unit_kind,
        grouped.drawn_group,
        cast(choices.choice_half_gib as double) / 2 as memory_per_core_gib,
        max(units.unit_count) as unit_count,
        {{ exact_core_s(
            'greatest(grouped.cpus_count, ceil(grouped.half_gib_count / choices.choice_half_gib))', 'true'
        ) }} as charged_core_s
    from grouped
    inner join units using (campaign, stage, unit_kind, drawn_group)
    cross join choices
    group by grouped.campaign, grouped.stage, grouped.unit_kind, grouped.drawn_group, choices.choice_half_gib

)

select * from final
