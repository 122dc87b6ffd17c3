-- Plan of the packing simulation: the slots of a stage on nodes of one shape, as many nodes as the closed form of
-- fct_worker_sizing needs to do the same work in the time that the stage took.
with

slots as (

    select * from {{ ref('int_slots_sampled') }}

),

nodes as (

    select * from {{ ref('int_nodes_offered') }}

),

placed as (

    select
        slots.campaign,
        slots.stage,
        nodes.cores_count,
        nodes.memory_per_core_gib,
        nodes.memory_bytes,
        nodes.node_type,
        slots.slot_count,
        slots.span_wall_time_s,
        slots.occupied_wall_time_s,
        slots.cpus_count,
        {{ cores_held('slots.cpus_count', gib('slots.peak_rss_bytes'), 'nodes.memory_per_core_gib') }}
            as slot_cores_count,
        slots.cpus_count <= nodes.cores_count
        and slots.peak_rss_bytes <= nodes.memory_bytes as is_fit
    from slots
    inner join nodes using (campaign)

),

summed as (

    select
        campaign,
        stage,
        cores_count,
        memory_per_core_gib,
        memory_bytes,
        node_type,
        slot_count,
        span_wall_time_s,
        count(*) as sampled_slot_count,
        count(*) filter (where is_fit) as fit_slot_count,
        coalesce(sum(occupied_wall_time_s * cpus_count) filter (where is_fit), 0) as needed_core_s,
        coalesce(sum(occupied_wall_time_s * slot_cores_count) filter (where is_fit), 0) as closed_form_core_s
    from placed
    group by campaign, stage, cores_count, memory_per_core_gib, memory_bytes, node_type, slot_count, span_wall_time_s

),

final as (

    select
        *,
        cast(
            greatest(1, ceil({{ share('closed_form_core_s', 'cores_count * span_wall_time_s') }})) as bigint
        ) as node_count
    from summed

)

select * from final
