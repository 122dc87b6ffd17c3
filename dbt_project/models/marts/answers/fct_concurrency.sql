-- Means over a bin follow from when quanta begin and end: an event adds the rest of its own bin, and the whole of every
-- later one. So no quantum is spread over bins, and none is sorted.
with

quanta as (

    select
        campaign,
        stage,
        {{ microseconds('prep_at') }} as begin_us,
        {{ microseconds('ended_at') }} as end_us,
        coalesce({{ mib_up('max_rss_bytes') }}, 0) as resident_mib
    from {{ ref('fct_quanta') }}
    where
        prep_at is not null
        and ended_at is not null

),

bins as (

    select * from {{ ref('fct_time_bins') }}

),

events as (

    select
        campaign,
        stage,
        begin_us as event_us,
        1 as running,
        resident_mib
    from quanta

    union all

    select
        campaign,
        stage,
        end_us as event_us,
        -1 as running,
        -resident_mib as resident_mib
    from quanta

),

binned as (

    {{ events_binned('events', 'bins', ['campaign', 'stage']) }}

),

running as (

    {{ bins_run('binned', 'bins', ['campaign', 'stage']) }}

),

final as (

    select
        campaign,
        stage,
        bin_position,
        running_quanta_count,
        resident_gib,
        started_count,
        ended_count,
        bin_wall_time_s,
        bin_started_at
    from running

)

select * from final
