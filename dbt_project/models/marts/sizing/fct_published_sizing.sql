-- What a published table alone says of nodes with 6 GiB per core: every quantum holds one core at least, and one over
-- 6 GiB two. In core-hours this is a lower bound, however many CPUs a task has. A ratio is none: the table does not say
-- how many CPUs the work needs.
with

stages as (

    select * from {{ ref('note_stages') }}

),

sizing as (

    select * from {{ ref('fct_worker_sizing') }}
    where policy = 'exact'

),

summed as (

    select
        campaign,
        coalesce(stage, 'all stages') as stage,
        cast(6 as double) as memory_per_core_gib,
        {{ total_count('quanta_count') }} as quanta_count,
        cast(sum(cast(total_wall_time_h as decimal(18, 6))) as double) as total_wall_time_h,
        cast(sum(cast(over_6_gib_wall_time_h as decimal(18, 6))) as double) as over_6_gib_wall_time_h
    from stages
    group by grouping sets ((campaign, stage), (campaign))

),

final as (

    select
        summed.campaign,
        summed.stage,
        summed.memory_per_core_gib,
        summed.quanta_count,
        summed.total_wall_time_h,
        summed.total_wall_time_h + summed.over_6_gib_wall_time_h as least_charged_core_h,
        sizing.charged_core_h
    from summed
    left join sizing using (campaign, stage, memory_per_core_gib)

)

select * from final
