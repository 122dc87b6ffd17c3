with

expected as (

    select * from {{ ref('int_quanta_expected') }}

),

results as (

    select * from {{ ref('fct_quanta') }}
    where is_result

),

-- RUNs whose graph is known quantum by quantum: what they hold beyond it contradicts the graph.
listed_runs as (

    select distinct
        campaign,
        stage,
        run
    from {{ ref('int_expectations_owned') }}
    where data_id is not null

),

headers as (

    select * from {{ ref('int_tasks_counted') }}

),

stages as (

    select * from {{ ref('stg_lake__stages') }}

),

compared as (

    select
        coalesce(expected.campaign, results.campaign) as campaign,
        coalesce(expected.stage, results.stage) as stage,
        coalesce(expected.task_label, results.task_label) as task_label,
        results.run,
        results.status,
        results.is_no_work,
        results.is_lost,
        expected.data_id is not null as is_expected,
        results.data_id is not null as is_found
    from expected
    full outer join results
        on expected.campaign = results.campaign
        and expected.stage = results.stage
        and expected.task_label = results.task_label
        and expected.data_id = results.data_id

),

counted as (

    select
        compared.campaign,
        compared.stage,
        compared.task_label,
        count(*) as known_count,
        count(*) filter (compared.is_expected) as listed_count,
        count(*) filter (compared.status = 'successful' and not compared.is_no_work) as successful_count,
        count(*) filter (compared.is_no_work) as no_work_count,
        count(*) filter (compared.status = 'failed') as failed_count,
        count(*) filter (compared.status = 'blocked') as blocked_count,
        count(*) filter (compared.status in ('aborted', 'aborted_success')) as aborted_count,
        count(*) filter (compared.status = 'unknown') as unknown_count,
        count(*) filter (compared.status = 'unreadable') as unreadable_count,
        count(*) filter (not compared.is_found) as missing_count,
        count(*) filter (compared.is_lost) as lost_count,
        count(*) filter (not compared.is_expected and listed_runs.run is not null) as unexpected_count,
        count(*) filter (not compared.is_expected and listed_runs.run is null) as uncovered_count
    from compared
    left join listed_runs
        on compared.campaign = listed_runs.campaign
        and compared.stage = listed_runs.stage
        and compared.run = listed_runs.run
    group by compared.campaign, compared.stage, compared.task_label

),

-- A header may count more quanta than any graph or RUN names: those are missing, though nobody knows which they are.
checked as (

    select
        coalesce(counted.campaign, headers.campaign) as campaign,
        coalesce(counted.stage, headers.stage) as stage,
        coalesce(counted.task_label, headers.task_label) as task_label,
        case
            when counted.listed_count > 0 then 'data_ids'
            when headers.header_count is not null then 'header'
            else 'none'
        end as evidence,
        coalesce(counted.known_count, 0) as known_count,
        coalesce(counted.listed_count, 0) as listed_count,
        coalesce(counted.successful_count, 0) as successful_count,
        coalesce(counted.no_work_count, 0) as no_work_count,
        coalesce(counted.failed_count, 0) as failed_count,
        coalesce(counted.blocked_count, 0) as blocked_count,
        coalesce(counted.aborted_count, 0) as aborted_count,
        coalesce(counted.unknown_count, 0) as unknown_count,
        coalesce(counted.unreadable_count, 0) as unreadable_count,
        coalesce(counted.missing_count, 0) as missing_count,
        coalesce(counted.lost_count, 0) as lost_count,
        coalesce(counted.unexpected_count, 0) as unexpected_count,
        coalesce(counted.uncovered_count, 0) as uncovered_count,
        greatest(coalesce(headers.header_count, 0) - coalesce(counted.known_count, 0), 0) as unidentified_count,
        coalesce(headers.header_surplus_count, 0) as header_surplus_count
    from counted
    full outer join headers
        on counted.campaign = headers.campaign
        and counted.stage = headers.stage
        and counted.task_label = headers.task_label

),

totalled as (

    select
        checked.campaign,
        checked.stage,
        checked.task_label,
        checked.evidence,
        stages.incomplete_reason,
        -- What no graph of its RUN covers is expected only where a header stands alone.
        case when checked.evidence = 'header' then checked.known_count else checked.listed_count end
        + checked.unidentified_count as expected_count,
        checked.successful_count,
        checked.no_work_count,
        checked.failed_count,
        checked.blocked_count,
        checked.aborted_count,
        checked.unknown_count,
        checked.unreadable_count,
        checked.missing_count + checked.unidentified_count as missing_count,
        checked.unidentified_count,
        checked.lost_count,
        checked.unknown_count
        + checked.unreadable_count
        + checked.missing_count
        + checked.unidentified_count
        + checked.lost_count as gap_count,
        case when checked.evidence = 'header' then 0 else checked.unexpected_count end as unexpected_count,
        case when checked.evidence = 'header' then 0 else checked.uncovered_count end as uncovered_count,
        checked.header_surplus_count
    from checked
    inner join stages
        on checked.campaign = stages.campaign
        and checked.stage = stages.stage

),

judged as (

    select
        *,
        case
            when gap_count > 0 and incomplete_reason is not null then 'declared'
            when gap_count > 0 then 'incomplete'
            when evidence = 'none' or unexpected_count > 0 or uncovered_count > 0 or header_surplus_count > 0
                then 'unverified'
            else 'complete'
        end as verdict
    from totalled

)

select * from judged
