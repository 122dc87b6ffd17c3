-- Effect of our requests on the jobs that the batch system recorded, beside the effect of the recorded requests.
with

jobs as (

    select * from {{ ref('int_jobs_recorded') }}

),

peaks as (

    select
        campaign,
        job_kind,
        job_label,
        peak_mib,
        count(*) as slot_count,
        sum(occupied_wall_time_s) as occupied_wall_time_s,
        sum(used_gib_s) as used_gib_s
    from jobs
    group by campaign, job_kind, job_label, peak_mib

),

recorded as (

    select
        campaign,
        job_kind,
        job_label,
        {{ total_count('recorded_killed_count') }} as recorded_killed_count,
        {{ hours('sum(recorded_wasted_gib_s)') }} as recorded_wasted_gib_h
    from jobs
    group by campaign, job_kind, job_label

),

requests as (

    select
        listed.*,
        rules.memory_multiplier,
        rules.memory_limit_mib,
        rules.retries_count
    from {{ ref('int_requests_listed') }} as listed
    inner join {{ ref('int_job_rules') }} as rules using (campaign, job_kind, job_label)
    where listed.request_memory_mib is not null

),

simulated as (
    {{ attempts_at_peaks('requests', 'peaks') }}
),

summed as (

    select
        evidence_campaign,
        campaign,
        job_kind,
        job_label,
        policy,
        max(request_memory_mib) as request_memory_mib,
        {{ total_count('case when attempt = 0 then slot_count else 0 end') }} as compared_job_count,
        {{ total_count('case when is_killed then slot_count else 0 end') }} as killed_count,
        {{ total_count('case when is_killed and not is_tried_again then slot_count else 0 end') }}
            as unfinished_count,
        {{ wasted_gib_h() }} as wasted_gib_h,
        {{ hours('sum(case when attempt = 0 then used_gib_s else 0 end)') }} as used_gib_h,
        bool_and(has_enough_evidence) as has_enough_evidence
    from simulated
    group by evidence_campaign, campaign, job_kind, job_label, policy

),

final as (

    select
        summed.evidence_campaign,
        summed.campaign,
        summed.job_kind,
        summed.job_label,
        summed.policy,
        summed.request_memory_mib,
        summed.compared_job_count,
        recorded.recorded_killed_count,
        summed.killed_count,
        summed.unfinished_count,
        recorded.recorded_wasted_gib_h,
        summed.wasted_gib_h,
        summed.used_gib_h,
        summed.has_enough_evidence,
        summed.evidence_campaign = summed.campaign as is_of_its_own_evidence
    from summed
    inner join recorded using (campaign, job_kind, job_label)

)

select * from final
