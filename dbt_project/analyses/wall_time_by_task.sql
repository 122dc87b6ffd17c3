-- How long does a quantum of each task take? Median, 95th percentile and longest, in seconds.
select
    campaign,
    stage,
    task_label,
    quanta_count,
    p50_total_wall_time_s,
    p95_total_wall_time_s,
    max_total_wall_time_s,
    total_wall_time_h
from {{ ref('fct_task_wall_times') }}
order by p95_total_wall_time_s desc, campaign asc, stage asc, task_label asc
