-- Round instants within the parts of an axis, far enough apart that the axis has few labels.
with

spells as (

    select
        campaign,
        stage,
        spell_position,
        axis_position,
        bin_wall_time_s,
        bin_count * bin_wall_time_s as drawn_wall_time_s,
        {{ microseconds('started_at') }} as first_us,
        {{ microseconds('ended_at') }} as last_us
    from {{ ref('int_spells_placed') }}

),

axes as (

    select
        campaign,
        stage,
        sum(drawn_wall_time_s) as drawn_wall_time_s
    from spells
    group by campaign, stage

),

steps as (

    {% for step in [
        1, 5, 15, 60, 300, 900, 1800, 3600, 10800, 21600, 43200, 86400, 172800, 604800, 2592000, 31536000
    ] -%}
    select cast({{ step }} as bigint) as tick_wall_time_s{{ ' union all ' if not loop.last }}
    {% endfor %}

),

chosen as (

    select
        axes.campaign,
        axes.stage,
        min(steps.tick_wall_time_s) as tick_wall_time_s
    from axes
    inner join steps on axes.drawn_wall_time_s <= steps.tick_wall_time_s * {{ var('most_time_ticks') }}
    group by axes.campaign, axes.stage

),

numbers as (

    select {{ integers(0, var('most_time_ticks')) }} as place

),

ticked as (

    select
        spells.*,
        chosen.tick_wall_time_s,
        ({{ whole_quotient('spells.first_us - 1', 'chosen.tick_wall_time_s * 1000000') }} + 1 + numbers.place)
        * chosen.tick_wall_time_s * 1000000 as tick_us
    from spells
    inner join chosen using (campaign, stage)
    cross join numbers

),

final as (

    select
        campaign,
        stage,
        spell_position,
        round(axis_position + (tick_us - first_us) / (bin_wall_time_s * 1000000.0), 3) as axis_position,
        {{ instant('tick_us') }} as ticked_at
    from ticked
    where tick_us <= last_us

)

select * from final
