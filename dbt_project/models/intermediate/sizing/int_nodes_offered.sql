-- Nodes that could be bought: those of the campaigns file, and their cores with the memory of each threshold per core.
with

nodes as (

    select
        *,
        memory_gib / cores_count as memory_per_core_gib
    from {{ ref('int_nodes_listed') }}

),

campaigns as (

    select * from {{ ref('stg_lake__campaigns') }}

),

thresholds as (

    select
        campaign,
        threshold_gib
    from campaigns

    union

    select
        campaign,
        {{ unnested('thresholds_gib') }} as threshold_gib
    from campaigns

),

offered as (

    select
        campaign,
        node_type,
        cores_count,
        memory_per_core_gib
    from nodes

    union all

    select
        nodes.campaign,
        {{ as_text('null') }} as node_type,
        nodes.cores_count,
        cast(thresholds.threshold_gib as double) as memory_per_core_gib
    from nodes
    inner join thresholds using (campaign)

),

final as (

    select
        campaign,
        cores_count,
        memory_per_core_gib,
        min(node_type) as node_type,
        cast(floor(cores_count * memory_per_core_gib * {{ gib_bytes() }}) as bigint) as memory_bytes
    from offered
    group by campaign, cores_count, memory_per_core_gib

)

select * from final
