-- The peaks for requests: those of whole jobs, and the own peaks of tasks inside a cluster.
{{ config(materialized='view') }}

with

slots as (

    select * from {{ ref('fct_slots') }}
    where
        peak_rss_bytes is not null
        and occupied_wall_time_s is not null

),

members as (

    select quanta.*
    from {{ ref('fct_quanta') }} as quanta
    inner join {{ ref('dim_jobs') }} as jobs using (campaign, task_label)
    where
        quanta.is_measured
        and jobs.job_kind = 'cluster'
        and quanta.total_wall_time_s is not null
        -- In a cluster an inherited peak is of another task, so it is not used for this task.
        and not quanta.is_peak_inherited

),

final as (

    select
        campaign,
        stage,
        run,
        process_id,
        task_label,
        data_id,
        job_kind,
        job_label,
        basis,
        peak_rss_bytes,
        occupied_wall_time_s,
        coalesce(is_peak_own, false) as is_peak_own
    from slots

    union all

    select
        campaign,
        stage,
        run,
        null as process_id,
        task_label,
        data_id,
        'member' as job_kind,
        task_label as job_label,
        'quantum' as basis,
        max_rss_bytes as peak_rss_bytes,
        total_wall_time_s as occupied_wall_time_s,
        true as is_peak_own
    from members

)

select * from final
