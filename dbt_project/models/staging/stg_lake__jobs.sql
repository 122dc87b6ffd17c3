with

source as (

    select * from {{ source('lake', 'jobs') }}

),

renamed as (

    select
        campaign,
        stage,
        source,
        file,
        record_number,
        job_id,
        {{ lake_text('job_name') }} as job_name,
        {{ lake_text('label') }} as label,
        {{ lake_text('run') }} as run,
        {{ lake_text('workflow_name') }} as workflow_name,
        quantum_ids,
        {{ lake_text('data_id_values') }} as data_id_values,
        attempt,
        max_attempts as max_attempt_count,
        state,
        state_rule,
        is_state_inferred,
        {{ lake_text('raw_state') }} as raw_state,
        {{ lake_text('raw_codes') }} as raw_codes,
        {{ lake_text('diagnostic') }} as diagnostic,
        requested_memory_bytes,
        {{ lake_text('requested_memory_source') }} as requested_memory_source,
        requested_cpus_count,
        allocated_cpus_count,
        peak_bytes,
        {{ lake_text('peak_measure') }} as peak_measure,
        has_children_in_peak,
        cpu_time_s,
        wall_time_s,
        {{ lake_text('queue') }} as queue,
        {{ lake_text('node_name') }} as node_name,
        submitted_at,
        started_at,
        ended_at
    from source

)

select * from renamed
