-- Slots of one job with the same CPUs and the same peak in MiB, the unit of requests: few rows for millions of slots.
{{ config(materialized='table') }}

select
    campaign,
    stage,
    job_kind,
    job_label,
    basis,
    cpus_count,
    {{ mib_up('peak_rss_bytes') }} as peak_mib,
    count(*) as slot_count,
    {{ total_count('quanta_count') }} as quanta_count,
    cast(sum(occupied_wall_time_s) as decimal(38, 6)) as occupied_wall_time_s
from {{ ref('fct_slots') }}
where
    peak_rss_bytes is not null
    and occupied_wall_time_s is not null
    and is_whole
group by campaign, stage, job_kind, job_label, basis, cpus_count, peak_mib
