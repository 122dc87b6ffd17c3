-- What the slots of a stage are charged at each choice of memory per core.
with

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

-- Every choice is a multiple of half a GiB, so that ceil(peak / choice) follows exactly from the peak in halves of a
-- GiB, rounded up: millions of slots become some hundred rows before they meet the choices.
stepped as (

    select
        campaign,
        stage,
        basis,
        cpus_count,
        ceil(peak_rss_bytes / ({{ gib_bytes() }} / 2)) as half_gib_count,
        count(*) as slot_count,
        {{ total_count('quanta_count') }} as quanta_count,
        sum(occupied_wall_time_s) as occupied_wall_time_s
    from {{ ref('fct_slots') }}
    group by campaign, stage, basis, cpus_count, half_gib_count

),

widened as (

    select
        stepped.*,
        choices.memory_per_core_gib,
        nodes.most_cores_count,
        stepped.half_gib_count is not null and stepped.occupied_wall_time_s is not null as is_sized,
        greatest(
            stepped.cpus_count, ceil(stepped.half_gib_count / (2 * choices.memory_per_core_gib))
        ) as cores_count
    from stepped
    cross join choices
    left join nodes using (campaign)

),

final as (

    select
        campaign,
        stage,
        memory_per_core_gib,
        {{ basis_of_slots('case when is_sized then slot_count else 0 end') }} as basis,
        cast(coalesce(sum(slot_count) filter (where is_sized), 0) as bigint) as slot_count,
        cast(coalesce(sum(quanta_count) filter (where is_sized), 0) as bigint) as quanta_count,
        cast(coalesce(sum(quanta_count) filter (where not is_sized), 0) as bigint) as unsized_quanta_count,
        cast(coalesce(sum(slot_count) filter (where is_sized and cores_count > cpus_count), 0) as bigint)
            as widened_slot_count,
        cast(max(cores_count) filter (where is_sized) as bigint) as largest_cores_count,
        case
            when min(most_cores_count) is not null
                then cast(
                    coalesce(sum(quanta_count) filter (where is_sized and cores_count > most_cores_count), 0) as bigint
                )
        end as unfit_quanta_count,
        cast(
            coalesce(sum(occupied_wall_time_s * cpus_count) filter (where is_sized), 0) as decimal(38, 6)
        ) as needed_core_s,
        cast(
            coalesce(sum(occupied_wall_time_s * cast(cores_count as bigint)) filter (where is_sized), 0)
            as decimal(38, 6)
        ) as charged_core_s
    from widened
    group by campaign, stage, memory_per_core_gib

)

select * from final
