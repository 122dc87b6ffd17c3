-- Node types of the campaigns file.
with

campaigns as (

    select
        campaign,
        {{ unnested('nodes') }} as node
    from {{ ref('stg_lake__campaigns') }}

),

final as (

    select
        campaign,
        {{ field('node', 'name') }} as node_type,
        cast({{ field('node', 'cores') }} as bigint) as cores_count,
        {{ field('node', 'memory_gib') }} as memory_gib
    from campaigns

)

select * from final
