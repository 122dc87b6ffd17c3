-- The job of a process, by the tasks of its quanta. Processes have few different lists of tasks, and each list is
-- resolved once.
with

jobs as (

    select * from {{ ref('dim_jobs') }}

),

lists as (

    select distinct
        campaign,
        task_labels
    from {{ ref('fct_processes') }}

),

listed as (

    select
        campaign,
        task_labels,
        {{ unnested('task_labels') }} as task_label
    from lists

),

final as (

    select
        listed.campaign,
        listed.task_labels,
        case
            when min(jobs.cluster) is not null or count(*) > 1 then 'cluster'
            else 'task'
        end as job_kind,
        coalesce(min(jobs.cluster), {{ list_text('listed.task_labels') }}) as job_label,
        max(coalesce(jobs.cpus_count, 1)) as cpus_count
    from listed
    left join jobs using (campaign, task_label)
    group by listed.campaign, listed.task_labels

)

select * from final
