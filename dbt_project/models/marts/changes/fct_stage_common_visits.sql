with

campaigns as (

    select
        stage,
        count(*) as campaign_count
    from {{ ref('fct_stage_usage') }}
    where quanta_count > 0
    group by stage

),

-- Many quanta, few visits.
measured as (

    select distinct
        campaign,
        stage,
        instrument,
        visit
    from {{ ref('fct_quanta') }}
    where
        is_measured
        and visit is not null

),

visits as (

    select
        stage,
        instrument,
        visit,
        count(*) as campaign_count
    from measured
    group by stage, instrument, visit

),

counted as (

    select
        visits.stage,
        count(*) as visit_count,
        count(*) filter (where campaigns.campaign_count > 1 and visits.campaign_count = campaigns.campaign_count)
            as common_visit_count
    from visits
    inner join campaigns using (stage)
    group by visits.stage

),

tasks as (

    select
        stage,
        count(distinct task_label) as task_count,
        count(distinct task_label) filter (where common_count > 0) as common_task_count,
        count(distinct task_label) filter (where common_by = 'nothing') as incomparable_task_count
    from {{ ref('fct_task_common_usage') }}
    group by stage

),

stages as (

    select
        stage,
        min(stage_position) as stage_position
    from {{ ref('fct_stage_usage') }}
    group by stage

),

final as (

    select
        stages.stage,
        stages.stage_position,
        coalesce(campaigns.campaign_count, 0) as campaign_count,
        coalesce(counted.visit_count, 0) as visit_count,
        coalesce(counted.common_visit_count, 0) as common_visit_count,
        coalesce(tasks.task_count, 0) as task_count,
        coalesce(tasks.common_task_count, 0) as common_task_count,
        coalesce(tasks.incomparable_task_count, 0) as incomparable_task_count
    from stages
    left join campaigns using (stage)
    left join counted using (stage)
    left join tasks using (stage)

)

select * from final
