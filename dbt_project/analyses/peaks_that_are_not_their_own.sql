-- Which tasks have mostly peaks that they inherited from other quanta of the process?
select
    campaign,
    stage,
    task_label,
    quanta_count,
    own_peak_count,
    inherited_peak_fraction,
    {{ gib('p50_max_rss_bytes') }} as p50_max_rss_gib,
    {{ gib('own_p50_max_rss_bytes') }} as own_p50_max_rss_gib
from {{ ref('fct_task_usage') }}
where inherited_peak_count > 0
order by inherited_peak_fraction desc, quanta_count desc, campaign asc, stage asc, task_label asc
