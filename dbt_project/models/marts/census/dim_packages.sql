with

runs as (

    select * from {{ ref('int_runs_owned') }}
    where packages is not null

),

campaigns as (

    select count(distinct campaign) as campaign_count
    from runs

),

packages as (

    select
        runs.campaign,
        runs.run,
        entry.key as package_name,
        {{ json_plain('entry.value') }} as version
    from runs, {{ json_members('runs.packages') }} as entry

),

counted as (

    select
        campaign,
        package_name,
        {{ sorted_values('version') }} as versions,
        count(distinct version) as version_count,
        count(distinct run) as run_count
    from packages
    group by campaign, package_name

),

compared as (

    select
        package_name,
        count(distinct campaign) as campaign_count,
        count(distinct version) as version_count
    from packages
    group by package_name

),

final as (

    select
        counted.campaign,
        counted.package_name,
        counted.versions,
        counted.version_count,
        counted.run_count,
        compared.version_count = 1 and compared.campaign_count = campaigns.campaign_count as is_same_everywhere
    from counted
    inner join compared using (package_name)
    cross join campaigns

)

select * from final
