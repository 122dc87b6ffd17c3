-- Jobs of each stage, where records are named: what was killed for its memory is in no statistic of memory.
{%- set counts = [
    'job_count', 'try_count', 'killed_memory_count', 'inferred_killed_memory_count', 'retried_job_count',
    'killed_job_count', 'rescued_job_count', 'gave_up_job_count',
] %}

with

labels as (

    select * from {{ ref('fct_job_outcomes') }}

),

summed as (

    select
        campaign,
        stage,
        {%- for name in counts %}
        {{ total_count(name) }} as {{ name }},
        {%- endfor %}
        count(*) filter (where killed_job_count > 0) as killed_label_count,
        min(min_killed_request_mib) as min_killed_request_mib,
        max(max_killed_request_mib) as max_killed_request_mib,
        {{ exact_total('total_core_h') }} as total_core_h,
        {{ exact_total('killed_memory_core_h') }} as killed_memory_core_h,
        {{ exact_total('requested_gib_h') }} as requested_gib_h,
        {{ exact_total('used_gib_h') }} as used_gib_h
    from labels
    group by campaign, stage

),

-- The label of most killed jobs: the first to look at.
worst as (

    select
        campaign,
        stage,
        label as worst_label
    from labels
    where killed_job_count > 0
    qualify row_number() over (
        partition by campaign, stage order by killed_job_count desc, killed_memory_core_h desc, label asc
    ) = 1

),

final as (

    select
        summed.campaign,
        summed.stage,
        worst.worst_label,
        {%- for name in counts %}
        summed.{{ name }},
        {%- endfor %}
        {{ share('summed.killed_job_count', 'summed.job_count') }} as killed_job_fraction,
        summed.killed_label_count,
        summed.min_killed_request_mib,
        summed.max_killed_request_mib,
        summed.total_core_h,
        summed.killed_memory_core_h,
        {{ share('summed.killed_memory_core_h', 'summed.total_core_h') }} as killed_core_fraction,
        summed.requested_gib_h,
        summed.used_gib_h,
        {{ share('summed.used_gib_h', 'summed.requested_gib_h') }} as used_fraction
    from summed
    left join worst using (campaign, stage)

)

select * from final
