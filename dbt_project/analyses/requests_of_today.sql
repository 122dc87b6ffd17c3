-- What does each task request today, what request would be enough for its peaks, and how many peaks say so?
select
    requests.campaign,
    label.task_label,
    requests.job_kind,
    requests.job_label,
    requests.current_request_memory_mib,
    requests.current_request_source,
    requests.policy,
    requests.request_memory_mib,
    requests.p95_peak_rss_bytes / 1048576 as p95_peak_rss_mib,
    requests.max_peak_rss_bytes / 1048576 as max_peak_rss_mib,
    requests.killed_fraction,
    requests.own_peak_count,
    requests.has_enough_evidence
from {{ ref('fct_memory_requests') }} as requests
cross join unnest(requests.task_labels) as label (task_label)
order by requests.campaign, label.task_label, requests.job_kind, requests.policy
