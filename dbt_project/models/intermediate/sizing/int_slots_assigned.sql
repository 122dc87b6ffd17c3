-- What each visit or tract took of the slots that can be sized: a job is of the visit of its quanta, else of their
-- tract, else of the campaign as a whole. If there are several, it is the smallest.
{{ config(materialized='table') }}

with

processes as (

    select
        campaign,
        stage,
        run,
        process_id,
        min(coalesce(visit, exposure)) as visit,
        min(tract) as tract
    from {{ ref('fct_quanta') }}
    where process_id is not null
    group by campaign, stage, run, process_id

),

placed as (

    select
        slots.campaign,
        slots.stage,
        slots.cpus_count,
        ceil(slots.peak_rss_bytes / ({{ gib_bytes() }} / 2)) as half_gib_count,
        slots.occupied_wall_time_s,
        coalesce(
            processes.visit,
            {{ data_id_value('slots.data_id', 'visit', 'bigint') }},
            {{ data_id_value('slots.data_id', 'exposure', 'bigint') }}
        ) as visit,
        coalesce(processes.tract, {{ data_id_value('slots.data_id', 'tract', 'bigint') }}) as tract
    from {{ ref('fct_slots') }} as slots
    left join processes using (campaign, stage, run, process_id)
    where
        slots.is_whole
        and slots.peak_rss_bytes is not null
        and slots.occupied_wall_time_s is not null

),

final as (

    select
        campaign,
        stage,
        case
            when visit is not null then 'visit'
            when tract is not null then 'tract'
            else 'campaign'
        end as unit_kind,
        coalesce(visit, tract, 0) as unit_id,
        cpus_count,
        half_gib_count,
        sum(occupied_wall_time_s) as occupied_wall_time_s
    from placed
    group by campaign, stage, unit_kind, unit_id, cpus_count, half_gib_count

)

select * from final
