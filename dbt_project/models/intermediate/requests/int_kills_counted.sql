-- Evidence that a request was too small, although there is no peak: kills in the records, and lost attempts. A killed
-- job needs more than it requested, by an unknown amount, so a request must be at least the next step.
with

jobs as (

    select
        campaign,
        job_kind,
        job_label,
        task_label
    from {{ ref('dim_jobs') }}

    union all

    -- A single task of a cluster.
    select
        campaign,
        'member' as job_kind,
        task_label as job_label,
        task_label
    from {{ ref('dim_jobs') }}
    where job_kind = 'cluster'

),

lost as (

    select
        campaign,
        task_label,
        {{ total_count('lost_attempt_count') }} as lost_attempt_count
    from {{ ref('int_attempts_counted') }}
    group by campaign, task_label

),

ended as (

    select
        campaign,
        label,
        {{ total_count('job_count') }} as recorded_job_count,
        {{ total_count('killed_job_count') }} as killed_job_count
    from {{ ref('int_jobs_ended') }}
    group by campaign, label

),

kills as (

    select
        campaign,
        label,
        max(requested_memory_mib) as max_killed_request_mib,
        max(requested_memory_mib) filter (where is_last_try) as max_last_killed_request_mib
    from {{ ref('fct_jobs') }}
    where is_killed_memory
    group by campaign, label

),

summed as (

    select
        jobs.campaign,
        jobs.job_kind,
        jobs.job_label,
        {{ total_count('lost.lost_attempt_count') }} as lost_attempt_count
    from jobs
    left join lost using (campaign, task_label)
    group by jobs.campaign, jobs.job_kind, jobs.job_label

),

final as (

    select
        summed.*,
        ended.recorded_job_count,
        ended.killed_job_count,
        kills.max_killed_request_mib,
        -- If a retry gets more memory, only the kill of a job's last try says that its request is too small.
        {{ request_up(
            'case when rules.memory_multiplier > 1 then kills.max_last_killed_request_mib'
            ~ ' else kills.max_killed_request_mib end + 1'
        ) }} as least_request_mib
    from summed
    left join {{ ref('int_job_rules') }} as rules using (campaign, job_kind, job_label)
    left join ended
        on summed.campaign = ended.campaign
        and summed.job_label = ended.label
    left join kills
        on summed.campaign = kills.campaign
        and summed.job_label = kills.label

)

select * from final
