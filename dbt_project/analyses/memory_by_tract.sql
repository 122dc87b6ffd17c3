-- Which tracts need most memory, and how much of their wall time is over the line?
select
    campaign,
    stage,
    skymap,
    tract,
    count(*) as quanta_count,
    count(*) filter (where is_over_threshold) as over_threshold_count,
    max(max_rss_gib) as max_max_rss_gib,
    {{ hours('sum(total_wall_time_s)') }} as total_wall_time_h,
    {{ hours('coalesce(sum(total_wall_time_s) filter (where is_over_threshold), 0)') }} as over_threshold_wall_time_h
from {{ ref('fct_quanta') }}
where
    is_measured
    and tract is not null
group by campaign, stage, skymap, tract
order by max_max_rss_gib desc, campaign asc, stage asc, tract asc
