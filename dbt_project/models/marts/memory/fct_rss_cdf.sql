{%- set steps = var('curve_step_count') -%}

-- At most 1,000 points of both cumulative curves: some where quanta lie, some where wall time lies, since few quanta
-- at the top can hold much of the time.
with

chosen_bins as (

    select * from {{ ref('int_rss_bins_chosen') }}

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
    inner join chosen_bins using (campaign, stage, bin)

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
        or floor(cumulative_quanta_fraction * {{ steps }}) > floor(previous_quanta_fraction * {{ steps }})
        or floor(cumulative_wall_time_fraction * ({{ steps }} - 1))
        > floor(previous_wall_time_fraction * ({{ steps }} - 1))

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
