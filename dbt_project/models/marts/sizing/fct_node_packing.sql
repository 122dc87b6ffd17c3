with

planned as (

    select * from {{ ref('int_packings_planned') }}

),

simulated as (

    select * from {{ ref('int_packings_simulated') }}

),

packed as (

    select
        planned.*,
        simulated.makespan_us,
        simulated.queue_us,
        simulated.queue_busy_core_us,
        simulated.queue_busy_byte_us,
        simulated.queue_memory_idle_core_us,
        simulated.tied_queue_us,
        simulated.tied_queue_busy_core_us,
        planned.node_count * planned.cores_count as all_cores_count,
        planned.node_count * planned.cores_count * simulated.queue_us as queue_core_us,
        planned.node_count * planned.cores_count * simulated.tied_queue_us as tied_queue_core_us
    from planned
    inner join simulated using (campaign, stage, cores_count, memory_per_core_gib)

),

-- Computed from whole microseconds, so that a share of the whole is at most 1.
shared as (

    select
        *,
        {{ share('needed_core_s', 'closed_form_core_s') }} as closed_form_utilisation_fraction,
        {{ share('needed_core_s * 1000000', 'all_cores_count * makespan_us') }} as core_utilisation_fraction,
        {{ share('queue_busy_core_us', 'queue_core_us') }} as queue_core_utilisation_fraction,
        {{ share('queue_busy_byte_us', 'node_count * memory_bytes * queue_us') }} as queue_memory_utilisation_fraction,
        {{ share('queue_memory_idle_core_us', 'queue_core_us') }} as queue_memory_idle_fraction,
        {{ share('queue_core_us - queue_busy_core_us - queue_memory_idle_core_us', 'queue_core_us') }}
            as queue_core_idle_fraction,
        {{ share('tied_queue_busy_core_us', 'tied_queue_core_us') }} as tied_core_held_fraction
    from packed

),

final as (

    select
        campaign,
        stage,
        cores_count,
        memory_per_core_gib,
        node_type,
        cores_count * memory_per_core_gib as memory_gib,
        node_count,
        slot_count,
        sampled_slot_count,
        sampled_slot_count - fit_slot_count as unfit_slot_count,
        {{ hours('makespan_us') }} / 1000000 as makespan_wall_time_h,
        {{ hours('queue_us') }} / 1000000 as queue_wall_time_h,
        {{ hours('needed_core_s') }} as needed_core_h,
        {{ hours('closed_form_core_s') }} as closed_form_core_h,
        {{ hours('all_cores_count * makespan_us') }} / 1000000 as occupied_core_h,
        {{ hours('queue_memory_idle_core_us') }} / 1000000 as queue_memory_idle_core_h,
        core_utilisation_fraction,
        closed_form_utilisation_fraction,
        queue_core_utilisation_fraction,
        queue_memory_utilisation_fraction,
        queue_memory_idle_fraction,
        queue_core_idle_fraction,
        {{ share('closed_form_utilisation_fraction', 'queue_core_utilisation_fraction') }} - 1
            as excess_fraction,
        1 / tied_core_held_fraction - 1 as tied_excess_fraction
    from shared

)

select * from final
