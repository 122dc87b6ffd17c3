-- What a first request means for the slots that ran: every attempt of BPS's rule (macros/requests.sql) against their
-- peaks, where what runs the jobs raises the memory at all. An attempt is killed when the peak is over its memory,
-- and then costs the wall time of the whole slot.
{{ config(materialized='table') }}

with

peaks as (

    select * from {{ ref('int_job_peaks') }}

),

requests as (

    select
        listed.*,
        rules.memory_multiplier,
        rules.memory_limit_mib,
        rules.retries_count,
        rules.memory_bands_mib
    from {{ ref('int_requests_listed') }} as listed
    inner join {{ ref('int_job_rules') }} as rules using (campaign, job_kind, job_label)
    where listed.request_memory_mib is not null

),

attempts as (

    select {{ integers(0, var('most_retries')) }} as attempt

),

simulated as (

    select
        requests.evidence_campaign,
        requests.campaign,
        requests.job_kind,
        requests.job_label,
        requests.policy,
        requests.memory_bands_mib,
        attempts.attempt,
        peaks.slot_count,
        peaks.occupied_wall_time_s,
        peaks.used_gib_s,
        {{ memory_of_attempt('attempts.attempt') }} as memory_mib,
        peaks.peak_mib > {{ memory_of_attempt('attempts.attempt') }} as is_killed,
        {{ is_tried_again('attempts.attempt') }} as is_tried_again
    from requests
    inner join peaks using (campaign, job_kind, job_label)
    inner join attempts on requests.retries_count >= attempts.attempt
    where
        attempts.attempt = 0
        or (
            peaks.peak_mib > {{ memory_of_attempt('attempts.attempt - 1') }}
            and {{ is_tried_again('attempts.attempt - 1') }}
        )

),

-- A queue takes the smallest band that holds the request; what no band takes holds itself.
banded as (

    select
        *,
        case
            when memory_bands_mib is not null
                then coalesce({{ least_at_least('memory_bands_mib', 'memory_mib') }}, memory_mib)
        end as band_mib
    from simulated

),

final as (

    select
        evidence_campaign,
        campaign,
        job_kind,
        job_label,
        policy,
        {{ total_count('case when attempt = 0 then slot_count else 0 end') }} as slot_count,
        {{ total_count('case when attempt = 0 and is_killed then slot_count else 0 end') }} as killed_count,
        {{ total_count('case when attempt > 0 then slot_count else 0 end') }} as retry_count,
        {{ total_count('case when is_killed and not is_tried_again then slot_count else 0 end') }}
            as unfinished_count,
        -- Rounded, since doubles add up differently in every order.
        round(
            sum(
                memory_mib / 1024 * cast(occupied_wall_time_s as double)
                - case when is_killed then 0 else cast(used_gib_s as double) end
            ) / 3600,
            6
        ) as wasted_gib_h,
        round(sum(case when attempt = 0 then cast(used_gib_s as double) else 0 end) / 3600, 6) as used_gib_h,
        round(sum(band_mib / 1024 * cast(occupied_wall_time_s as double)) / 3600, 6) as banded_gib_h
    from banded
    group by evidence_campaign, campaign, job_kind, job_label, policy

)

select * from final
