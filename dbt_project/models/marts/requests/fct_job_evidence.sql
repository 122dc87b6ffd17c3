{%- set fractions = [0.5, 0.95, 0.99, 1] -%}

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
        case
            when count(distinct basis) > 1 then 'mixed'
            else min(basis)
        end as basis,
        count(*) as slot_count,
        count(*) filter (is_peak_own) as own_peak_count,
        {{ quantiles('peak_rss_bytes', fractions) }} as peak_quantiles,
        {{ hours('sum(occupied_wall_time_s)') }} as occupied_wall_time_h
    from samples
    group by campaign, job_kind, job_label

),

-- A task of a cluster is asked for by name even if none of its peaks is its own; a cluster by its tasks.
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
        coalesce(summed.campaign, labelled.campaign) as campaign,
        coalesce(summed.job_kind, labelled.job_kind) as job_kind,
        coalesce(summed.job_label, labelled.job_label) as job_label,
        labelled.task_labels,
        coalesce(summed.basis, 'none') as basis,
        labelled.request_source as current_request_source,
        coalesce(summed.slot_count, 0) as slot_count,
        coalesce(summed.own_peak_count, 0) as own_peak_count,
        {{ share('summed.own_peak_count', 'summed.slot_count') }} as own_peak_fraction,
        {{ element('summed.peak_quantiles', 1) }} as p50_peak_rss_bytes,
        {{ element('summed.peak_quantiles', 2) }} as p95_peak_rss_bytes,
        {{ element('summed.peak_quantiles', 3) }} as p99_peak_rss_bytes,
        {{ element('summed.peak_quantiles', 4) }} as max_peak_rss_bytes,
        coalesce(summed.occupied_wall_time_h, 0) as occupied_wall_time_h,
        labelled.request_memory_mib as current_request_memory_mib,
        coalesce(summed.own_peak_count, 0) >= {{ least_own_peaks() }} as has_enough_evidence,
        campaigns.is_focus
    from labelled
    full outer join summed
        on labelled.campaign = summed.campaign
        and labelled.job_kind = summed.job_kind
        and labelled.job_label = summed.job_label
    inner join campaigns on coalesce(summed.campaign, labelled.campaign) = campaigns.campaign

)

select * from final
