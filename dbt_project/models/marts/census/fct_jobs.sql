with

tries as (

    select * from {{ ref('int_jobs_placed') }}

),

tied as (

    select
        campaign,
        source,
        job_id,
        file,
        record_number,
        min(tie) filter (where not is_ambiguous) as tie,
        count(*) filter (where not is_ambiguous) as tied_quanta_count,
        count(*) filter (where is_ambiguous) as ambiguous_quanta_count
    from {{ ref('int_jobs_tied') }}
    group by campaign, source, job_id, file, record_number

),

final as (

    select
        tries.campaign,
        tries.stage,
        tries.source,
        tries.job_key,
        tries.try_position,
        tries.label,
        tries.run,
        tries.job_id,
        tries.job_name,
        tries.queue,
        tries.node_name,
        tries.state,
        tries.state_rule,
        tries.raw_codes,
        tries.diagnostic,
        coalesce(tied.tie, case when tries.is_run_known then 'run_and_label' else 'label' end) as tie,
        coalesce(tied.tied_quanta_count, 0) as tied_quanta_count,
        coalesce(tied.ambiguous_quanta_count, 0) as ambiguous_quanta_count,
        tries.try_count,
        tries.requested_memory_bytes,
        cast(round(tries.requested_memory_bytes / 1048576) as bigint) as requested_memory_mib,
        tries.peak_bytes,
        tries.peak_measure,
        tries.has_children_in_peak,
        {{ share('tries.peak_bytes', 'tries.requested_memory_bytes') }} as peak_of_request_fraction,
        tries.cpus_count,
        tries.cpu_time_s as run_cpu_time_s,
        tries.wall_time_s as run_wall_time_s,
        {{ share('tries.cpu_time_s', 'tries.wall_time_s * tries.cpus_count') }} as cpu_efficiency_fraction,
        cast({{ seconds_between('tries.submitted_at', 'tries.started_at') }} as double) as waiting_wall_time_s,
        tries.core_h as spent_core_h,
        case
            when tries.state in ('successful', 'unknown') then 0
            else coalesce(tries.core_h, 0)
        end as lost_core_h,
        tries.is_state_inferred,
        tries.is_last_try,
        tries.state = 'killed_memory' as is_killed_memory,
        tries.submitted_at,
        tries.started_at,
        tries.ended_at
    from tries
    left join tied
        on tries.campaign = tied.campaign
        and tries.source = tied.source
        and tries.job_id = tied.job_id
        and tries.file = tied.file
        and tries.record_number = tied.record_number

)

select * from final
