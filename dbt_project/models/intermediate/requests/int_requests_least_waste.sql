-- Of the first requests that are tried, the one that wastes least memory for each job.
{{ config(materialized='table') }}

with

peaks as (

    select * from {{ ref('int_peaks_stepped') }}

),

tried as (

    select
        tried.*,
        rules.memory_multiplier,
        rules.memory_limit_mib,
        rules.retries_count
    from {{ ref('int_requests_tried') }} as tried
    inner join {{ ref('int_job_rules') }} as rules using (campaign, job_kind, job_label)

),

attempts as (

    select {{ integers(0, var('most_retries')) }} as attempt

),

-- Every attempt of every slot, as in int_requests_judged.
simulated as (

    select
        tried.campaign,
        tried.job_kind,
        tried.job_label,
        tried.request_memory_mib,
        attempts.attempt,
        peaks.slot_count,
        peaks.occupied_wall_time_s,
        peaks.used_gib_s,
        {{ memory_of_attempt('attempts.attempt') }} as memory_mib,
        peaks.step_mib > {{ memory_of_attempt('attempts.attempt') }} as is_killed,
        {{ is_tried_again('attempts.attempt') }} as is_tried_again
    from tried
    inner join peaks using (campaign, job_kind, job_label)
    inner join attempts on tried.retries_count >= attempts.attempt
    where
        attempts.attempt = 0
        or (
            peaks.step_mib > {{ memory_of_attempt('attempts.attempt - 1') }}
            and {{ is_tried_again('attempts.attempt - 1') }}
        )

),

judged as (

    select
        campaign,
        job_kind,
        job_label,
        request_memory_mib,
        sum(case when is_killed and not is_tried_again then slot_count else 0 end) as unfinished_count,
        sum(case when attempt > 0 then slot_count else 0 end) as retry_count,
        round(
            sum(
                memory_mib / 1024 * cast(occupied_wall_time_s as double)
                - case when is_killed then 0 else cast(used_gib_s as double) end
            ) / 3600,
            6
        ) as wasted_gib_h
    from simulated
    group by campaign, job_kind, job_label, request_memory_mib

),

final as (

    select
        campaign,
        job_kind,
        job_label,
        request_memory_mib
    from judged
    qualify row_number() over (
        partition by campaign, job_kind, job_label
        order by unfinished_count asc, wasted_gib_h asc nulls last, retry_count asc, request_memory_mib asc
    ) = 1

)

select * from final
