-- Does memory depend on the band? Median, 95th percentile and maximum of each task by band.
select
    campaign,
    stage,
    task_label,
    band,
    count(*) as quanta_count,
    {{ gib(quantile('max_rss_bytes', 0.5)) }} as p50_max_rss_gib,
    {{ gib(quantile('max_rss_bytes', 0.95)) }} as p95_max_rss_gib,
    max(max_rss_gib) as max_max_rss_gib
from {{ ref('fct_quanta') }}
where
    is_measured
    and band is not null
group by campaign, stage, task_label, band
order by campaign, stage, task_label, band
