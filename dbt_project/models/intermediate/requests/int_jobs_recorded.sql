-- Jobs of the batch system's records that have all values for a back-test: the last try succeeded, and every try that
-- counts has its request and its time. They give the waste and the kills of the recorded requests.
with

tries as (

    select
        *,
        {{ gib('requested_memory_bytes') }} * run_wall_time_s as requested_gib_s,
        is_last_try and state = 'successful' as is_success
    from {{ ref('fct_jobs') }}

),

kinds as (

    select
        campaign,
        job_kind,
        job_label
    from {{ ref('int_job_rules') }}
    where job_kind != 'member'

),

jobs as (

    select
        campaign,
        stage,
        source,
        job_key,
        min(label) as job_label,
        max(peak_bytes) filter (where is_success) as peak_bytes,
        max(run_wall_time_s) filter (where is_success) as occupied_wall_time_s,
        count(*) filter (where is_killed_memory) as recorded_killed_count,
        sum(requested_gib_s) filter (where is_success or is_killed_memory) as requested_gib_s,
        count(*) filter (where (is_success or is_killed_memory) and requested_gib_s is null) as unknown_count
    from tries
    group by campaign, stage, source, job_key

),

final as (

    select
        jobs.campaign,
        kinds.job_kind,
        jobs.job_label,
        {{ mib_up('jobs.peak_bytes') }} as peak_mib,
        cast(jobs.occupied_wall_time_s as decimal(38, 6)) as occupied_wall_time_s,
        cast({{ gib('jobs.peak_bytes') }} * jobs.occupied_wall_time_s as decimal(38, 6)) as used_gib_s,
        cast(
            jobs.requested_gib_s - {{ gib('jobs.peak_bytes') }} * jobs.occupied_wall_time_s as decimal(38, 6)
        ) as recorded_wasted_gib_s,
        jobs.recorded_killed_count
    from jobs
    inner join kinds using (campaign, job_label)
    where
        jobs.peak_bytes is not null
        and jobs.occupied_wall_time_s is not null
        and jobs.unknown_count = 0

)

select * from final
