-- The request of each policy, from the peaks of one campaign (the evidence), and the campaigns that it is applied to:
-- the evidence itself, and the next one in the file. No request of a policy is below the least request after a kill.
{{ config(materialized='table') }}
{%- set policies = {
    'p95_retry': request_up('evidence.p95_peak_rss_bytes / 1048576'),
    'p99': request_up('evidence.p99_peak_rss_bytes / 1048576'),
    'max_margin': request_up(
        'evidence.max_peak_rss_bytes / 1048576 * (1 + ' ~ var('request_margin_fraction') ~ ')'
    ),
    'least_waste': 'least_waste.request_memory_mib',
    'current': 'evidence.current_request_memory_mib',
} %}

with

evidence as (

    select
        found.*,
        kills.least_request_mib
    from {{ ref('int_job_evidence') }} as found
    left join {{ ref('int_kills_counted') }} as kills using (campaign, job_kind, job_label)

),

least_waste as (

    select * from {{ ref('int_requests_least_waste') }}

),

campaigns as (

    select * from {{ ref('stg_lake__campaigns') }}

),

requested as (
    {%- for policy, request in policies.items() %}

    select
        evidence.campaign,
        evidence.job_kind,
        evidence.job_label,
        '{{ policy }}' as policy,
        {%- if policy == 'current' %}
        {{ request }} as request_memory_mib,
        false as is_raised_by_kill,
        {%- else %}
        greatest({{ request }}, evidence.least_request_mib) as request_memory_mib,
        coalesce(evidence.least_request_mib > coalesce({{ request }}, 0), false) as is_raised_by_kill,
        {%- endif %}
        evidence.basis != 'guess'
        and evidence.own_peak_count
        >= {{ var('least_own_peaks_p99') if policy == 'p99' else var('least_own_peaks') }} as has_enough_evidence
    from evidence
    left join least_waste using (campaign, job_kind, job_label)
    {%- if policy == 'current' %}
    where evidence.current_request_memory_mib is not null
    {%- endif %}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

pairs as (

    select
        earlier.campaign as evidence_campaign,
        later.campaign
    from campaigns as earlier
    inner join campaigns as later on earlier.campaign_position = later.campaign_position - 1

),

final as (

    select
        requested.campaign as evidence_campaign,
        requested.*
    from requested

    union all

    -- Adds the current request of the campaign itself to the requests of the evidence.
    select
        pairs.evidence_campaign,
        pairs.campaign,
        requested.job_kind,
        requested.job_label,
        requested.policy,
        requested.request_memory_mib,
        requested.is_raised_by_kill,
        requested.has_enough_evidence
    from pairs
    inner join requested
        on requested.campaign
        = case when requested.policy = 'current' then pairs.campaign else pairs.evidence_campaign end
    where
        requested.job_kind != 'member'
        and requested.request_memory_mib is not null

)

select * from final
