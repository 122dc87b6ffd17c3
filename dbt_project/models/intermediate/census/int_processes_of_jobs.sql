{#- `pipetask run-qbb` writes into every quantum the number of its quanta and the time to read the graph. -#}
{%- set job = 'campaign, stage, run, node_name, job_quanta_count, graph_read_wall_time_s' -%}
{%- set by_time = 'order by prep_at asc nulls last, ended_at asc nulls last, task_label asc, data_id asc' -%}
{%- set in_order = 'partition by ' ~ job ~ ' ' ~ by_time -%}
{%- set before = in_order ~ ' rows between unbounded preceding and 1 preceding' -%}

-- Processes of plain files, which do not record them: quanta of one job whose clocks and high-water mark continue those
-- of the quantum before. If they do not continue (several processes in one job), the process is unknown.
{{ config(materialized='table') }}

with

attempts as (

    select * from {{ ref('int_attempts_checked') }}
    where
        source = 'metadata_file'
        and is_last_attempt
        and graph_read_wall_time_s is not null

),

ordered as (

    select
        {{ job }},
        task_label,
        data_id,
        -- For a failed quantum of a newer stack, its own provenance has these values.
        max(process_id) over (partition by {{ job }}) as noted_process_id,
        first_value(task_label || ' ' || data_id) over ({{ in_order }}) as first_quantum,
        row_number() over ({{ in_order }}) - 1 as process_position,
        count(*) over (partition by {{ job }}) as found_count,
        coalesce(
            {{ seconds_between('max(ended_at) over (' ~ before ~ ')', 'prep_at') }} >= -{{ var('chain_slack_s') }}, true
        )
        and coalesce(prep_cpu_time_s >= max(end_cpu_time_s) over ({{ before }}), true)
        and coalesce(
            prep_max_rss_bytes >= max(max_rss_bytes) over ({{ before }}) - {{ var('most_lag_bytes') }}, true
        ) as goes_on
    from attempts

),

judged as (

    select
        *,
        bool_and(goes_on) over (partition by {{ job }}) as is_one_process
    from ordered

),

final as (

    select
        campaign,
        stage,
        run,
        task_label,
        data_id,
        coalesce(noted_process_id, first_quantum) as rebuilt_process_id,
        process_position as rebuilt_process_position
    from judged
    where
        is_one_process
        and coalesce(found_count <= job_quanta_count, true)

)

select * from final
