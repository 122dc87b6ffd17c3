-- Which quanta are the worst, with what is needed to run them again? The ten largest peaks of each stage.
select
    campaign,
    stage,
    worst_rank,
    task_label,
    max_rss_gib,
    is_peak_inherited,
    data_id,
    run,
    node_name
from {{ ref('fct_worst_quanta') }}
where worst_rank <= 10
order by campaign, stage, worst_rank
