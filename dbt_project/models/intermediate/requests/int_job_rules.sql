-- How the request of a job grows on a retry: by the current configuration, else by BPS's defaults.
with

jobs as (

    select * from {{ ref('dim_jobs') }}

),

configured as (

    select * from {{ ref('int_requests_configured') }}

),

rules as (

    select * from {{ ref('int_request_rules') }}

),

labelled as (

    select
        campaign,
        job_kind,
        job_label,
        task_label
    from jobs

    union all

    -- A single task of a cluster.
    select
        campaign,
        'member' as job_kind,
        task_label as job_label,
        task_label
    from jobs
    where job_kind = 'cluster'

),

-- A cluster that the configuration names has its own rule. Every other job has the rule of its tasks.
said as (

    select
        labelled.campaign,
        labelled.job_kind,
        labelled.job_label,
        case
            when named.campaign is not null then named.memory_multiplier
            when own.campaign is not null then own.memory_multiplier
            else rest.memory_multiplier
        end as memory_multiplier,
        case
            when named.campaign is not null then named.number_of_retries
            when own.campaign is not null then own.number_of_retries
            else rest.number_of_retries
        end as number_of_retries,
        case
            when named.campaign is not null then named.memory_limit_mib
            when own.campaign is not null then own.memory_limit_mib
            else rest.memory_limit_mib
        end as memory_limit_mib
    from labelled
    inner join configured as rest
        on labelled.campaign = rest.campaign and rest.entry_kind = 'rest'
    left join configured as own
        on labelled.campaign = own.campaign
        and labelled.task_label = own.entry_label
        and own.entry_kind = 'task'
    left join configured as named
        on labelled.campaign = named.campaign
        and labelled.job_label = named.entry_label
        and named.entry_kind = 'cluster'
        and labelled.job_kind = 'cluster'

),

-- A cluster that only the list of the release knows: the largest of each value, for any order of its tasks.
largest as (

    select
        campaign,
        job_kind,
        job_label,
        max(memory_multiplier) as memory_multiplier,
        max(number_of_retries) as number_of_retries,
        max(memory_limit_mib) as memory_limit_mib
    from said
    group by campaign, job_kind, job_label

),

final as (

    select
        campaign,
        largest.job_kind,
        largest.job_label,
        rules.wms,
        case when {{ scales() }} then largest.memory_multiplier else 1 end as memory_multiplier,
        largest.memory_limit_mib,
        -- The attempts of a simulation must end, for any configuration.
        case
            when {{ scales() }} then least(coalesce(largest.number_of_retries, 0), {{ var('most_retries') }})
            else 0
        end as retries_count,
        rules.memory_bands_mib
    from largest
    inner join rules using (campaign)

)

select * from final
