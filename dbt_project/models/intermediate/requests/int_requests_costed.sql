-- The cost of each policy on nodes with the memory of the threshold per core. Every attempt, also a killed one, holds
-- its CPUs or the cores of its memory, whichever is more.
with

campaigns as (

    select * from {{ ref('stg_lake__campaigns') }}

),

attempts as (

    select
        attempts.*,
        campaigns.threshold_gib,
        campaigns.per_core_cost + campaigns.threshold_gib * campaigns.per_gib_cost as core_cost,
        {{ cores_held('attempts.cpus_count', 'attempts.memory_mib / 1024', 'campaigns.threshold_gib') }} as cores_count
    from {{ ref('int_attempts_simulated') }} as attempts
    inner join campaigns using (campaign)

),

final as (

    select
        campaign,
        job_kind,
        job_label,
        policy,
        threshold_gib,
        core_cost,
        {{ total_count('case when attempt_position = 0 then slot_count else 0 end') }} as slot_count,
        {{ total_count('case when attempt_position = 0 and is_killed then slot_count else 0 end') }} as killed_count,
        {{ total_count('case when is_unfinished then slot_count else 0 end') }} as unfinished_count,
        coalesce(sum(occupied_wall_time_s * cpus_count) filter (where attempt_position = 0), 0) as needed_core_s,
        coalesce(sum(occupied_wall_time_s * cores_count) filter (where is_killed), 0) as killed_core_s,
        sum(occupied_wall_time_s * cores_count) as total_core_s
    from attempts
    group by campaign, job_kind, job_label, policy, threshold_gib, core_cost

)

select * from final
