with

note as (

    select * from {{ ref('note_stages') }}

),

campaigns as (

    select * from {{ ref('dim_campaigns') }}

),

-- The note counted every result with metadata, work or not.
quanta as (

    select
        fct_quanta.campaign,
        fct_quanta.stage,
        fct_quanta.total_wall_time_s,
        fct_quanta.max_rss_bytes > 6 * {{ gib_bytes() }} as is_over_6_gib
    from {{ ref('fct_quanta') }} as fct_quanta
    inner join note using (campaign, stage)
    where
        fct_quanta.is_result
        and fct_quanta.max_rss_bytes is not null

),

ours as (

    select
        campaign,
        stage,
        count(*) as quanta_count,
        count(*) filter (where is_over_6_gib) as over_6_gib_count,
        {{ hours('sum(total_wall_time_s)') }} as total_wall_time_h,
        {{ hours('coalesce(sum(total_wall_time_s) filter (where is_over_6_gib), 0)') }} as over_6_gib_wall_time_h
    from quanta
    group by campaign, stage

),

compared as (

    select
        note.campaign,
        note.stage,
        note.quanta_count as note_quanta_count,
        ours.quanta_count as our_quanta_count,
        note.over_6_gib_count as note_over_6_gib_count,
        ours.over_6_gib_count as our_over_6_gib_count,
        note.total_wall_time_h as note_total_wall_time_h,
        ours.total_wall_time_h as our_total_wall_time_h,
        note.over_6_gib_wall_time_h as note_over_6_gib_wall_time_h,
        ours.over_6_gib_wall_time_h as our_over_6_gib_wall_time_h
    from note
    inner join campaigns using (campaign)
    left join ours using (campaign, stage)

),

-- Hours are printed with two decimals.
final as (

    select
        *,
        coalesce(
            note_quanta_count = our_quanta_count
            and note_over_6_gib_count = our_over_6_gib_count
            and abs(note_total_wall_time_h - our_total_wall_time_h) <= 0.006
            and abs(note_over_6_gib_wall_time_h - our_over_6_gib_wall_time_h) <= 0.006,
            false
        ) as is_match
    from compared

)

select * from final
