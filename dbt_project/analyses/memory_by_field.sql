-- Which fields need most memory and time? Memory and hours by target of the visits and exposures.
select
    campaign,
    stage,
    target_name,
    count(distinct visit) as visit_count,
    count(*) as quanta_count,
    {{ gib(quantile('max_rss_bytes', 0.95)) }} as p95_max_rss_gib,
    max(max_rss_gib) as max_max_rss_gib,
    {{ hours('sum(total_wall_time_s)') }} as total_wall_time_h
from {{ ref('fct_quanta') }}
where
    is_measured
    and target_name is not null
group by campaign, stage, target_name
order by campaign asc, stage asc, total_wall_time_h desc, target_name asc
