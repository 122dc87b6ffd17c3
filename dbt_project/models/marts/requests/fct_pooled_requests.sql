-- One request for all campaigns: the largest of those that follow from each. A percentile over all their jobs together
-- would be that of the largest campaign.
with

requests as (

    select * from {{ ref('fct_memory_requests') }}
    where
        job_kind != 'member'
        and policy != 'current'

),

campaigns as (

    select * from {{ ref('stg_lake__campaigns') }}

),

pooled as (

    select
        requests.job_kind,
        requests.job_label,
        requests.policy,
        {{ value_at_largest('requests.task_labels', 'campaigns.campaign_position') }} as task_labels,
        case
            when
                count(*) filter (where requests.has_enough_evidence) = 0
                and count(*) filter (where requests.basis = 'guess') > 0
                then 'guess'
            when count(distinct requests.basis) filter (where requests.slot_count > 0) > 1 then 'mixed'
            else coalesce(min(requests.basis) filter (where requests.slot_count > 0), 'none')
        end as basis,
        -- Of equal requests the latest, so that every build gives the same.
        {{ value_at_largest(
            'requests.campaign',
            'case when requests.has_enough_evidence or requests.is_raised_by_kill
                then requests.request_memory_mib + campaigns.campaign_position / 1000000 end'
        ) }} as largest_campaign,
        count(*) filter (where requests.slot_count > 0) as campaign_count,
        count(*) filter (where requests.has_enough_evidence) as evident_campaign_count,
        {{ total_count('requests.slot_count') }} as slot_count,
        {{ total_count('requests.own_peak_count') }} as own_peak_count,
        min(requests.request_memory_mib) filter (where requests.has_enough_evidence) as smallest_request_memory_mib,
        max(requests.request_memory_mib) as any_request_mib,
        max(requests.request_memory_mib) filter (where requests.has_enough_evidence) as evident_request_mib,
        max(requests.request_memory_mib) filter (where requests.is_raised_by_kill) as raised_request_mib,
        max(requests.current_request_memory_mib) filter (where requests.is_focus) as current_request_memory_mib
    from requests
    inner join campaigns using (campaign)
    group by requests.job_kind, requests.job_label, requests.policy

),

final as (

    select
        job_kind,
        job_label,
        policy,
        task_labels,
        basis,
        largest_campaign,
        campaign_count,
        evident_campaign_count,
        slot_count,
        own_peak_count,
        smallest_request_memory_mib,
        -- A kill is evidence, also if there are few peaks.
        greatest(coalesce(evident_request_mib, any_request_mib), raised_request_mib) as request_memory_mib,
        current_request_memory_mib,
        evident_campaign_count > 0 as has_enough_evidence,
        coalesce(raised_request_mib >= coalesce(evident_request_mib, any_request_mib), false) as is_raised_by_kill
    from pooled

)

select * from final
