-- Attempts before the last one in the same RUN: their cost counts, their peaks do not.
with

attempts as (

    select * from {{ ref('int_attempts_checked') }}

),

summed as (

    select
        campaign,
        stage,
        run,
        task_label,
        data_id,
        count(*) as earlier_attempt_count,
        sum({{ seconds_between('prep_at', 'ended_at') }}) as earlier_wall_time_s
    from attempts
    where not is_last_attempt
    group by campaign, stage, run, task_label, data_id

)

select * from summed
