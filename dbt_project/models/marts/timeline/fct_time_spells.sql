select
    campaign,
    stage,
    spell_position,
    first_bin_position,
    axis_position,
    bin_count,
    idle_before_wall_time_s,
    started_at,
    ended_at
from {{ ref('int_spells_placed') }}
