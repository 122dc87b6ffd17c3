-- Parts of a stage's time that are drawn: the longest times in which nothing runs lie between them.
{{ config(materialized='table') }}

with

followed as (

    select
        *,
        max(last_ended_at) over (
            partition by campaign, stage
            order by begin_second
            rows between unbounded preceding and 1 preceding
        ) as busy_until
    from {{ ref('int_begins_grouped') }}

),

-- There is no idle time before a quantum that begins while others run.
preceded as (

    select
        *,
        case
            when first_started_at > busy_until
                then {{ seconds_between('busy_until', 'first_started_at') }}
            else 0
        end as idle_wall_time_s
    from followed

),

-- What is left of the axis when all idle times up to this one, the longest first, are left out.
ranked as (

    select
        *,
        row_number() over longest_first as idle_rank,
        {{ seconds_between(
            'min(first_started_at) over (partition by campaign, stage)',
            'max(last_ended_at) over (partition by campaign, stage)'
        ) }} - sum(idle_wall_time_s) over longest_first as left_wall_time_s
    from preceded
    window longest_first as (
        partition by campaign, stage
        order by idle_wall_time_s desc, begin_second asc
        rows between unbounded preceding and current row
    )

),

cut as (

    select
        *,
        idle_rank <= max(
            case
                when
                    idle_rank < {{ var('most_time_spells') }}
                    and idle_wall_time_s > {{ var('least_idle_fraction') }} * left_wall_time_s
                    then idle_rank
            end
        ) over (partition by campaign, stage) as is_after_break
    from ranked

),

numbered as (

    select
        *,
        -- Not a count with a filter: DuckDB 2.0.0 computes such a window again for each row.
        cast(sum(case when is_after_break then 1 else 0 end) over (
            partition by campaign, stage
            order by begin_second
            rows between unbounded preceding and current row
        ) as integer) as spell_position
    from cut

),

final as (

    select
        campaign,
        stage,
        spell_position,
        min(first_started_at) as started_at,
        max(last_ended_at) as ended_at,
        coalesce(max(idle_wall_time_s) filter (where is_after_break), 0) as idle_before_wall_time_s
    from numbered
    group by campaign, stage, spell_position

)

select * from final
