-- Are the pipeline's memory requests too large or too small for what was seen? Requests are of the list that
-- reference_release names.
select
    usage.campaign,
    usage.stage,
    usage.task_label,
    tasks.reference_release,
    tasks.cluster,
    tasks.request_memory_mib,
    usage.p95_max_rss_bytes / 1048576 as p95_max_rss_mib,
    usage.max_max_rss_bytes / 1048576 as max_max_rss_mib,
    {{ share('usage.p95_max_rss_bytes', 'tasks.request_memory_mib * cast(1048576 as bigint)') }}
        as p95_of_request_fraction,
    usage.inherited_peak_fraction
from {{ ref('fct_task_usage') }} as usage
inner join {{ ref('dim_tasks') }} as tasks using (release, task_label)
where tasks.request_memory_mib is not null
order by p95_of_request_fraction desc nulls last, usage.campaign asc, usage.stage asc, usage.task_label asc
