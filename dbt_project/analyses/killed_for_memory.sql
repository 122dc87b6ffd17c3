-- Which tasks were killed for memory, at which request, how often, and what did it cost in core-hours?
select
    campaign,
    stage,
    label,
    requested_memory_mib,
    count(*) as killed_count,
    count(*) filter (where is_state_inferred) as inferred_count,
    count(distinct job_key) as killed_job_count,
    count(*) filter (where is_last_try) as gave_up_job_count,
    {{ exact_total('lost_core_h') }} as lost_core_h
from {{ ref('fct_jobs') }}
where is_killed_memory
group by campaign, stage, label, requested_memory_mib
order by lost_core_h desc, campaign asc, stage asc, label asc, requested_memory_mib asc
