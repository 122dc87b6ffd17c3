-- Processes of plain files: by their job section, else by the clock and mark of the process. Such a chain is accepted
-- if it has several quanta and is as long as its job, if the files have that length.
with

of_jobs as (

    select * from {{ ref('int_processes_of_jobs') }}

),

followed as (

    select
        campaign,
        stage,
        run,
        task_label,
        data_id,
        first_quantum as rebuilt_process_id,
        process_position as rebuilt_process_position
    from {{ ref('int_processes_followed') }}
    where
        found_count > 1
        and coalesce(found_count = job_quanta_count, true)

),

final as (

    select * from of_jobs

    union all

    select * from followed

)

select * from final
