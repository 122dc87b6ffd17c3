-- Attempts before the last one of their RUN, each with its own node. The last ones are in fct_quanta.
{{ config(materialized='table') }}

with

attempts as (

    select
        *,
        {{ is_lost_attempt() }} as is_lost
    from {{ ref('int_attempts_checked') }}
    where not is_last_attempt

),

final as (

    select
        attempts.campaign,
        attempts.stage,
        attempts.run,
        attempts.task_label,
        attempts.data_id,
        row_number() over (
            partition by
                attempts.campaign, attempts.stage, attempts.run, attempts.task_label, attempts.data_id
            order by attempts.attempt asc nulls last
        ) as attempt_position,
        attempts.status,
        attempts.exception_type,
        attempts.node_name,
        attempts.max_rss_bytes,
        {{ seconds_between('attempts.prep_at', 'attempts.ended_at') }} as total_wall_time_s,
        attempts.is_lost,
        superseded.data_id is not null as is_superseded,
        attempts.prep_at,
        attempts.ended_at
    from attempts
    inner join {{ ref('int_runs_owned') }} using (campaign, stage, run)
    left join {{ ref('int_quanta_superseded') }} as superseded using (campaign, stage, run, task_label, data_id)

)

select * from final
