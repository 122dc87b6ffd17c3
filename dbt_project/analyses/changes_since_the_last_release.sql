-- What changed since the campaign before in the file? Inputs may differ as much as the code: see the visits of both.
with

usage as (

    select
        campaigns.campaign_position,
        campaigns.visit_count,
        usage.*
    from {{ ref('fct_task_usage') }} as usage
    inner join {{ ref('dim_campaigns') }} as campaigns using (campaign)

)

select
    newer.campaign,
    older.campaign as older_campaign,
    newer.stage,
    newer.task_label,
    newer.visit_count,
    older.visit_count as older_visit_count,
    {{ gib('newer.p50_max_rss_bytes') }} as p50_max_rss_gib,
    {{ gib('newer.p50_max_rss_bytes - older.p50_max_rss_bytes') }} as p50_change_gib,
    {{ gib('newer.p95_max_rss_bytes - older.p95_max_rss_bytes') }} as p95_change_gib,
    {{ gib('newer.max_max_rss_bytes - older.max_max_rss_bytes') }} as max_change_gib,
    newer.p50_total_wall_time_s - older.p50_total_wall_time_s as p50_change_wall_time_s
from usage as newer
inner join usage as older
    on newer.stage = older.stage
    and newer.task_label = older.task_label
    and newer.campaign_position = older.campaign_position + 1
order by abs(newer.p95_max_rss_bytes - older.p95_max_rss_bytes) desc, newer.stage, newer.task_label asc
