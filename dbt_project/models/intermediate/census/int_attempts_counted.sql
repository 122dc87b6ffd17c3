-- Attempts of each task by their outcome; failures that were tried again count here, too.
{{ config(materialized='table') }}

with

attempts as (

    select
        campaign,
        stage,
        task_label,
        count(*) filter (where status = 'failed' and not is_lost) as failed_attempt_count,
        count(*) filter (where status = 'failed' and exception_type like '%MemoryError') as memory_error_count,
        max(max_rss_bytes) as max_attempted_rss_bytes
    from {{ ref('fct_attempts') }}
    group by campaign, stage, task_label

),

lost as (

    select
        campaign,
        stage,
        task_label,
        {{ total_count('lost_attempt_count') }} as lost_attempt_count
    from {{ ref('int_attempts_lost') }}
    group by campaign, stage, task_label

),

-- Without a graph that names quanta and their inputs, it is not known what was lost.
told as (

    select
        campaign,
        stage,
        task_label,
        bool_or(source = 'provenance_graph' or predecessor_numbers is not null) as is_told
    from {{ ref('int_expectations_owned') }}
    where data_id is not null
    group by campaign, stage, task_label

),

final as (

    select
        attempts.*,
        case when told.is_told then coalesce(lost.lost_attempt_count, 0) end as lost_attempt_count
    from attempts
    left join lost using (campaign, stage, task_label)
    left join told using (campaign, stage, task_label)

)

select * from final
