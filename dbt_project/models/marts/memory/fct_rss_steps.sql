with

quanta as (

    select * from {{ ref('fct_quanta') }}
    where is_measured

),

-- One row per quantum, with the step that holds it.
stepped as (

    select
        campaign,
        stage,
        task_label,
        band,
        target_name,
        total_wall_time_s,
        coalesce(is_peak_inherited, false) as is_peak_inherited,
        {{ rss_step_gib(gib('max_rss_bytes')) }} as step_gib
    from quanta

),

target_sizes as (

    select
        campaign,
        target_name,
        count(*) as quanta_count
    from stepped
    where target_name is not null
    group by campaign, target_name

),

targets as (

    select
        campaign,
        target_name,
        cast(
            row_number() over (partition by campaign order by quanta_count desc, target_name asc) as integer
        ) as target_rank
    from target_sizes

),

-- A survey night has hundreds of targets: those beyond the largest few are one, so that the mart stays small.
named as (

    select
        stepped.campaign,
        stepped.stage,
        stepped.task_label,
        stepped.band,
        stepped.step_gib,
        stepped.is_peak_inherited,
        stepped.total_wall_time_s,
        case
            when targets.target_rank <= {{ var('named_field_count') }} then targets.target_name
            when targets.target_rank is not null then 'other fields'
        end as field_label,
        least(targets.target_rank, {{ var('named_field_count') }} + 1) as field_rank
    from stepped
    left join targets using (campaign, target_name)

),

counted as (

    select
        campaign,
        stage,
        task_label,
        band,
        field_label,
        cast(field_rank as integer) as field_rank,
        cast(step_gib as double) as step_gib,
        count(*) as quanta_count,
        {{ total_count('cast(is_peak_inherited as integer)') }} as inherited_peak_count,
        cast(coalesce(sum(total_wall_time_s), 0) as decimal(38, 6)) as total_wall_time_s
    from named
    group by campaign, stage, task_label, band, field_label, field_rank, step_gib

),

final as (

    select
        *,
        {{ hours('total_wall_time_s') }} as total_wall_time_h
    from counted

)

select * from final
