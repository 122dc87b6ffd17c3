-- Most peaks are not a point of a cumulative curve. Bins of 256 KiB show which peaks may be, and only the values of
-- these bins are examined one by one.
{{ config(materialized='table') }}

with

binned as (

    select
        campaign,
        stage,
        floor(max_rss_bytes / 262144) as bin,
        count(*) as bin_quanta_count,
        coalesce(sum(total_wall_time_s), 0) as bin_wall_time_s
    from {{ ref('fct_quanta') }}
    where is_measured
    group by campaign, stage, bin

),

cumulated_bins as (

    select
        campaign,
        stage,
        bin,
        cast(sum(bin_quanta_count) over upward as bigint) - bin_quanta_count as below_quanta_count,
        cast(sum(bin_quanta_count) over upward as bigint) as upper_quanta_count,
        cast(sum(bin_quanta_count) over everything as bigint) as all_quanta_count,
        (sum(bin_wall_time_s) over upward) - bin_wall_time_s as below_wall_time_s,
        sum(bin_wall_time_s) over upward as upper_wall_time_s,
        sum(bin_wall_time_s) over everything as all_wall_time_s
    from binned
    window
        upward as (
            partition by campaign, stage
            order by bin asc
            rows between unbounded preceding and current row
        ),
        everything as (partition by campaign, stage)

),

final as (

    select *
    from cumulated_bins
    where
        below_quanta_count = 0
        or floor({{ share('upper_quanta_count', 'all_quanta_count') }} * {{ var('curve_step_count') }})
        > floor({{ share('below_quanta_count', 'all_quanta_count') }} * {{ var('curve_step_count') }})
        or floor({{ share('upper_wall_time_s', 'all_wall_time_s') }} * ({{ var('curve_step_count') }} - 1))
        > floor({{ share('below_wall_time_s', 'all_wall_time_s') }} * ({{ var('curve_step_count') }} - 1))

)

select * from final
