-- What the begin and the end of a quantum add to the bins of time: `level` to every later bin, and `part` (times
-- microseconds) to the bin that they fall into. So no quantum is spread over bins, and none is sorted.
{{ config(materialized='table') }}

with

spells as (

    select
        campaign,
        stage,
        first_bin_position,
        bin_wall_time_s * 1000000 as bin_us,
        {{ microseconds('started_at') }} as first_us,
        {{ microseconds('ended_at') }} as last_us
    from {{ ref('int_spells_placed') }}

),

display as (

    select * from {{ ref('dim_task_display') }}

),

events as (
    {%- for instant, running in [('prep_at', 1), ('ended_at', -1)] %}

    select
        quanta.campaign,
        quanta.stage,
        coalesce(display.display_label, 'other tasks') as display_label,
        {{ microseconds('quanta.' ~ instant) }} as event_us,
        {{ running }} as running,
        {{ running }} * coalesce({{ mib_up('quanta.max_rss_bytes') }}, 0) as resident_mib
    from {{ ref('fct_quanta') }} as quanta
    left join display using (stage, task_label)
    where
        quanta.prep_at is not null
        and quanta.ended_at is not null
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

timed as (

    select
        events.*,
        spells.first_bin_position,
        spells.bin_us,
        events.event_us - spells.first_us as since_us
    from events
    inner join spells
        on events.campaign = spells.campaign
        and events.stage = spells.stage
        and events.event_us between spells.first_us and spells.last_us

),

final as (

    select
        campaign,
        stage,
        display_label,
        cast(first_bin_position + {{ whole_quotient('since_us', 'bin_us') }} as integer) as bin_position,
        sum(running) as level_count,
        sum(running * (bin_us - since_us % bin_us)) as part_us,
        sum(resident_mib) as level_mib,
        sum(resident_mib * (bin_us - since_us % bin_us)) as part_mib_us,
        count(*) filter (where running > 0) as started_count,
        count(*) filter (where running < 0) as ended_count
    from timed
    group by campaign, stage, display_label, bin_position

)

select * from final
