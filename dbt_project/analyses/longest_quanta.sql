-- Which quanta took longest in each stage? The twenty longest of each.
select
    campaign,
    stage,
    task_label,
    total_wall_time_s,
    max_rss_gib,
    node_name,
    data_id,
    run
from {{ ref('fct_quanta') }}
where is_measured
qualify
    row_number() over (
        partition by campaign, stage
        order by total_wall_time_s desc, task_label asc, data_id asc
    ) <= 20
order by campaign asc, stage asc, total_wall_time_s desc
