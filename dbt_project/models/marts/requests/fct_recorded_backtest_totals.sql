-- Policies are compared over the same jobs: those that have a request of every policy that the pair of campaigns has.
with

tests as (

    select * from {{ ref('fct_recorded_backtest') }}

),

jobs as (

    select
        evidence_campaign,
        campaign,
        job_kind,
        job_label,
        count(*) as policy_count
    from tests
    group by evidence_campaign, campaign, job_kind, job_label

),

comparable as (

    select *
    from jobs
    qualify policy_count = max(policy_count) over (partition by evidence_campaign, campaign)

),

recorded as (

    select
        campaign,
        {{ total_count('job_count') }} as recorded_job_count,
        {{ total_count('gave_up_job_count') }} as gave_up_job_count
    from {{ ref('fct_stage_outcomes') }}
    group by campaign

),

summed as (

    select
        tests.evidence_campaign,
        tests.campaign,
        tests.policy,
        {{ total_count('tests.compared_job_count') }} as compared_job_count,
        {{ total_count('tests.recorded_killed_count') }} as recorded_killed_count,
        {{ total_count('tests.killed_count') }} as killed_count,
        {{ total_count('tests.unfinished_count') }} as unfinished_count,
        {{ exact_total('tests.recorded_wasted_gib_h') }} as recorded_wasted_gib_h,
        {{ exact_total('tests.wasted_gib_h') }} as wasted_gib_h,
        {{ exact_total('tests.used_gib_h') }} as used_gib_h,
        bool_and(tests.is_of_its_own_evidence) as is_of_its_own_evidence
    from tests
    inner join comparable using (evidence_campaign, campaign, job_kind, job_label)
    group by tests.evidence_campaign, tests.campaign, tests.policy

),

final as (

    select
        summed.evidence_campaign,
        summed.campaign,
        summed.policy,
        recorded.recorded_job_count,
        recorded.gave_up_job_count,
        summed.compared_job_count,
        summed.recorded_killed_count,
        summed.killed_count,
        summed.unfinished_count,
        summed.recorded_wasted_gib_h,
        summed.wasted_gib_h,
        summed.used_gib_h,
        {{ share('summed.wasted_gib_h', 'summed.wasted_gib_h + summed.used_gib_h') }} as wasted_fraction,
        summed.is_of_its_own_evidence
    from summed
    inner join recorded using (campaign)

)

select * from final
