with

quanta as (

    select * from {{ ref('fct_quanta') }}
    where is_measured

),

jobs as (

    select * from {{ ref('dim_jobs') }}

),

summed as (

    select
        campaign,
        stage,
        task_label,
        count(*) as quanta_count,
        sum(total_wall_time_s) filter (where total_cpu_time_s is not null) as timed_wall_time_s,
        cast(
            sum(cast(total_cpu_time_s as decimal(18, 6))) filter (where total_wall_time_s is not null) as double
        ) as total_cpu_time_s,
        count(*) filter (
            where total_wall_time_s is not null
            and (butler_get_wall_time_s is not null or butler_put_wall_time_s is not null)
        ) as metered_quanta_count,
        sum(total_wall_time_s) filter (
            where butler_get_wall_time_s is not null or butler_put_wall_time_s is not null
        ) as metered_wall_time_s,
        {{ exact_total('butler_get_wall_time_s') }} as butler_get_wall_time_s,
        {{ exact_total('butler_put_wall_time_s') }} as butler_put_wall_time_s,
        {{ exact_total('butler_ingest_wall_time_s') }} as butler_ingest_wall_time_s,
        {{ total_count('butler_get_count') }} as butler_get_count,
        {{ total_count('butler_put_count') }} as butler_put_count,
        {{ total_count('major_page_faults_count') }} as major_page_faults_count
    from quanta
    group by campaign, stage, task_label

),

final as (

    select
        summed.campaign,
        summed.stage,
        summed.task_label,
        summed.quanta_count,
        summed.metered_quanta_count,
        coalesce(jobs.cpus_count, 1) as cpus_count,
        {{ hours('summed.timed_wall_time_s') }} as timed_wall_time_h,
        summed.total_cpu_time_s / 3600 as total_cpu_time_h,
        {{ share('summed.total_cpu_time_s', 'summed.timed_wall_time_s') }} as cpu_time_fraction,
        {{ share('summed.total_cpu_time_s', 'summed.timed_wall_time_s * coalesce(jobs.cpus_count, 1)') }}
            as cpu_time_per_core_fraction,
        summed.butler_get_wall_time_s / 3600 as butler_get_wall_time_h,
        summed.butler_put_wall_time_s / 3600 as butler_put_wall_time_h,
        summed.butler_ingest_wall_time_s / 3600 as butler_ingest_wall_time_h,
        {{ share('summed.butler_get_wall_time_s', 'summed.metered_wall_time_s') }} as butler_get_fraction,
        {{ share('summed.butler_put_wall_time_s', 'summed.metered_wall_time_s') }} as butler_put_fraction,
        {{ share(
            'coalesce(summed.butler_get_wall_time_s, 0) + coalesce(summed.butler_put_wall_time_s, 0)',
            'summed.metered_wall_time_s'
        ) }} as butler_fraction,
        summed.butler_get_count,
        summed.butler_put_count,
        summed.major_page_faults_count
    from summed
    left join jobs using (campaign, task_label)

)

select * from final
