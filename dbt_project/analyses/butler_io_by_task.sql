-- Which tasks spend the largest share of their wall time in Butler get, put and ingest?
select
    campaign,
    stage,
    task_label,
    count(*) as quanta_count,
    {{ hours('sum(total_wall_time_s)') }} as total_wall_time_h,
    {{ share('sum(butler_get_wall_time_s)', 'sum(total_wall_time_s)') }} as butler_get_fraction,
    {{ share('sum(butler_put_wall_time_s)', 'sum(total_wall_time_s)') }} as butler_put_fraction,
    {{ share('sum(butler_ingest_wall_time_s)', 'sum(total_wall_time_s)') }} as butler_ingest_fraction
from {{ ref('fct_quanta') }}
where is_measured
group by campaign, stage, task_label
order by butler_get_fraction desc nulls last, campaign asc, stage asc, task_label asc
