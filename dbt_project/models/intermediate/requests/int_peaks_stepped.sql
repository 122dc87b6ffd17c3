-- Peaks of jobs in steps of requests: few, and fine enough for the search of the least waste.
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
