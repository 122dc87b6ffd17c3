-- How busy were the cores? CPU over wall time of the same interval, runQuantum alone; over 1 means several cores.
select
    campaign,
    stage,
    task_label,
    count(*) as quanta_count,
    {{ hours('sum(run_wall_time_s)') }} as run_wall_time_h,
    {{ share('sum(run_cpu_time_s)', 'sum(run_wall_time_s)') }} as cpu_per_wall_fraction
from {{ ref('fct_quanta') }}
where is_measured
group by campaign, stage, task_label
order by run_wall_time_h desc, campaign asc, stage asc, task_label asc
