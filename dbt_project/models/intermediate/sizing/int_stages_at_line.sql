-- What nodes with the memory of the line per core charge for the slots of a stage, if each requests exactly its peak:
-- the least that the line costs. Memory is divided by the CPUs of the job.
{{ config(materialized='table') }}

with

nodes as (

    select
        campaign,
        max(cores_count) as most_cores_count
    from {{ ref('int_nodes_listed') }}
    group by campaign

),

campaigns as (

    select * from {{ ref('stg_lake__campaigns') }}

),

held as (

    select
        slots.campaign,
        slots.stage,
        slots.quanta_count,
        slots.cpus_count,
        slots.occupied_wall_time_s,
        nodes.most_cores_count,
        {{ cores_held('slots.cpus_count', gib('slots.peak_rss_bytes'), 'campaigns.threshold_gib') }} as cores_count
    from {{ ref('fct_slots') }} as slots
    inner join campaigns using (campaign)
    left join nodes using (campaign)
    where
        slots.peak_rss_bytes is not null
        and slots.is_whole

),

summed as (

    select
        campaign,
        stage,
        count(*) as slot_count,
        count(*) filter (where cores_count > cpus_count) as widened_slot_count,
        max(most_cores_count) as most_cores_count,
        case
            when max(most_cores_count) is not null
                then cast(coalesce(sum(quanta_count) filter (where cores_count > most_cores_count), 0) as bigint)
        end as unfit_quanta_count,
        coalesce(sum(occupied_wall_time_s * cpus_count), 0) as needed_core_s,
        coalesce(sum(occupied_wall_time_s * cores_count), 0) as charged_core_s
    from held
    group by campaign, stage

),

final as (

    select
        campaign,
        stage,
        slot_count,
        widened_slot_count,
        most_cores_count,
        unfit_quanta_count,
        {{ hours('charged_core_s - needed_core_s') }} as idle_core_h,
        {{ share('charged_core_s - needed_core_s', 'needed_core_s') }} as overhead_fraction
    from summed

)

select * from final
