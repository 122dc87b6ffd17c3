-- The stage, RUN and job of each record.

with

records as (

    select * from {{ ref('stg_lake__jobs') }}

),

runs as (

    select * from {{ ref('int_runs_owned') }}

),

campaigns as (

    select * from {{ ref('stg_lake__campaigns') }}

),

-- BPS names a workflow after its RUN, with _ in place of /.
workflows as (

    select
        campaign,
        replace(run, '/', '_') as workflow_name,
        min(run) as run,
        min(stage) as stage
    from runs
    group by campaign, replace(run, '/', '_')

),

final as (

    select
        records.campaign,
        -- A file that a campaign names has jobs of all its stages. The RUN gives the stage.
        case
            when records.stage != '__campaign__' then records.stage
            else coalesce(workflows.stage, 'none')
        end as stage,
        coalesce(workflows.run, records.run) as run,
        workflows.run is not null as is_run_known,
        coalesce(records.label, 'unknown') as label,
        -- PanDA gives each try its own identifier, at the end of the name.
        case
            when records.source = 'panda'
                then coalesce(regexp_replace(records.job_name, '\.[0-9]+$', ''), records.job_id)
            else records.job_id
        end as job_key,
        records.source,
        records.file,
        records.record_number,
        records.job_id,
        records.job_name,
        records.quantum_ids,
        records.data_id_values,
        records.attempt,
        records.state,
        records.state_rule,
        records.is_state_inferred,
        records.raw_codes,
        records.diagnostic,
        records.requested_memory_bytes,
        records.peak_bytes,
        records.peak_measure,
        records.has_children_in_peak,
        coalesce(records.allocated_cpus_count, records.requested_cpus_count, 1) as cpus_count,
        records.cpu_time_s,
        records.wall_time_s,
        records.queue,
        records.node_name,
        records.submitted_at,
        records.started_at,
        records.ended_at
    from records
    inner join campaigns on records.campaign = campaigns.campaign
    left join workflows
        on records.campaign = workflows.campaign
        and coalesce(replace(records.run, '/', '_'), records.workflow_name) = workflows.workflow_name

)

select * from final
