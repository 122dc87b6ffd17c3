-- At most 1,000 points of both cumulative curves: some where quanta lie, some where wall time lies, since few quanta
-- at the top can hold much of the time.
with

-- Most values are no point: bins of 256 KiB tell which may be, and only their values are looked at one by one.
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
        sum(bin_wall_time_s) over upward - bin_wall_time_s as below_wall_time_s,
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

chosen_bins as (

    select *
    from cumulated_bins
    where
        below_quanta_count = 0
        or floor({{ share('upper_quanta_count', 'all_quanta_count') }} * 500)
        > floor({{ share('below_quanta_count', 'all_quanta_count') }} * 500)
        or floor({{ share('upper_wall_time_s', 'all_wall_time_s') }} * 499)
        > floor({{ share('below_wall_time_s', 'all_wall_time_s') }} * 499)

),

counted as (

    select
        quanta.campaign,
        quanta.stage,
        chosen_bins.bin,
        quanta.max_rss_bytes,
        count(*) as value_quanta_count,
        coalesce(sum(quanta.total_wall_time_s), 0) as value_wall_time_s
    from {{ ref('fct_quanta') }} as quanta
    inner join chosen_bins
        on quanta.campaign = chosen_bins.campaign
        and quanta.stage = chosen_bins.stage
        and floor(quanta.max_rss_bytes / 262144) = chosen_bins.bin
    where quanta.is_measured
    group by quanta.campaign, quanta.stage, chosen_bins.bin, quanta.max_rss_bytes

),

cumulated_values as (

    select
        *,
        cast(sum(value_quanta_count) over upward as bigint) as upper_quanta_count,
        sum(value_wall_time_s) over upward as upper_wall_time_s
    from counted
    window upward as (
        partition by campaign, stage, bin
        order by max_rss_bytes asc
        rows between unbounded preceding and current row
    )

),

cumulated as (

    select
        counted.campaign,
        counted.stage,
        counted.max_rss_bytes,
        counted.value_quanta_count,
        counted.value_wall_time_s,
        chosen_bins.all_quanta_count,
        chosen_bins.all_wall_time_s,
        chosen_bins.below_quanta_count + counted.upper_quanta_count as quanta_count,
        chosen_bins.below_wall_time_s + counted.upper_wall_time_s as cumulative_wall_time_s
    from cumulated_values as counted
    inner join chosen_bins
        on counted.campaign = chosen_bins.campaign
        and counted.stage = chosen_bins.stage
        and counted.bin = chosen_bins.bin

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
