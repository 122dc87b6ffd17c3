-- Policies are compared over the same jobs: those that have a request from the evidence and a current one, five in all.
with

tests as (

    select * from {{ ref('fct_request_backtest') }}

),

comparable as (

    select
        evidence_campaign,
        campaign,
        job_kind,
        job_label
    from tests
    group by evidence_campaign, campaign, job_kind, job_label
    having count(*) = 5

),

summed as (

    select
        tests.evidence_campaign,
        tests.campaign,
        tests.policy,
        count(*) as job_count,
        {{ total_count('tests.slot_count') }} as slot_count,
        {{ total_count('tests.killed_count') }} as killed_count,
        {{ total_count('tests.retry_count') }} as retry_count,
        {{ total_count('tests.unfinished_count') }} as unfinished_count,
        round(sum(tests.wasted_gib_h), 6) as wasted_gib_h,
        round(sum(tests.used_gib_h), 6) as used_gib_h
    from tests
    inner join comparable using (evidence_campaign, campaign, job_kind, job_label)
    group by tests.evidence_campaign, tests.campaign, tests.policy

),

final as (

    select
        evidence_campaign,
        campaign,
        policy,
        job_count,
        slot_count,
        {{ share('killed_count', 'slot_count') }} as killed_fraction,
        {{ share('retry_count', 'slot_count') }} as mean_retry_count,
        unfinished_count,
        wasted_gib_h,
        used_gib_h,
        {{ share('wasted_gib_h', 'wasted_gib_h + used_gib_h') }} as wasted_fraction
    from summed

)

select * from final
