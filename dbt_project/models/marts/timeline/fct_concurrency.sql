select
    campaign,
    stage,
    bin_position,
    spell_position,
    axis_position,
    running_quanta_count,
    resident_gib,
    started_count,
    ended_count,
    bin_wall_time_s,
    bin_started_at
from {{ ref('int_bins_filled') }}
where display_label = 'all tasks'
