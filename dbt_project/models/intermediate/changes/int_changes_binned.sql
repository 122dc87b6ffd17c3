-- Numbers and ranks of matched quanta in bins of 0.1 %. There are few bins for any number of quanta.
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
