with

quanta as (

    select
        quanta.campaign,
        quanta.stage,
        coalesce(display.display_label, 'other tasks') as display_label,
        display.display_rank,
        {{ microseconds('quanta.prep_at') }} as begin_us,
        {{ microseconds('quanta.ended_at') }} as end_us,
        coalesce({{ mib_up('quanta.max_rss_bytes') }}, 0) as resident_mib
    from {{ ref('fct_quanta') }} as quanta
    left join {{ ref('dim_task_display') }} as display
        on quanta.stage = display.stage
        and quanta.task_label = display.task_label
    where
        quanta.prep_at is not null
        and quanta.ended_at is not null

),

bins as (

    select * from {{ ref('fct_time_bins') }}

),

events as (

    select
        campaign,
        stage,
        display_label,
        begin_us as event_us,
        1 as running,
        resident_mib
    from quanta

    union all

    select
        campaign,
        stage,
        display_label,
        end_us as event_us,
        -1 as running,
        -resident_mib as resident_mib
    from quanta

),

ranks as (

    select
        campaign,
        stage,
        display_label,
        min(display_rank) as display_rank
    from quanta
    group by campaign, stage, display_label

),

binned as (

    {{ events_binned('events', 'bins', ['campaign', 'stage', 'display_label']) }}

),

running as (

    {{ bins_run('binned', 'bins', ['campaign', 'stage', 'display_label']) }}

),

-- The layers of a stacked area, the task of the first rank at the bottom.
stacked as (

    select
        running.*,
        ranks.display_rank,
        sum(running.running_quanta_count) over layers as upper_running_quanta_count,
        sum(running.resident_gib) over layers as upper_resident_gib
    from running
    inner join ranks
        on running.campaign = ranks.campaign
        and running.stage = ranks.stage
        and running.display_label = ranks.display_label
    window layers as (
        partition by running.campaign, running.stage, running.bin_position
        order by coalesce(ranks.display_rank, 99)
    )

),

final as (

    select
        campaign,
        stage,
        bin_position,
        display_label,
        display_rank,
        running_quanta_count,
        round(upper_running_quanta_count - running_quanta_count, 6) as lower_running_quanta_count,
        round(upper_running_quanta_count, 6) as upper_running_quanta_count,
        resident_gib,
        round(upper_resident_gib - resident_gib, 6) as lower_resident_gib,
        round(upper_resident_gib, 6) as upper_resident_gib,
        bin_started_at
    from stacked

)

select * from final
