-- How jobs ended, over all their tries.
with

jobs as (

    select
        campaign,
        stage,
        label,
        source,
        job_key,
        max(try_count) as try_count,
        bool_or(is_killed_memory) as is_killed_memory,
        bool_or(is_last_try and state = 'successful') as is_successful,
        bool_or(is_last_try and is_killed_memory) as has_given_up
    from {{ ref('fct_jobs') }}
    group by campaign, stage, label, source, job_key

),

final as (

    select
        campaign,
        stage,
        label,
        count(*) as job_count,
        count(*) filter (where try_count > 1) as retried_job_count,
        count(*) filter (where is_killed_memory) as killed_job_count,
        count(*) filter (where is_killed_memory and is_successful) as rescued_job_count,
        count(*) filter (where has_given_up) as gave_up_job_count
    from jobs
    group by campaign, stage, label

)

select * from final
