-- Which quanta have to be run again? Data IDs of everything that is missing or failed, gaps first.
select
    campaign,
    stage,
    task_label,
    problem,
    data_id,
    reason,
    run
from {{ ref('fct_missing_quanta') }}
order by is_gap desc, campaign asc, stage asc, task_label asc, data_id asc
