-- How long does a quantum of each task take? Median, 95th percentile and longest, in seconds.
select
    campaign,
    stage,
    task_label,
    count(*) as quanta_count,
    {{ quantile('total_wall_time_s', 0.5) }} as p50_total_wall_time_s,
    {{ quantile('total_wall_time_s', 0.95) }} as p95_total_wall_time_s,
    cast(max(total_wall_time_s) as double) as max_total_wall_time_s,
    cast(sum(total_wall_time_s) as double) / 3600 as total_wall_time_h
from {{ ref('fct_quanta') }}
where is_measured
group by campaign, stage, task_label
order by p95_total_wall_time_s desc, campaign asc, stage asc, task_label asc
