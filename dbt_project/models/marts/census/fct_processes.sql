-- A process is one job of the batch system: its quanta share one high-water mark and one slot.
with

quanta as (

    select * from {{ ref('fct_quanta') }}
    where process_id is not null

),

tasks as (

    select * from {{ ref('dim_tasks') }}

),

final as (

    select
        quanta.campaign,
        quanta.stage,
        quanta.run,
        quanta.process_id,
        min(quanta.node_name) as node_name,
        min(quanta.release) as release,
        {{ sorted_values('quanta.task_label') }} as task_labels,
        min(tasks.cluster) as cluster,
        count(*) as quanta_count,
        max(quanta.job_quanta_count) as job_quanta_count,
        max(quanta.max_rss_bytes) as peak_rss_bytes,
        max(tasks.request_memory_mib) as request_memory_mib,
        max(coalesce(tasks.request_cpus_count, 1)) as cpus_count,
        coalesce(sum(quanta.total_wall_time_s), 0) as total_wall_time_s,
        cast(sum(cast(quanta.total_cpu_time_s as decimal(18, 6))) as double) as total_cpu_time_s,
        {{ seconds_between('min(quanta.prep_at)', 'max(quanta.ended_at)') }} as occupied_wall_time_s,
        min(quanta.prep_at) as prep_at,
        max(quanta.ended_at) as ended_at
    from quanta
    left join tasks using (release, task_label)
    group by quanta.campaign, quanta.stage, quanta.run, quanta.process_id

)

select * from final
