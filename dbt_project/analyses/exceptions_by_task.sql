-- What fails, and with which exception? Failures that a later RUN mended are counted beside those that stand.
select
    campaign,
    stage,
    task_label,
    coalesce(exception_type, 'not recorded') as exception_type,
    count(*) filter (where is_result) as standing_count,
    count(*) filter (where is_superseded) as mended_count
from {{ ref('fct_quanta') }}
where status = 'failed'
group by campaign, stage, task_label, exception_type
order by standing_count desc, campaign asc, stage asc, task_label asc, exception_type asc
