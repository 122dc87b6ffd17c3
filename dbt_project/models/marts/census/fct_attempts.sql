-- Earlier attempts of a RUN beside the last ones, which fct_quanta holds.
{{ config(materialized='view') }}

with

quanta as (

    select * from {{ ref('fct_quanta') }}
    where attempt_count > 0

),

earlier as (

    select * from {{ ref('int_attempts_earlier') }}

),

final as (

    select
        campaign,
        stage,
        run,
        task_label,
        data_id,
        attempt_count as attempt_position,
        status,
        exception_type,
        node_name,
        max_rss_bytes,
        total_wall_time_s,
        true as is_last_attempt,
        is_result,
        is_superseded,
        is_lost,
        prep_at,
        ended_at
    from quanta

    union all

    select
        campaign,
        stage,
        run,
        task_label,
        data_id,
        attempt_position,
        status,
        exception_type,
        node_name,
        max_rss_bytes,
        total_wall_time_s,
        false as is_last_attempt,
        false as is_result,
        is_superseded,
        is_lost,
        prep_at,
        ended_at
    from earlier

)

select * from final
