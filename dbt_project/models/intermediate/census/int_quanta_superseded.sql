-- Few quanta are in more than one RUN. A 64-bit hash finds the candidates among millions in little memory. Only these
-- are compared by their full keys, so a collision cannot change a result.
{{ config(materialized='table') }}
{%- set key_hash = stable_hash(['campaign', 'stage', 'task_label', 'data_id']) %}
{%- set quanta_key_hash = stable_hash(['quanta.campaign', 'quanta.stage', 'quanta.task_label', 'quanta.data_id']) %}

with

runs as (

    select * from {{ ref('int_runs_owned') }}

),

quanta as (

    select * from {{ ref('int_attempts_kept') }}
    where is_last_attempt

),

repeated as (

    select {{ key_hash }} as candidate_hash
    from quanta
    group by candidate_hash
    having count(*) > 1

),

-- The result is the first success in chain order, else the first: a failed retry does not replace an earlier success.
ranked as (

    select
        quanta.campaign,
        quanta.stage,
        quanta.run,
        quanta.task_label,
        quanta.data_id,
        row_number() over (
            partition by quanta.campaign, quanta.stage, quanta.task_label, quanta.data_id
            order by quanta.status = 'successful' desc, runs.chain_position asc, quanta.run desc
        ) as result_rank
    from quanta
    inner join repeated on {{ quanta_key_hash }} = repeated.candidate_hash
    inner join runs using (campaign, stage, run)

),

final as (

    select
        campaign,
        stage,
        run,
        task_label,
        data_id
    from ranked
    where result_rank > 1

)

select * from final
