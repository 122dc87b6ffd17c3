-- What occupied a slot of the batch system: a process if the chain of its quanta is known, else a quantum. If unknown
-- other quanta must have shared its process, the quantum's own peak is a guess.
{{ config(materialized='view') }}

with

jobs as (

    select * from {{ ref('dim_jobs') }}

),

resolved as (

    select * from {{ ref('int_task_lists_resolved') }}

),

-- The peak is the process's own if it was reached after the first quantum began.
firsts as (

    select
        campaign,
        stage,
        run,
        process_id,
        min(prep_max_rss_bytes) as first_prep_max_rss_bytes
    from {{ ref('fct_quanta') }}
    where process_id is not null
    group by campaign, stage, run, process_id

),

known as (

    select
        processes.campaign,
        processes.stage,
        processes.run,
        processes.process_id,
        {{ as_text('null') }} as task_label,
        {{ as_text('null') }} as data_id,
        resolved.job_kind,
        resolved.job_label,
        'process' as basis,
        processes.node_name,
        processes.quanta_count,
        resolved.cpus_count,
        processes.peak_rss_bytes,
        processes.occupied_wall_time_s,
        processes.peak_rss_bytes > firsts.first_prep_max_rss_bytes as is_peak_own,
        coalesce(processes.quanta_count >= processes.job_quanta_count, true) as is_whole,
        processes.prep_at,
        processes.ended_at
    from {{ ref('fct_processes') }} as processes
    inner join resolved using (campaign, task_labels)
    inner join firsts using (campaign, stage, run, process_id)

),

lone as (

    select
        quanta.campaign,
        quanta.stage,
        quanta.run,
        {{ as_text('null') }} as process_id,
        quanta.task_label,
        quanta.data_id,
        jobs.job_kind,
        jobs.job_label,
        case
            when coalesce(quanta.job_quanta_count, case when jobs.job_kind = 'cluster' then 2 else 1 end) > 1
                then 'guess'
            else 'quantum'
        end as basis,
        quanta.node_name,
        cast(1 as bigint) as quanta_count,
        jobs.cpus_count,
        quanta.max_rss_bytes as peak_rss_bytes,
        quanta.total_wall_time_s as occupied_wall_time_s,
        not quanta.is_peak_inherited as is_peak_own,
        true as is_whole,
        quanta.prep_at,
        quanta.ended_at
    from {{ ref('fct_quanta') }} as quanta
    inner join jobs using (campaign, task_label)
    where
        quanta.process_id is null
        and quanta.attempt_count > 0

),

final as (

    select * from known

    union all

    select * from lone

)

select * from final
