-- Promise: counted against the campaign's own line, thresholds, tasks and stages say the same, to the microsecond.
-- Harm: two tables of one note that differ; the published note had 1,143 in its text and 1,104 in its table.
-- Limits: none.
with

thresholds as (

    select
        thresholds.campaign,
        thresholds.stage,
        sum(thresholds.over_threshold_count) as over_threshold_count,
        sum(thresholds.over_threshold_wall_time_s) as over_threshold_wall_time_s,
        sum(thresholds.quanta_count) as quanta_count
    from {{ ref('fct_thresholds') }} as thresholds
    inner join {{ ref('dim_campaigns') }} using (campaign, threshold_gib)
    group by thresholds.campaign, thresholds.stage

)

select
    stages.campaign,
    stages.stage,
    stages.over_threshold_count,
    thresholds.over_threshold_count as thresholds_over_threshold_count,
    stages.over_threshold_wall_time_s,
    thresholds.over_threshold_wall_time_s as thresholds_over_threshold_wall_time_s
from {{ ref('fct_stage_usage') }} as stages
left join thresholds using (campaign, stage)
where
    stages.over_threshold_count != coalesce(thresholds.over_threshold_count, 0)
    or stages.over_threshold_wall_time_s != coalesce(thresholds.over_threshold_wall_time_s, 0)
    or stages.quanta_count != coalesce(thresholds.quanta_count, 0)
