-- Which quanta have the largest peaks, and how are they run again? The ten largest of each stage.
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
