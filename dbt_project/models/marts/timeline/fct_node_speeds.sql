with

usage as (

    select * from {{ ref('fct_node_usage') }}

),

tested as (

    select * from {{ ref('int_nodes_tested') }}

),

summed as (

    select
        campaign,
        node_name,
        count(*) filter (where compared_quanta_count > 0) as stage_count,
        count(*) filter (where is_slow) as slow_stage_count,
        {{ exact_total('typical_wall_time_h') }} as typical_wall_time_h,
        {{ exact_total('typical_elsewhere_wall_time_h') }} as typical_elsewhere_wall_time_h
    from usage
    group by campaign, node_name

),

final as (

    select
        tested.campaign,
        tested.node_name,
        summed.stage_count,
        summed.slow_stage_count,
        tested.tested_quanta_count,
        {{ share(
            'summed.typical_wall_time_h - summed.typical_elsewhere_wall_time_h', 'summed.typical_elsewhere_wall_time_h'
        ) }} as slowdown_fraction,
        tested.slow_chance_fraction,
        tested.slow_discovery_fraction,
        summed.slow_stage_count > 0 as is_slow
    from tested
    inner join summed using (campaign, node_name)

)

select * from final
