-- Attempts and measured quanta of each node.
with

-- An attempt that failed on one node and was tried again on another one counts for the first node.
attempts as (

    select
        campaign,
        stage,
        node_name,
        count(*) as attempted_count,
        count(*) filter (where status = 'failed') as failed_count,
        max(max_rss_bytes) as max_max_rss_bytes
    from {{ ref('fct_attempts') }}
    group by campaign, stage, node_name

),

measured as (

    select
        campaign,
        stage,
        node_name,
        count(*) as quanta_count,
        sum(total_wall_time_s) as total_wall_time_s
    from {{ ref('fct_quanta') }}
    where is_measured
    group by campaign, stage, node_name

),

final as (

    select
        attempts.*,
        coalesce(measured.quanta_count, 0) as quanta_count,
        coalesce(measured.total_wall_time_s, 0) as total_wall_time_s
    from attempts
    left join measured
        on attempts.campaign = measured.campaign
        and attempts.stage = measured.stage
        and attempts.node_name is not distinct from measured.node_name

)

select * from final
