-- Quanta that a graph expected of a RUN without a trace of them, while a newer RUN has the result.
with

quanta as (

    select * from {{ ref('fct_quanta') }}

),

expectations as (

    select * from {{ ref('int_expectations_owned') }}
    where data_id is not null

),

runs as (

    select * from {{ ref('int_runs_owned') }}

),

expected as (

    select
        campaign,
        stage,
        run,
        task_label,
        count(*) as expected_count
    from expectations
    group by campaign, stage, run, task_label

),

found as (

    select
        campaign,
        stage,
        run,
        task_label,
        count(*) as found_count
    from quanta
    group by campaign, stage, run, task_label

),

-- Only tasks with quanta that left no trace are compared quantum by quantum.
suspects as (

    select
        expected.campaign,
        expected.stage,
        expected.run,
        expected.task_label
    from expected
    left join found using (campaign, stage, run, task_label)
    where expected.expected_count > coalesce(found.found_count, 0)

),

final as (

    select
        expectations.campaign,
        expectations.stage,
        expectations.run,
        expectations.task_label,
        expectations.data_id,
        expectations.graph_uri,
        expectations.predecessor_numbers
    from expectations
    inner join suspects using (campaign, stage, run, task_label)
    inner join runs using (campaign, stage, run)
    inner join quanta as results
        on expectations.campaign = results.campaign
        and expectations.stage = results.stage
        and expectations.task_label = results.task_label
        and expectations.data_id = results.data_id
        and results.is_result
        and runs.chain_position > results.chain_position
    left join quanta as traces
        on expectations.campaign = traces.campaign
        and expectations.stage = traces.stage
        and expectations.run = traces.run
        and expectations.task_label = traces.task_label
        and expectations.data_id = traces.data_id
    where
        traces.data_id is null
        and expectations.predecessor_numbers is not null

)

select * from final
