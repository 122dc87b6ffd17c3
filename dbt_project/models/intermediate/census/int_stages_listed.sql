-- Stages of the campaigns file, with what the file says of their campaign, and the RUNs that were read.
with

runs as (

    select
        campaign,
        stage,
        count(*) as run_count,
        count(*) filter (where source = 'promised') as promised_run_count
    from {{ ref('int_runs_owned') }}
    group by campaign, stage

),

final as (

    select
        stages.campaign,
        stages.stage,
        stages.stage_position,
        campaigns.release,
        campaigns.is_focus,
        campaigns.is_simulated,
        campaigns.threshold_gib,
        stages.incomplete_reason,
        coalesce(runs.run_count, 0) as run_count,
        coalesce(runs.promised_run_count, 0) as promised_run_count
    from {{ ref('stg_lake__stages') }} as stages
    inner join {{ ref('stg_lake__campaigns') }} as campaigns using (campaign)
    left join runs using (campaign, stage)

)

select * from final
