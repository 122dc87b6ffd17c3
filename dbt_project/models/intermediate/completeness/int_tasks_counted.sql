-- Counts of the headers of graphs. They are used alone only if no data ID is known; otherwise they are a cross-check.
with

expectations as (

    select * from {{ ref('int_expectations_owned') }}

),

listed as (

    select
        campaign,
        stage,
        run,
        task_label,
        count(*) as listed_count
    from (
        select distinct
            campaign,
            stage,
            run,
            task_label,
            data_id
        from expectations
        where data_id is not null
    ) as distinct_quanta
    group by campaign, stage, run, task_label

),

headers as (

    select
        campaign,
        stage,
        run,
        task_label,
        max(quanta_count) as header_count
    from expectations
    where data_id is null
    group by campaign, stage, run, task_label

),

found as (

    select
        campaign,
        stage,
        run,
        task_label,
        count(*) as found_count
    from {{ ref('stg_lake__quanta') }}
    where is_last_attempt
    group by campaign, stage, run, task_label

),

-- Headers of several RUNs overlap if one repeats another's quanta: the largest is a lower bound of the distinct quanta.
-- If a RUN has fewer quanta than its header, this is only a doubt, because other RUNs may have repeated the rest.
final as (

    select
        headers.campaign,
        headers.stage,
        headers.task_label,
        max(headers.header_count) as header_count,
        {{ total_count('greatest(headers.header_count - coalesce(listed.listed_count, found.found_count, 0), 0)') }}
            as header_surplus_count
    from headers
    left join listed using (campaign, stage, run, task_label)
    left join found using (campaign, stage, run, task_label)
    group by headers.campaign, headers.stage, headers.task_label

)

select * from final
