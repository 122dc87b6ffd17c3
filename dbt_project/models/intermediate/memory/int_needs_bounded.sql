-- Bounds of the need of single quanta, in whole MiB, for tasks of which a job was killed for its memory and never
-- finished. An own peak is the need itself, an inherited peak is an upper bound, and a kill is a lower bound.
{{ config(materialized='table') }}

with

-- A job with the label of a task runs one quantum of it. A job with the label of a cluster runs many.
given_up as (

    select
        tries.campaign,
        tries.stage,
        tries.source,
        tries.job_key,
        min(tries.label) as task_label,
        max(tries.requested_memory_mib) filter (where tries.is_killed_memory) as killed_request_mib
    from {{ ref('fct_jobs') }} as tries
    inner join {{ ref('dim_jobs') }} as jobs
        on tries.campaign = jobs.campaign
        and tries.label = jobs.task_label
    group by tries.campaign, tries.stage, tries.source, tries.job_key
    having bool_or(tries.is_last_try and tries.is_killed_memory)

),

-- A quantum that another job finished later has its own peak.
finished as (

    select distinct
        jobs.campaign,
        jobs.stage,
        jobs.source,
        jobs.job_key
    from {{ ref('int_jobs_tied') }} as jobs
    inner join {{ ref('fct_quanta') }} as quanta
        on jobs.campaign = quanta.campaign
        and jobs.stage = quanta.stage
        and jobs.task_label = quanta.task_label
        and jobs.data_id = quanta.data_id
    where
        quanta.is_measured
        and not jobs.is_ambiguous

),

killed as (

    select
        given_up.campaign,
        given_up.stage,
        given_up.task_label,
        given_up.killed_request_mib + 1 as low_mib,
        cast(null as bigint) as high_mib,
        'killed' as bound_kind
    from given_up
    left join finished using (campaign, stage, source, job_key)
    where
        finished.job_key is null
        and given_up.killed_request_mib is not null

),

tasks as (

    select distinct
        campaign,
        stage,
        task_label
    from killed

),

measured as (

    select
        quanta.campaign,
        quanta.stage,
        quanta.task_label,
        case when quanta.is_peak_inherited then 0 else {{ mib_up('quanta.max_rss_bytes') }} end as low_mib,
        {{ mib_up('quanta.max_rss_bytes') }} as high_mib,
        case when quanta.is_peak_inherited then 'inherited' else 'own' end as bound_kind
    from {{ ref('fct_quanta') }} as quanta
    inner join tasks using (campaign, stage, task_label)
    where
        quanta.is_measured
        and quanta.is_peak_inherited is not null

),

bounds as (

    select * from killed

    union all

    select * from measured

),

final as (

    select
        campaign,
        stage,
        task_label,
        bound_kind,
        low_mib,
        high_mib,
        count(*) as quanta_count
    from bounds
    group by campaign, stage, task_label, bound_kind, low_mib, high_mib

)

select * from final
