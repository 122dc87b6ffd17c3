-- Quanta that the record of a try names by their identifiers.
with

tries as (

    select * from {{ ref('int_jobs_placed') }}

),

-- Identifiers that records name; only their quanta are searched.
named as (

    select
        campaign,
        stage,
        run,
        source,
        job_key,
        job_id,
        file,
        record_number,
        {{ unnested('quantum_ids') }} as quantum_id
    from tries
    where quantum_ids is not null

),

-- A killed quantum may have left nothing: then its graph knows the identifier.
known as (

    select
        campaign,
        stage,
        run,
        quantum_id,
        task_label,
        data_id
    from {{ ref('fct_quanta') }}
    where quantum_id is not null

    union all

    select
        campaign,
        stage,
        run,
        quantum_id,
        task_label,
        data_id
    from {{ ref('int_expectations_owned') }}
    where
        quantum_id is not null
        and data_id is not null

),

identified as (

    select
        campaign,
        stage,
        quantum_id,
        min(run) as run,
        min(task_label) as task_label,
        min(data_id) as data_id
    from known
    where quantum_id in (select named.quantum_id from named)
    group by campaign, stage, quantum_id

),

final as (

    select
        named.campaign,
        named.stage,
        -- A quantum belongs to the RUN of its graph, also if the record has no RUN.
        identified.run,
        named.source,
        named.job_key,
        named.job_id,
        named.file,
        named.record_number,
        identified.task_label,
        identified.data_id,
        'quantum_id' as tie,
        3 as tie_strength
    from named
    inner join identified
        on named.campaign = identified.campaign
        and named.stage = identified.stage
        and named.quantum_id = identified.quantum_id

)

select * from final
