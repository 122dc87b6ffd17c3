-- Policies are compared over the same jobs: those that have a request of every policy that the campaign has.
with

costs as (

    select * from {{ ref('int_requests_costed') }}

),

judged as (

    select * from {{ ref('int_requests_judged') }}
    where evidence_campaign = campaign

),

requests as (

    select * from {{ ref('int_requests_listed') }}
    where evidence_campaign = campaign

),

jobs as (

    select
        campaign,
        job_kind,
        job_label,
        count(*) as policy_count
    from costs
    group by campaign, job_kind, job_label

),

comparable as (

    select *
    from jobs
    qualify policy_count = max(policy_count) over (partition by campaign)

),

summed as (

    select
        costs.campaign,
        costs.policy,
        costs.threshold_gib as memory_per_core_gib,
        count(*) as job_count,
        count(*) filter (where requests.is_raised_by_kill) as raised_job_count,
        {{ total_count('costs.slot_count') }} as slot_count,
        {{ total_count('costs.killed_count') }} as killed_count,
        {{ total_count('costs.unfinished_count') }} as unfinished_count,
        sum(costs.needed_core_s) as needed_core_s,
        sum(costs.killed_core_s) as killed_core_s,
        sum(costs.total_core_s) as total_core_s,
        round(sum(judged.wasted_gib_h), 6) as wasted_gib_h,
        max(costs.core_cost) as core_cost
    from costs
    inner join comparable using (campaign, job_kind, job_label)
    inner join judged using (campaign, job_kind, job_label, policy)
    inner join requests using (campaign, job_kind, job_label, policy)
    group by costs.campaign, costs.policy, costs.threshold_gib

),

-- Jobs left undone come first, then core-hours (which are the cost at one memory per core), then the waste.
ranked as (

    select
        *,
        row_number() over (
            partition by campaign, policy = 'current'
            order by unfinished_count asc, total_core_s asc, wasted_gib_h asc, policy asc
        ) as place
    from summed

),

final as (

    select
        campaign,
        policy,
        memory_per_core_gib,
        job_count,
        raised_job_count,
        slot_count,
        killed_count,
        {{ share('killed_count', 'slot_count') }} as killed_fraction,
        unfinished_count,
        wasted_gib_h,
        {{ hours('needed_core_s') }} as needed_core_h,
        {{ hours('killed_core_s') }} as killed_core_h,
        {{ hours('total_core_s') }} as total_core_h,
        {{ share('killed_core_s', 'needed_core_s') }} as killed_core_fraction,
        {{ share('total_core_s - needed_core_s', 'needed_core_s') }} as overhead_fraction,
        {{ hours('total_core_s') }} * core_cost as total_cost,
        place = 1 and policy != 'current' as is_default
    from ranked

)

select * from final
