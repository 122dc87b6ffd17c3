-- Position of each part of a stage's time on its axis, in bins, with a margin before each.
{{ config(materialized='table') }}

with

counted as (

    select
        spells.campaign,
        spells.stage,
        spells.spell_position,
        bins.bin_wall_time_s,
        cast({{ whole_quotient(
            microseconds('spells.ended_at') ~ ' - ' ~ microseconds('spells.started_at'),
            'bins.bin_wall_time_s * 1000000'
        ) }} + 1 as integer) as bin_count,
        spells.idle_before_wall_time_s,
        spells.started_at,
        spells.ended_at
    from {{ ref('int_spells_found') }} as spells
    inner join {{ ref('int_time_bins') }} as bins using (campaign, stage)

),

placed as (

    select
        *,
        cast(coalesce(sum(bin_count) over (
            partition by campaign, stage
            order by spell_position
            rows between unbounded preceding and 1 preceding
        ), 0) as integer) as first_bin_position
    from counted

),

final as (

    select
        campaign,
        stage,
        spell_position,
        first_bin_position,
        first_bin_position + (spell_position + 1) * {{ var('spell_margin_bins') }} as axis_position,
        bin_count,
        bin_wall_time_s,
        idle_before_wall_time_s,
        started_at,
        ended_at
    from placed

)

select * from final
