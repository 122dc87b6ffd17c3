-- Every bin of a stage with what ran in it on average, bins without events too: for each label of the figures, and for
-- all tasks together.
{{ config(materialized='table') }}

with

spells as (

    select
        *,
        bin_wall_time_s * 1000000 as bin_us,
        {{ microseconds('started_at') }} as first_us
    from {{ ref('int_spells_placed') }}

),

labelled as (

    select * from {{ ref('int_events_binned') }}

),

binned as (

    select * from labelled

    union all

    select
        campaign,
        stage,
        'all tasks' as display_label,
        bin_position,
        sum(level_count) as level_count,
        sum(part_us) as part_us,
        sum(level_mib) as level_mib,
        sum(part_mib_us) as part_mib_us,
        {{ total_count('started_count') }} as started_count,
        {{ total_count('ended_count') }} as ended_count
    from labelled
    group by campaign, stage, bin_position

),

labels as (

    select distinct
        campaign,
        stage,
        display_label
    from binned

),

numbers as (

    select cast(place as integer) as place
    from (select {{ integers(0, var('most_time_bins')) }} as place)

),

places as (

    select
        labels.campaign,
        labels.stage,
        labels.display_label,
        spells.spell_position,
        spells.first_bin_position + numbers.place as bin_position,
        spells.axis_position + numbers.place as axis_position,
        spells.bin_us,
        spells.bin_wall_time_s,
        {{ instant('spells.first_us + numbers.place * spells.bin_us') }} as bin_started_at
    from labels
    inner join spells using (campaign, stage)
    inner join numbers on spells.bin_count > numbers.place

),

final as (

    select
        places.campaign,
        places.stage,
        places.display_label,
        places.bin_position,
        places.spell_position,
        places.axis_position,
        places.bin_wall_time_s,
        places.bin_started_at,
        round(
            coalesce(binned.part_us, 0) / places.bin_us + coalesce(sum(binned.level_count) over earlier, 0), 6
        ) as running_quanta_count,
        round(
            coalesce(binned.part_mib_us / 1024, 0) / places.bin_us
            + coalesce(sum(binned.level_mib / 1024) over earlier, 0),
            6
        ) as resident_gib,
        coalesce(binned.started_count, 0) as started_count,
        coalesce(binned.ended_count, 0) as ended_count
    from places
    left join binned using (campaign, stage, display_label, bin_position)
    window earlier as (
        partition by places.campaign, places.stage, places.display_label
        order by places.bin_position
        rows between unbounded preceding and 1 preceding
    )

)

select * from final
