-- Would requests from one campaign have served the next one? The current request is judged beside them.
with

requests as (

    select * from {{ ref('int_requests_listed') }}
    where evidence_campaign != campaign

),

judged as (

    select * from {{ ref('int_requests_judged') }}

),

final as (

    select
        requests.evidence_campaign,
        requests.campaign,
        requests.job_kind,
        requests.job_label,
        requests.policy,
        requests.request_memory_mib,
        judged.slot_count,
        judged.killed_count,
        {{ share('judged.killed_count', 'judged.slot_count') }} as killed_fraction,
        judged.retry_count,
        {{ share('judged.retry_count', 'judged.slot_count') }} as mean_retry_count,
        judged.unfinished_count,
        judged.wasted_gib_h,
        judged.used_gib_h,
        {{ share('judged.wasted_gib_h', 'judged.wasted_gib_h + judged.used_gib_h') }} as wasted_fraction,
        requests.has_enough_evidence
    from requests
    inner join judged using (evidence_campaign, campaign, job_kind, job_label, policy)

)

select * from final
