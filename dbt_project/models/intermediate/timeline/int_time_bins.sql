with

-- Whole seconds. Bins begin anew in each part of the axis and may reach beyond its end, so one bin a part is kept.
final as (

    select
        campaign,
        stage,
        cast(ceil(
            sum({{ seconds_between('started_at', 'ended_at') }}) / ({{ var('most_time_bins') }} - count(*))
        ) as bigint) as bin_wall_time_s,
        count(*) - 1 as left_out_count,
        sum(idle_before_wall_time_s) as left_out_wall_time_s,
        min(started_at) as first_started_at,
        max(ended_at) as last_ended_at
    from {{ ref('int_spells_found') }}
    group by campaign, stage

)

select
    campaign,
    stage,
    greatest(bin_wall_time_s, 1) as bin_wall_time_s,
    left_out_count,
    {{ hours('left_out_wall_time_s') }} as left_out_wall_time_h,
    first_started_at,
    last_ended_at
from final
