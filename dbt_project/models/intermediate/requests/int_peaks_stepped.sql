-- Peaks of jobs in steps of requests: fine enough to look for the least waste, and few.
select
    campaign,
    job_kind,
    job_label,
    {{ request_up('peak_mib') }} as step_mib,
    {{ total_count('slot_count') }} as slot_count,
    sum(occupied_wall_time_s) as occupied_wall_time_s,
    sum(used_gib_s) as used_gib_s
from {{ ref('int_job_peaks') }}
group by campaign, job_kind, job_label, step_mib
