-- What the slots of a stage are charged at each choice of memory per core, by what they request: exactly their peak
-- (the best case), or what a policy says, with every attempt that is killed before.
with

stepped as (

    select * from {{ ref('int_charges_stepped') }}

),

nodes as (

    select
        campaign,
        max(cores_count) as most_cores_count
    from {{ ref('int_nodes_listed') }}
    group by campaign

),

choices as (

    select cast(half_gib as double) / 2 as memory_per_core_gib
    from (
        select
            {{ integers(2 * var('least_memory_per_core_gib'), 2 * var('most_memory_per_core_gib')) }} as half_gib
    )

),

stages as (

    select
        campaign,
        stage,
        {{ total_count('quanta_count') }} as all_quanta_count
    from stepped
    where policy = 'exact'
    group by campaign, stage

),

widened as (

    select
        stepped.*,
        choices.memory_per_core_gib,
        nodes.most_cores_count,
        stages.all_quanta_count,
        stepped.half_gib_count is not null and stepped.occupied_wall_time_s is not null as is_sized,
        {{ cores_held('stepped.cpus_count', 'stepped.half_gib_count / 2', 'choices.memory_per_core_gib') }}
            as cores_count
    from stepped
    inner join stages using (campaign, stage)
    cross join choices
    left join nodes using (campaign)

),

-- A slot is counted by its last attempt.
counted as (

    select
        *,
        is_sized and is_last as is_counted
    from widened

),

final as (

    select
        campaign,
        stage,
        policy,
        memory_per_core_gib,
        {{ basis_of_slots('case when is_counted then slot_count else 0 end') }} as basis,
        cast(coalesce(sum(slot_count) filter (where is_counted), 0) as bigint) as slot_count,
        cast(coalesce(sum(quanta_count) filter (where is_counted), 0) as bigint) as quanta_count,
        cast(max(all_quanta_count) - coalesce(sum(quanta_count) filter (where is_counted), 0) as bigint)
            as unsized_quanta_count,
        cast(coalesce(sum(slot_count) filter (where is_counted and cores_count > cpus_count), 0) as bigint)
            as widened_slot_count,
        max(cores_count) filter (where is_sized) as largest_cores_count,
        case
            when min(most_cores_count) is not null
                then coalesce({{ total_count('case when is_counted and cores_count > most_cores_count'
                    ~ ' then quanta_count else 0 end') }}, 0)
        end as unfit_quanta_count,
        {{ exact_core_s('cpus_count', 'is_counted') }} as needed_core_s,
        {{ exact_core_s('cores_count', 'is_sized and is_killed') }} as killed_core_s,
        {{ exact_core_s('cores_count', 'is_sized') }} as charged_core_s
    from counted
    group by campaign, stage, policy, memory_per_core_gib

)

select * from final
