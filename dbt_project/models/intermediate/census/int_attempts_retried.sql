-- Attempts before the last one in the same RUN: their cost counts, their peaks do not.
with

attempts as (

    select * from {{ ref('int_attempts_earlier') }}

),

final as (

    select
        campaign,
        stage,
        run,
        task_label,
        data_id,
        count(*) as earlier_attempt_count,
        sum(total_wall_time_s) as earlier_wall_time_s
    from attempts
    group by campaign, stage, run, task_label, data_id

)

select * from final
