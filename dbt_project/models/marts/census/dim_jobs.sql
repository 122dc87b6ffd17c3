-- What the batch system runs: a cluster of tasks in one process, or a task alone; and what is requested for it today.
with

tasks as (

    select * from {{ ref('dim_tasks') }}
    where is_observed

),

campaigns as (

    select * from {{ ref('stg_lake__campaigns') }}

),

configured as (

    select * from {{ ref('int_requests_configured') }}

),

rules as (

    select * from {{ ref('int_request_rules') }}

),

members as (

    select
        campaign,
        trim(member_label) as task_label,
        min(cluster) as cluster
    from (
        select
            campaign,
            entry_label as cluster,
            {{ unnested(text_parts('member_labels')) }} as member_label
        from configured
        where entry_kind = 'cluster'
    )
    group by campaign, trim(member_label)

),

resolved as (

    select
        campaigns.campaign,
        tasks.task_label,
        coalesce(members.cluster, tasks.cluster) as cluster,
        coalesce(own.request_cpus_count, rest.request_cpus_count, tasks.request_cpus_count, 1) as cpus_count,
        case
            when not rules.has_configuration then tasks.request_memory_mib
            when own.campaign is not null then own.request_memory_mib
            else rest.request_memory_mib
        end as task_request_memory_mib,
        rules.has_configuration
    from campaigns
    inner join tasks using (release)
    inner join rules using (campaign)
    inner join configured as rest
        on campaigns.campaign = rest.campaign
        and rest.entry_kind = 'rest'
    left join members using (campaign, task_label)
    left join configured as own
        on campaigns.campaign = own.campaign
        and tasks.task_label = own.entry_label
        and own.entry_kind = 'task'

),

final as (

    select
        resolved.campaign,
        resolved.task_label,
        resolved.cluster,
        case when resolved.cluster is null then 'task' else 'cluster' end as job_kind,
        coalesce(resolved.cluster, resolved.task_label) as job_label,
        case
            when resolved.has_configuration then 'current_requests'
            when resolved.task_request_memory_mib is not null then 'pipeline list'
        end as request_source,
        resolved.task_request_memory_mib,
        -- A cluster that the configuration names has its request, every other one the largest of its members.
        case
            when resolved.cluster is null then resolved.task_request_memory_mib
            else coalesce(
                named.request_memory_mib,
                max(resolved.task_request_memory_mib) over (partition by resolved.campaign, resolved.cluster)
            )
        end as job_request_memory_mib,
        coalesce(named.request_cpus_count, resolved.cpus_count) as cpus_count
    from resolved
    left join configured as named
        on resolved.campaign = named.campaign
        and resolved.cluster = named.entry_label
        and named.entry_kind = 'cluster'

)

select * from final
