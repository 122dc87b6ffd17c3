-- How many matched quanta have a value, and their ranks, in bins 0.1 % wide: few however many quanta there are.
{{ config(materialized='table') }}

with

counted as (

    select
        before_campaign,
        after_campaign,
        stage,
        task_label,
        measure,
        log_bin,
        count(*) as quanta_count
    from {{ ref('int_changes_valued') }}
    group by before_campaign, after_campaign, stage, task_label, measure, log_bin

),

final as (

    select
        *,
        sum(quanta_count) over (
            partition by before_campaign, after_campaign, stage, task_label, measure order by log_bin
        ) as last_rank,
        sum(quanta_count) over (
            partition by before_campaign, after_campaign, stage, task_label, measure
        ) as all_count
    from counted

)

select * from final
