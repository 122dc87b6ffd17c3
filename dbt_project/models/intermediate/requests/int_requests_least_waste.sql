-- The first request that wastes least memory for each job, among those that are tried.
{{ config(materialized='table') }}

with

peaks as (

    select * from {{ ref('int_peaks_stepped') }}

),

tried as (

    select
        tried.*,
        rules.memory_multiplier,
        rules.memory_limit_mib,
        rules.retries_count
    from {{ ref('int_requests_tried') }} as tried
    inner join {{ ref('int_job_rules') }} as rules using (campaign, job_kind, job_label)

),

-- Every attempt of every slot, as in int_requests_judged.
simulated as (
    {{ attempts_at_peaks('tried', 'peaks', 'step_mib') }}
),

judged as (

    select
        campaign,
        job_kind,
        job_label,
        request_memory_mib,
        sum(case when is_killed and not is_tried_again then slot_count else 0 end) as unfinished_count,
        sum(case when attempt > 0 then slot_count else 0 end) as retry_count,
        {{ wasted_gib_h() }} as wasted_gib_h
    from simulated
    group by campaign, job_kind, job_label, request_memory_mib

),

final as (

    select
        campaign,
        job_kind,
        job_label,
        request_memory_mib
    from judged
    qualify row_number() over (
        partition by campaign, job_kind, job_label
        order by unfinished_count asc, wasted_gib_h asc nulls last, retry_count asc, request_memory_mib asc
    ) = 1

)

select * from final
