{{ config(materialized='table') }}
{%- set fractions = {'p50': 0.5, 'p95': 0.95, 'p99': 0.99, 'max': 1} %}

with

samples as (

    select * from {{ ref('fct_job_samples') }}

),

jobs as (

    select * from {{ ref('dim_jobs') }}

),

campaigns as (

    select * from {{ ref('stg_lake__campaigns') }}

),

summed as (

    select
        campaign,
        job_kind,
        job_label,
        {{ basis_of_slots('1') }} as basis,
        count(*) as slot_count,
        count(*) filter (where is_peak_own) as own_peak_count,
        {{ quantiles('peak_rss_bytes', fractions.values()) }} as peak_quantiles,
        {{ hours('sum(occupied_wall_time_s)') }} as occupied_wall_time_h
    from samples
    group by campaign, job_kind, job_label

),

-- A task of a cluster has a row by its name even if none of its peaks is its own. A cluster has one by its tasks.
labelled as (

    select
        campaign,
        job_kind,
        job_label,
        {{ sorted_values('task_label') }} as task_labels,
        max(job_request_memory_mib) as request_memory_mib,
        max(request_source) as request_source
    from jobs
    group by campaign, job_kind, job_label

    union all

    select
        campaign,
        'member' as job_kind,
        task_label as job_label,
        {{ sorted_values('task_label') }} as task_labels,
        max(task_request_memory_mib) as request_memory_mib,
        max(request_source) as request_source
    from jobs
    where job_kind = 'cluster'
    group by campaign, task_label

),

final as (

    select
        campaign,
        job_kind,
        job_label,
        labelled.task_labels,
        coalesce(summed.basis, 'none') as basis,
        labelled.request_source as current_request_source,
        coalesce(summed.slot_count, 0) as slot_count,
        coalesce(summed.own_peak_count, 0) as own_peak_count,
        {{ share('summed.own_peak_count', 'summed.slot_count') }} as own_peak_fraction,
        {%- for name in fractions %}
        {{ element('summed.peak_quantiles', loop.index) }} as {{ name }}_peak_rss_bytes,
        {%- endfor %}
        coalesce(summed.occupied_wall_time_h, 0) as occupied_wall_time_h,
        labelled.request_memory_mib as current_request_memory_mib,
        coalesce(summed.own_peak_count >= {{ var('least_own_peaks') }} and summed.basis != 'guess', false)
            as has_enough_evidence,
        campaigns.is_focus
    from labelled
    full outer join summed using (campaign, job_kind, job_label)
    inner join campaigns using (campaign)

)

select * from final
