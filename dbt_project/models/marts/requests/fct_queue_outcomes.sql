-- Waiting times of tries in each queue, and how much of their memory and CPUs they used.
{%- set fractions = [0.5, 0.95, 1] %}

with

tries as (

    select
        *,
        coalesce(queue, 'not recorded') as queue_name,
        state = 'successful' as is_successful,
        run_cpu_time_s is not null and spent_core_h is not null as is_timed
    from {{ ref('fct_jobs') }}

),

summed as (

    select
        campaign,
        queue_name,
        count(*) as try_count,
        count(*) filter (where is_killed_memory) as killed_memory_count,
        count(waiting_wall_time_s) as waited_count,
        {{ quantiles('waiting_wall_time_s', fractions) }} as waits,
        {{ quantiles('case when is_successful then cpu_efficiency_fraction end', [0.5]) }} as efficiencies,
        {{ quantiles('requested_memory_bytes', [0, 1]) }} as requests,
        {{ exact_total(hours('case when is_timed then run_cpu_time_s end')) }} as timed_cpu_h,
        {{ exact_total('case when is_timed then spent_core_h end') }} as timed_core_h,
        {{ exact_total(gib('case when peak_bytes is not null then requested_memory_bytes end')
            ~ ' * ' ~ hours('run_wall_time_s')) }} as requested_gib_h,
        {{ exact_total(gib('case when requested_memory_bytes is not null then peak_bytes end')
            ~ ' * ' ~ hours('run_wall_time_s')) }} as used_gib_h,
        coalesce({{ exact_total('spent_core_h') }}, 0) as total_core_h
    from tries
    group by campaign, queue_name

),

final as (

    select
        campaign,
        queue_name,
        try_count,
        killed_memory_count,
        {{ share('killed_memory_count', 'try_count') }} as killed_memory_fraction,
        {{ element('requests', 1) }} as min_requested_memory_bytes,
        {{ element('requests', 2) }} as max_requested_memory_bytes,
        waited_count,
        {{ element('waits', 1) }} as p50_waiting_wall_time_s,
        {{ element('waits', 2) }} as p95_waiting_wall_time_s,
        {{ element('waits', 3) }} as max_waiting_wall_time_s,
        {{ element('efficiencies', 1) }} as p50_cpu_efficiency_fraction,
        {{ share('timed_cpu_h', 'timed_core_h') }} as cpu_efficiency_fraction,
        {{ share('used_gib_h', 'requested_gib_h') }} as used_fraction,
        total_core_h
    from summed

)

select * from final
