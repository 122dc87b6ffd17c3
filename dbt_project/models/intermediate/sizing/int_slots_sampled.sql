-- Slots for the packing simulation, in start order. It goes from event to event, so what it takes is bounded: of larger
-- stages every n-th slot by its hash, the same in every build and from all tasks and nights alike.
{{ config(materialized='table') }}

with

nodes as (

    select * from {{ ref('int_nodes_offered') }}

),

-- Without nodes there is nothing to pack, and nothing to read. fct_slots is named twice: a CTE of millions of rows that
-- two read would be kept whole.
counted as (

    select
        campaign,
        stage,
        count(*) as slot_count,
        {{ seconds_between('min(prep_at)', 'max(ended_at)') }} as span_wall_time_s
    from {{ ref('fct_slots') }}
    where
        is_whole
        and peak_rss_bytes is not null
        and occupied_wall_time_s is not null
        and campaign in (select nodes.campaign from nodes)
    group by campaign, stage

),

final as (

    select
        slots.campaign,
        slots.stage,
        counted.slot_count,
        counted.span_wall_time_s,
        slots.cpus_count,
        slots.peak_rss_bytes,
        slots.occupied_wall_time_s,
        -- Slots that are equal in all of these columns can change places without an effect.
        row_number() over (
            partition by slots.campaign, slots.stage
            order by
                slots.prep_at asc nulls last,
                slots.peak_rss_bytes asc,
                slots.cpus_count asc,
                slots.occupied_wall_time_s asc
        ) as slot_position
    from {{ ref('fct_slots') }} as slots
    inner join counted using (campaign, stage)
    where
        slots.is_whole
        and slots.peak_rss_bytes is not null
        and slots.occupied_wall_time_s is not null
        and {{ stable_hash(['slots.run', 'slots.process_id', 'slots.task_label', 'slots.data_id']) }}
        % cast(ceil(counted.slot_count / {{ var('most_packed_slots') }}) as bigint) = 0

)

select * from final
