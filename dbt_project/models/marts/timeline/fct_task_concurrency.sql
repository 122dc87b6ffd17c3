with

bins as (

    select * from {{ ref('fct_time_bins') }}

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
    left join display
        on quanta.stage = display.stage
        and quanta.task_label = display.task_label
    where
        quanta.prep_at is not null
        and quanta.ended_at is not null
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

ranks as (

    select
        stage,
        display_label,
        min(display_rank) as display_rank
    from display
    group by stage, display_label

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
    left join ranks
        on running.stage = ranks.stage
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
