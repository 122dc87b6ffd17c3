-- Means over a bin follow from when quanta begin and end: an event adds the rest of its own bin, and the whole of every
-- later one. So no quantum is spread over bins, and none is sorted.
with

bins as (

    select * from {{ ref('fct_time_bins') }}

),

events as (
    {%- for instant, running in [('prep_at', 1), ('ended_at', -1)] %}

    select
        campaign,
        stage,
        {{ microseconds(instant) }} as event_us,
        {{ running }} as running,
        {{ running }} * coalesce({{ mib_up('max_rss_bytes') }}, 0) as resident_mib
    from {{ ref('fct_quanta') }}
    where
        prep_at is not null
        and ended_at is not null
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

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
