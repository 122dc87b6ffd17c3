-- Would requests from one campaign have served the next one? The current request is judged beside them.
with

requests as (

    select * from {{ ref('fct_memory_requests') }}
    where job_kind != 'member'

),

peaks as (

    select * from {{ ref('fct_job_peaks') }}

),

campaigns as (

    select * from {{ ref('stg_lake__campaigns') }}

),

rules as (

    select * from {{ ref('int_request_rules') }}

),

pairs as (

    select
        earlier.campaign as evidence_campaign,
        later.campaign
    from campaigns as earlier
    inner join campaigns as later on earlier.campaign_position = later.campaign_position - 1

),

-- The requests of the evidence, and those of the campaign itself for what is current there.
applied as (

    select
        pairs.evidence_campaign,
        pairs.campaign,
        requests.job_kind,
        requests.job_label,
        requests.policy,
        requests.request_memory_mib,
        rules.memory_multiplier,
        rules.memory_limit_mib,
        rules.retries_count,
        rules.memory_bands_mib,
        requests.has_enough_evidence
    from pairs
    inner join requests
        on requests.campaign
        = case when requests.policy = 'current' then pairs.campaign else pairs.evidence_campaign end
    inner join rules on pairs.campaign = rules.campaign
    where requests.request_memory_mib is not null

),

judged as (

    {{ request_outcomes(
        'applied', 'peaks', ['evidence_campaign', 'campaign', 'job_kind', 'job_label', 'policy'],
        same_job('requests', 'peaks')
    ) }}

),

final as (

    select
        judged.evidence_campaign,
        judged.campaign,
        judged.job_kind,
        judged.job_label,
        judged.policy,
        applied.request_memory_mib,
        judged.slot_count,
        judged.killed_count,
        {{ share('judged.killed_count', 'judged.slot_count') }} as killed_fraction,
        judged.retry_count,
        {{ share('judged.retry_count', 'judged.slot_count') }} as mean_retry_count,
        judged.unfinished_count,
        judged.wasted_gib_h,
        judged.used_gib_h,
        {{ share('judged.wasted_gib_h', 'judged.wasted_gib_h + judged.used_gib_h') }} as wasted_fraction,
        applied.has_enough_evidence
    from judged
    inner join applied
        on judged.evidence_campaign = applied.evidence_campaign
        and judged.policy = applied.policy
        and {{ same_job('judged', 'applied') }}

)

select * from final
