with

quanta as (

    select * from {{ ref('fct_quanta') }}

),

counted as (

    select
        campaign,
        stage,
        task_label,
        coalesce(exception_type, 'not recorded') as exception_type,
        count(*) filter (where is_result and status = 'failed') as failed_count,
        count(*) filter (where is_result and status = 'successful') as successful_count,
        count(*) filter (where is_superseded and status = 'failed') as superseded_count
    from quanta
    where
        status = 'failed'
        or (status = 'successful' and exception_type is not null)
    group by campaign, stage, task_label, coalesce(exception_type, 'not recorded')

)

select * from counted
where failed_count + successful_count + superseded_count > 0
