with

counted as (

    select * from {{ ref('int_nodes_counted') }}

),

medians as (

    select
        campaign,
        stage,
        task_label,
        node_name,
        count(*) as quanta_count,
        {{ quantile('total_wall_time_s', 0.5) }} as p50_total_wall_time_s
    from {{ ref('fct_quanta') }}
    where
        attempt_count > 0
        and is_measured
        and node_name is not null
        and total_wall_time_s is not null
    group by campaign, stage, task_label, node_name

),

placed as (

    select
        *,
        row_number() over task_nodes as place,
        count(*) over (partition by campaign, stage, task_label) as node_count
    from medians
    window task_nodes as (
        partition by campaign, stage, task_label order by p50_total_wall_time_s asc nulls last, node_name asc
    )

),

lists as (

    select
        campaign,
        stage,
        task_label,
        {{ sorted_list('p50_total_wall_time_s') }} as all_p50_total_wall_time_s
    from medians
    group by campaign, stage, task_label
    having count(*) > 1

),

compared as (

    select
        placed.campaign,
        placed.stage,
        placed.node_name,
        {{ total_count('placed.quanta_count') }} as compared_quanta_count,
        count(*) as compared_task_count,
        {{ exact_total('placed.quanta_count * placed.p50_total_wall_time_s') }} as typical_wall_time_s,
        {{ exact_total(
            'placed.quanta_count * '
            ~ median_of_others('lists.all_p50_total_wall_time_s', 'placed.place', 'placed.node_count')
        ) }} as typical_elsewhere_wall_time_s
    from placed
    inner join lists using (campaign, stage, task_label)
    group by placed.campaign, placed.stage, placed.node_name

),

final as (

    select
        counted.campaign,
        counted.stage,
        counted.node_name,
        counted.quanta_count,
        counted.attempted_count,
        counted.failed_count,
        {{ share('counted.failed_count', 'counted.attempted_count') }} as failed_fraction,
        {{ hours('counted.total_wall_time_s') }} as total_wall_time_h,
        counted.max_max_rss_bytes,
        coalesce(compared.compared_task_count, 0) as compared_task_count,
        coalesce(compared.compared_quanta_count, 0) as compared_quanta_count,
        {{ hours('compared.typical_wall_time_s') }} as typical_wall_time_h,
        {{ hours('compared.typical_elsewhere_wall_time_s') }} as typical_elsewhere_wall_time_h,
        {{ share(
            'compared.typical_wall_time_s - compared.typical_elsewhere_wall_time_s',
            'compared.typical_elsewhere_wall_time_s'
        ) }} as slowdown_fraction,
        tested.slow_discovery_fraction,
        coalesce(
            tested.slow_discovery_fraction < {{ var('slow_node_discovery_fraction') }}
            and compared.compared_quanta_count >= {{ var('least_own_peaks') }}
            and compared.typical_wall_time_s
            > compared.typical_elsewhere_wall_time_s * (1 + {{ var('slow_node_fraction') }}),
            false
        ) as is_slow
    from counted
    left join compared using (campaign, stage, node_name)
    left join {{ ref('int_nodes_tested') }} as tested using (campaign, node_name)

)

select * from final
