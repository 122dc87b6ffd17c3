-- Every attempt that a policy of requests makes of the slots that ran, by BPS's rule (macros/requests.sql): an attempt
-- is killed when the peak is over its memory, and then takes the wall time of the whole slot.
{{ config(materialized='table') }}

with

slots as (

    select * from {{ ref('int_slots_grouped') }}

),

requests as (

    select
        listed.campaign,
        listed.job_kind,
        listed.job_label,
        listed.policy,
        listed.request_memory_mib,
        rules.memory_multiplier,
        rules.memory_limit_mib,
        rules.retries_count
    from {{ ref('int_requests_listed') }} as listed
    inner join {{ ref('int_job_rules') }} as rules using (campaign, job_kind, job_label)
    where
        listed.evidence_campaign = listed.campaign
        and listed.request_memory_mib is not null

),

attempts as (

    select {{ integers(0, var('most_retries')) }} as attempt

),

simulated as (

    select
        slots.campaign,
        slots.stage,
        slots.job_kind,
        slots.job_label,
        slots.basis,
        slots.cpus_count,
        slots.slot_count,
        slots.quanta_count,
        slots.occupied_wall_time_s,
        requests.policy,
        attempts.attempt,
        {{ memory_of_attempt('attempts.attempt') }} as memory_mib,
        slots.peak_mib > {{ memory_of_attempt('attempts.attempt') }} as is_killed,
        {{ is_tried_again('attempts.attempt') }} as is_tried_again
    from requests
    inner join slots using (campaign, job_kind, job_label)
    inner join attempts on requests.retries_count >= attempts.attempt
    where
        attempts.attempt = 0
        or (
            slots.peak_mib > {{ memory_of_attempt('attempts.attempt - 1') }}
            and {{ is_tried_again('attempts.attempt - 1') }}
        )

),

final as (

    select
        campaign,
        stage,
        job_kind,
        job_label,
        policy,
        basis,
        cpus_count,
        cast(attempt as bigint) as attempt_position,
        memory_mib,
        is_killed,
        is_killed and not is_tried_again as is_unfinished,
        {{ total_count('slot_count') }} as slot_count,
        {{ total_count('quanta_count') }} as quanta_count,
        cast(sum(occupied_wall_time_s) as decimal(38, 6)) as occupied_wall_time_s
    from simulated
    group by
        campaign, stage, job_kind, job_label, policy, basis, cpus_count, attempt, memory_mib, is_killed, is_tried_again

)

select * from final
