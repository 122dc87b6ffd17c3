-- Candidates for the first request of least waste: a peak for each fiftieth of a job's slots, and requests whose first
-- or second multiple is just enough for such a peak. None is below the least request after a kill.
with

rules as (

    select * from {{ ref('int_job_rules') }}

),

ranked as (

    select
        campaign,
        job_kind,
        job_label,
        step_mib,
        sum(slot_count) over (partition by campaign, job_kind, job_label order by step_mib)
        / sum(slot_count) over (partition by campaign, job_kind, job_label) as cumulative_fraction
    from {{ ref('int_peaks_stepped') }}

),

chosen as (

    select
        campaign,
        job_kind,
        job_label,
        max(step_mib) as step_mib
    from ranked
    group by campaign, job_kind, job_label, floor(cumulative_fraction * {{ var('tried_request_count') }})

),

exponents as (

    select {{ integers(0, 2) }} as exponent

),

final as (

    select distinct
        chosen.campaign,
        chosen.job_kind,
        chosen.job_label,
        greatest(
            {{ request_up('chosen.step_mib / power(rules.memory_multiplier, exponents.exponent)') }},
            kills.least_request_mib
        ) as request_memory_mib
    from chosen
    inner join rules using (campaign, job_kind, job_label)
    left join {{ ref('int_kills_counted') }} as kills using (campaign, job_kind, job_label)
    cross join exponents

)

select * from final
