{%- set fractions = [0.5, 0.95, 1] -%}

with

tries as (

    select * from {{ ref('fct_jobs') }}

),

jobs_counted as (

    select * from {{ ref('int_jobs_ended') }}

),

tries_counted as (

    select
        campaign,
        stage,
        label,
        count(*) as try_count,
        count(*) filter (where state = 'successful') as successful_count,
        count(*) filter (where state = 'failed') as failed_count,
        count(*) filter (where is_killed_memory) as killed_memory_count,
        count(*) filter (where is_killed_memory and is_state_inferred) as inferred_killed_memory_count,
        count(*) filter (where state = 'killed_time') as killed_time_count,
        count(*) filter (where state = 'killed') as killed_count,
        count(*) filter (where state = 'cancelled') as cancelled_count,
        count(*) filter (where state = 'unknown') as unknown_count,
        count(*) filter (where tied_quanta_count > 0) as tied_count,
        min(requested_memory_mib) filter (where is_killed_memory) as min_killed_request_mib,
        max(requested_memory_mib) filter (where is_killed_memory) as max_killed_request_mib,
        coalesce({{ exact_total('spent_core_h') }}, 0) as total_core_h,
        coalesce({{ exact_total("case when is_killed_memory then lost_core_h end") }}, 0) as killed_memory_core_h,
        coalesce({{ exact_total("case when state = 'killed_time' then lost_core_h end") }}, 0) as killed_time_core_h,
        coalesce({{ exact_total("case when state in ('killed', 'cancelled') then lost_core_h end") }}, 0)
            as killed_core_h,
        coalesce({{ exact_total("case when state = 'failed' then lost_core_h end") }}, 0) as failed_core_h,
        {{ quantiles('requested_memory_bytes', fractions) }} as requests,
        {{ quantiles("case when state = 'successful' then peak_bytes end", fractions) }} as peaks,
        {{ quantiles('waiting_wall_time_s', fractions) }} as waits,
        {{ quantiles("case when state = 'successful' then cpu_efficiency_fraction end", fractions) }} as efficiencies,
        {{ exact_total(gib('requested_memory_bytes') ~ ' * ' ~ hours('run_wall_time_s')) }} as requested_gib_h,
        {{ exact_total(gib('peak_bytes') ~ ' * ' ~ hours('run_wall_time_s')) }} as used_gib_h
    from tries
    group by campaign, stage, label

),

final as (

    select
        tries_counted.campaign,
        tries_counted.stage,
        tries_counted.label,
        jobs_counted.job_count,
        tries_counted.try_count,
        tries_counted.tied_count,
        tries_counted.successful_count,
        tries_counted.failed_count,
        tries_counted.killed_memory_count,
        tries_counted.inferred_killed_memory_count,
        tries_counted.killed_time_count,
        tries_counted.killed_count,
        tries_counted.cancelled_count,
        tries_counted.unknown_count,
        jobs_counted.retried_job_count,
        jobs_counted.killed_job_count,
        jobs_counted.rescued_job_count,
        jobs_counted.gave_up_job_count,
        {{ share('jobs_counted.killed_job_count', 'jobs_counted.job_count') }} as killed_job_fraction,
        tries_counted.min_killed_request_mib,
        tries_counted.max_killed_request_mib,
        {{ element('tries_counted.requests', 1) }} as p50_requested_memory_bytes,
        {{ element('tries_counted.requests', 3) }} as max_requested_memory_bytes,
        {{ element('tries_counted.peaks', 1) }} as p50_peak_bytes,
        {{ element('tries_counted.peaks', 2) }} as p95_peak_bytes,
        {{ element('tries_counted.peaks', 3) }} as max_peak_bytes,
        tries_counted.requested_gib_h,
        tries_counted.used_gib_h,
        {{ share('tries_counted.used_gib_h', 'tries_counted.requested_gib_h') }} as used_fraction,
        {{ element('tries_counted.efficiencies', 1) }} as p50_cpu_efficiency_fraction,
        {{ element('tries_counted.waits', 1) }} as p50_waiting_wall_time_s,
        {{ element('tries_counted.waits', 2) }} as p95_waiting_wall_time_s,
        tries_counted.total_core_h,
        tries_counted.killed_memory_core_h,
        tries_counted.killed_time_core_h,
        tries_counted.killed_core_h,
        tries_counted.failed_core_h
    from tries_counted
    inner join jobs_counted
        on tries_counted.campaign = jobs_counted.campaign
        and tries_counted.stage = jobs_counted.stage
        and tries_counted.label = jobs_counted.label

)

select * from final
