-- Quanta of plain files whose job section gives no process, with the values to follow one.
with

attempts as (

    select * from {{ ref('int_attempts_checked') }}
    where
        source = 'metadata_file'
        and is_last_attempt
        and process_id is null
        and node_name is not null
        -- A quantum that is alone in its job follows no other.
        and coalesce(job_quanta_count > 1, true)
        and prep_max_rss_bytes is not null
        and max_rss_bytes is not null
        and prep_cpu_time_s is not null
        and end_cpu_time_s is not null

),

told as (

    select * from {{ ref('int_processes_of_jobs') }}

),

final as (

    select
        attempts.campaign,
        attempts.stage,
        attempts.run,
        attempts.node_name,
        attempts.job_quanta_count,
        {{ var('chain_gap_s') }} as gap_s,
        {{ var('chain_slack_s') }} as slack_s,
        attempts.task_label,
        attempts.data_id,
        {{ microseconds('attempts.prep_at') }} as prep_us,
        {{ microseconds('attempts.ended_at') }} as end_us,
        attempts.prep_cpu_time_s,
        attempts.end_cpu_time_s,
        attempts.prep_max_rss_bytes,
        attempts.max_rss_bytes
    from attempts
    left join told using (campaign, stage, run, task_label, data_id)
    where
        told.rebuilt_process_id is null
        and attempts.prep_at is not null
        and attempts.ended_at is not null

)

select * from final
