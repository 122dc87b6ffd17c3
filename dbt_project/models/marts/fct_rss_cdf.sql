-- At most 1,000 points of both cumulative curves: some where quanta lie, some where wall time lies, since few quanta
-- at the top can hold much of the time.
with

quanta as (

    select * from {{ ref('fct_quanta') }}
    where is_measured

),

counted as (

    select
        campaign,
        stage,
        max_rss_bytes,
        count(*) as value_quanta_count,
        coalesce(sum(total_wall_time_s), 0) as value_wall_time_s
    from quanta
    group by campaign, stage, max_rss_bytes

),

cumulated as (

    select
        campaign,
        stage,
        max_rss_bytes,
        value_quanta_count,
        value_wall_time_s,
        cast(sum(value_quanta_count) over upward as bigint) as quanta_count,
        sum(value_wall_time_s) over upward as cumulative_wall_time_s,
        cast(sum(value_quanta_count) over everything as bigint) as all_quanta_count,
        sum(value_wall_time_s) over everything as all_wall_time_s
    from counted
    window
        upward as (
            partition by campaign, stage
            order by max_rss_bytes asc
            rows between unbounded preceding and current row
        ),
        everything as (partition by campaign, stage)

),

shared as (

    select
        campaign,
        stage,
        max_rss_bytes,
        quanta_count,
        {{ share('quanta_count', 'all_quanta_count') }} as cumulative_quanta_fraction,
        {{ share('quanta_count - value_quanta_count', 'all_quanta_count') }} as previous_quanta_fraction,
        {{ share('cumulative_wall_time_s', 'all_wall_time_s') }} as cumulative_wall_time_fraction,
        {{ share('cumulative_wall_time_s - value_wall_time_s', 'all_wall_time_s') }} as previous_wall_time_fraction
    from cumulated

),

-- The first value, and each value at which a curve passes the next five hundredth.
chosen as (

    select *
    from shared
    where
        previous_quanta_fraction = 0
        or floor(cumulative_quanta_fraction * 500) > floor(previous_quanta_fraction * 500)
        or floor(cumulative_wall_time_fraction * 499) > floor(previous_wall_time_fraction * 499)

),

final as (

    select
        campaign,
        stage,
        cast(row_number() over (partition by campaign, stage order by max_rss_bytes asc) as integer) as point,
        max_rss_bytes,
        {{ gib('max_rss_bytes') }} as max_rss_gib,
        quanta_count,
        cumulative_quanta_fraction,
        cumulative_wall_time_fraction
    from chosen

)

select * from final
