-- Which tasks of this release exceed the line, how often, for how many hours, and how sure is that?
select
    usage.campaign,
    usage.release,
    usage.stage,
    usage.task_label,
    usage.quanta_count,
    usage.over_threshold_count,
    usage.over_threshold_fraction,
    usage.over_threshold_wall_time_h,
    usage.total_wall_time_h,
    {{ gib('usage.p95_max_rss_bytes') }} as p95_max_rss_gib,
    {{ gib('usage.max_max_rss_bytes') }} as max_max_rss_gib,
    usage.inherited_peak_fraction
from {{ ref('fct_task_usage') }} as usage
inner join {{ ref('dim_campaigns') }} as campaigns using (campaign)
where
    campaigns.is_focus
    and usage.over_threshold_count > 0
order by usage.over_threshold_wall_time_h desc, usage.task_label asc
