with

requests as (

    select * from {{ ref('int_requests_listed') }}
    where evidence_campaign = campaign

),

judged as (

    select * from {{ ref('int_requests_judged') }}

),

evidence as (

    select * from {{ ref('int_job_evidence') }}

),

costs as (

    select * from {{ ref('int_requests_costed') }}

),

rules as (

    select * from {{ ref('int_job_rules') }}

),

final as (

    select
        requests.campaign,
        requests.job_kind,
        requests.job_label,
        requests.policy,
        evidence.task_labels,
        evidence.basis,
        evidence.current_request_source,
        rules.wms,
        evidence.slot_count,
        evidence.own_peak_count,
        evidence.own_peak_fraction,
        evidence.p50_peak_rss_bytes,
        evidence.p95_peak_rss_bytes,
        evidence.p99_peak_rss_bytes,
        evidence.max_peak_rss_bytes,
        kills.recorded_job_count,
        kills.killed_job_count,
        kills.max_killed_request_mib,
        kills.lost_attempt_count,
        requests.request_memory_mib,
        evidence.current_request_memory_mib,
        requests.request_memory_mib - evidence.current_request_memory_mib as request_difference_mib,
        {{ least_at_least('rules.memory_bands_mib', 'requests.request_memory_mib') }} as request_band_mib,
        rules.memory_multiplier,
        rules.memory_limit_mib,
        rules.retries_count,
        {{ share('judged.killed_count', 'judged.slot_count') }} as killed_fraction,
        {{ share('judged.retry_count', 'judged.slot_count') }} as mean_retry_count,
        judged.unfinished_count,
        judged.wasted_gib_h,
        judged.used_gib_h,
        judged.banded_gib_h,
        {{ share('judged.wasted_gib_h', 'judged.wasted_gib_h + judged.used_gib_h') }} as wasted_fraction,
        {{ hours('costs.killed_core_s') }} as killed_core_h,
        {{ hours('costs.total_core_s') }} as total_core_h,
        {{ hours('costs.total_core_s') }} * costs.core_cost as total_cost,
        requests.has_enough_evidence,
        requests.request_memory_mib <= kills.max_killed_request_mib as is_exceeded_by_kill,
        requests.is_raised_by_kill,
        evidence.is_focus
    from requests
    inner join evidence using (campaign, job_kind, job_label)
    inner join rules using (campaign, job_kind, job_label)
    left join {{ ref('int_kills_counted') }} as kills using (campaign, job_kind, job_label)
    left join judged using (evidence_campaign, campaign, job_kind, job_label, policy)
    left join costs using (campaign, job_kind, job_label, policy)

)

select * from final
