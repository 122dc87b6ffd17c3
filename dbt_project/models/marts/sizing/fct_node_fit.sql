with

slots as (

    select * from {{ ref('fct_slots') }}
    where
        is_whole
        and peak_rss_bytes is not null
        and occupied_wall_time_s is not null

),

nodes as (

    select
        *,
        memory_gib / cores_count as memory_per_core_gib
    from {{ ref('int_nodes_listed') }}

),

placed as (

    select
        slots.campaign,
        slots.stage,
        nodes.node_type,
        nodes.cores_count,
        nodes.memory_gib,
        nodes.memory_per_core_gib,
        slots.quanta_count,
        slots.occupied_wall_time_s,
        slots.cpus_count,
        {{ cores_held('slots.cpus_count', gib('slots.peak_rss_bytes'), 'nodes.memory_per_core_gib') }}
            as slot_cores_count,
        slots.cpus_count <= nodes.cores_count
        and slots.peak_rss_bytes <= nodes.memory_gib * {{ gib_bytes() }} as is_fit
    from slots
    inner join nodes using (campaign)

),

summed as (

    select
        campaign,
        stage,
        node_type,
        cores_count,
        memory_gib,
        memory_per_core_gib,
        {{ total_count('quanta_count') }} as quanta_count,
        cast(coalesce(sum(quanta_count) filter (where not is_fit), 0) as bigint) as unfit_quanta_count,
        count(*) as slot_count,
        count(*) filter (where not is_fit) as unfit_slot_count,
        coalesce(sum(occupied_wall_time_s) filter (where not is_fit), 0) as unfit_wall_time_s,
        coalesce(sum(occupied_wall_time_s * cpus_count) filter (where is_fit), 0) as needed_core_s,
        coalesce(sum(occupied_wall_time_s * slot_cores_count) filter (where is_fit), 0) as charged_core_s
    from placed
    group by campaign, stage, node_type, cores_count, memory_gib, memory_per_core_gib

),

final as (

    select
        campaign,
        stage,
        node_type,
        cores_count,
        memory_gib,
        memory_per_core_gib,
        slot_count,
        unfit_slot_count,
        quanta_count,
        unfit_quanta_count,
        {{ hours('unfit_wall_time_s') }} as unfit_wall_time_h,
        {{ hours('needed_core_s') }} as needed_core_h,
        {{ hours('charged_core_s') }} as charged_core_h,
        {{ share('charged_core_s - needed_core_s', 'needed_core_s') }} as overhead_fraction
    from summed

)

select * from final
