-- Was one night different? Memory, hours and failures by observing day.
select
    campaign,
    stage,
    day_obs,
    count(*) filter (where is_measured) as quanta_count,
    count(*) filter (where is_result and status = 'failed') as failed_count,
    max(max_rss_gib) filter (where is_measured) as max_max_rss_gib,
    {{ hours('coalesce(sum(total_wall_time_s) filter (where is_measured), 0)') }} as total_wall_time_h
from {{ ref('fct_quanta') }}
where day_obs is not null
group by campaign, stage, day_obs
order by campaign, stage, day_obs
