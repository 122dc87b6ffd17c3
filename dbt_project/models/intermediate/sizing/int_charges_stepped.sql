-- The memory and cores that are charged, in few rows. Every choice of memory per core is a multiple of half a GiB, so
-- that ceil(memory / choice) follows exactly from the memory in halves of a GiB, rounded up.
{{ config(materialized='table') }}

select
    campaign,
    stage,
    'exact' as policy,
    basis,
    cpus_count,
    false as is_killed,
    true as is_last,
    -- A process that ended early is not sized as a whole one.
    case when is_whole then ceil(peak_rss_bytes / ({{ gib_bytes() }} / 2)) end as half_gib_count,
    count(*) as slot_count,
    {{ total_count('quanta_count') }} as quanta_count,
    sum(occupied_wall_time_s) as occupied_wall_time_s
from {{ ref('fct_slots') }}
group by campaign, stage, basis, cpus_count, half_gib_count

union all

select
    campaign,
    stage,
    policy,
    basis,
    cpus_count,
    is_killed,
    not is_killed or is_unfinished as is_last,
    ceil(memory_mib / 512) as half_gib_count,
    {{ total_count('slot_count') }} as slot_count,
    {{ total_count('quanta_count') }} as quanta_count,
    sum(occupied_wall_time_s) as occupied_wall_time_s
from {{ ref('fct_request_attempts') }}
group by campaign, stage, policy, basis, cpus_count, is_killed, is_last, half_gib_count
