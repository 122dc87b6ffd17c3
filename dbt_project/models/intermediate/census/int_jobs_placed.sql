-- The number of each record among the tries of its job, and its cost.
{{ config(materialized='table') }}

with

records as (

    select * from {{ ref('int_jobs_traced') }}

),

-- Files may overlap, for example monthly exports. A try counts once.
distinct_tries as (

    select *
    from records
    qualify row_number() over (
        partition by campaign, source, job_id, attempt, started_at, state
        order by stage asc, file asc, record_number asc
    ) = 1

),

numbered as (

    select
        *,
        row_number() over tries as try_position,
        count(*) over (partition by campaign, stage, source, job_key) as try_count,
        row_number() over tries = count(*) over (partition by campaign, stage, source, job_key) as is_last_try
    from distinct_tries
    window tries as (
        partition by campaign, stage, source, job_key
        order by attempt asc nulls first, started_at asc nulls last, file asc, record_number asc
    )

),

final as (

    select
        *,
        {{ hours('wall_time_s') }} * cpus_count as core_h
    from numbered

)

select * from final
