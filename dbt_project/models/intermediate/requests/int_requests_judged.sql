-- Effect of a first request on the slots that ran: every attempt of BPS's rule (macros/requests.sql) is compared with
-- their peaks. Retries have more memory only if the batch system raises it. An attempt is killed if the peak is over
-- its memory, and then costs the wall time of the whole slot.
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

simulated as (
    {{ attempts_at_peaks('requests', 'peaks') }}
),

-- A queue takes the smallest band that is large enough. A request that is larger than all bands is charged as it is.
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
        -- Rounded, because a sum of doubles depends on the order.
        {{ wasted_gib_h() }} as wasted_gib_h,
        round(sum(case when attempt = 0 then cast(used_gib_s as double) else 0 end) / 3600, 6) as used_gib_h,
        round(sum(band_mib / 1024 * cast(occupied_wall_time_s as double)) / 3600, 6) as banded_gib_h
    from banded
    group by evidence_campaign, campaign, job_kind, job_label, policy

)

select * from final
