{%- set dimensions = [
    'instrument', 'skymap', 'visit', 'exposure', 'detector', 'tract', 'patch', 'band', 'physical_filter', 'day_obs',
    '"group"', 'healpix3',
] -%}
{#- adjustQuantum found no work: prep and end are noted, the task never ran. Old stacks write no caveats. -#}
{%- set found_no_work -%}
not has_start and coalesce(caveats & {{ adjust_quantum_raised() }} > 0, has_prep and has_end)
{%- endset %}

with

quanta as (

    select * from {{ ref('int_attempts_checked') }}
    where is_last_attempt

),

joined as (

    select
        quanta.*,
        campaigns.release,
        campaigns.threshold_gib,
        visits.target_name,
        runs.chain_position,
        superseded.run is not null as is_superseded,
        cast(quanta.attempt is not null as bigint) + coalesce(retried.earlier_attempt_count, 0) as attempt_count,
        coalesce(
            {{ seconds_between('quanta.prep_at', 'quanta.ended_at') }},
            cast(quanta.gathered_wall_time_s as decimal(18, 6))
        ) as total_wall_time_s,
        retried.earlier_wall_time_s,
        rebuilt.rebuilt_process_id,
        rebuilt.rebuilt_process_position
    from quanta
    inner join {{ ref('int_runs_owned') }} as runs using (campaign, stage, run)
    inner join {{ ref('stg_lake__campaigns') }} as campaigns using (campaign)
    left join {{ ref('stg_lake__visits') }} as visits
        on quanta.campaign = visits.campaign
        and quanta.stage = visits.stage
        and quanta.instrument = visits.instrument
        and case when quanta.visit is null then 'exposure' else 'visit' end = visits.dimension
        and coalesce(quanta.visit, quanta.exposure) = visits.id
    left join {{ ref('int_quanta_superseded') }} as superseded using (campaign, stage, run, task_label, data_id)
    left join {{ ref('int_attempts_retried') }} as retried using (campaign, stage, run, task_label, data_id)
    left join {{ ref('int_processes_rebuilt') }} as rebuilt using (campaign, stage, run, task_label, data_id)

),

final as (

    select
        campaign,
        stage,
        run,
        task_label,
        data_id,
        quantum_id,
        coalesce(rebuilt_process_id, process_id) as process_id,
        case when rebuilt_process_id is not null then 'rebuilt' when process_id is not null then 'provenance' end
            as process_source,
        release,
        status,
        exception_type,
        node_name,
        source,
        {{ dimensions | join(', ') }},
        target_name,
        caveats,
        attempt_count,
        chain_position,
        coalesce(rebuilt_process_position, {{ list_length('previous_process_quanta') }}) as process_position,
        job_quanta_count,
        max_rss_bytes,
        prep_max_rss_bytes,
        init_max_rss_bytes,
        start_max_rss_bytes,
        {{ gib('max_rss_bytes') }} as max_rss_gib,
        {{ seconds_between('prep_at', 'init_at') }} as prep_wall_time_s,
        {{ seconds_between('init_at', 'started_at') }} as init_wall_time_s,
        {{ seconds_between('started_at', 'ended_at') }} as run_wall_time_s,
        total_wall_time_s,
        cast(
            coalesce(total_wall_time_s + earlier_wall_time_s, total_wall_time_s, earlier_wall_time_s) as decimal(18, 6)
        ) as spent_wall_time_s,
        init_cpu_time_s - prep_cpu_time_s as prep_cpu_time_s,
        coalesce(start_cpu_time_s - init_cpu_time_s, gathered_init_cpu_time_s) as init_cpu_time_s,
        coalesce(end_cpu_time_s - start_cpu_time_s, gathered_run_cpu_time_s) as run_cpu_time_s,
        end_cpu_time_s - prep_cpu_time_s as total_cpu_time_s,
        {%- for access in ['get', 'put', 'ingest'] %}
        butler_{{ access }}_wall_time_s,
        butler_{{ access }}_count,
        {%- endfor %}
        graph_read_wall_time_s,
        end_major_page_faults_count - prep_major_page_faults_count as major_page_faults_count,
        end_minor_page_faults_count - prep_minor_page_faults_count as minor_page_faults_count,
        not is_superseded as is_result,
        is_superseded,
        not is_superseded and status = 'successful' and has_start and max_rss_bytes is not null as is_measured,
        status = 'successful' and {{ found_no_work }} as is_no_work,
        {{ is_lost_attempt() }} as is_lost,
        max_rss_bytes <= prep_max_rss_bytes as is_peak_inherited,
        max_rss_bytes > threshold_gib * {{ gib_bytes() }} as is_over_threshold,
        is_implausible,
        implausible_reason,
        -- A success that worked and left no peak has lost its metrics.
        not is_superseded and status = 'successful' and not has_peak and not ({{ found_no_work }})
            as is_unmeasured,
        prep_at,
        init_at,
        started_at,
        ended_at
    from joined

)

select * from final
