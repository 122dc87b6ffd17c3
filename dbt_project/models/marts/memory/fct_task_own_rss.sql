-- What a task itself would reach, estimated from own peaks (exact) and inherited ones (only an upper bound): the
-- product-limit estimator of Kaplan and Meier, run downwards since the censoring is from the left.
with

-- Whole MiB, as requests are: millions of peaks become some thousand values.
counted as (

    select
        campaign,
        stage,
        task_label,
        cast(ceil(max_rss_bytes / 1048576) as bigint) as peak_mib,
        count(*) filter (where not is_peak_inherited) as own_count,
        count(*) as value_count
    from {{ ref('fct_quanta') }}
    where
        is_measured
        and is_peak_inherited is not null
    group by campaign, stage, task_label, peak_mib

),

bounded as (

    select
        campaign,
        stage,
        task_label,
        peak_mib,
        own_count,
        cast(sum(value_count) over upward as bigint) as at_most_count,
        cast(sum(own_count) over upward as bigint) as own_peak_count
    from counted
    window upward as (
        partition by campaign, stage, task_label
        order by peak_mib asc
        rows between unbounded preceding and current row
    )

),

-- Share that needs exactly this value, of those that are known to need at most it. None needs more than the last value.
shared as (

    select
        *,
        {{ share('own_count', 'at_most_count') }} as own_fraction,
        case when own_count < at_most_count then ln(1 - {{ share('own_count', 'at_most_count') }}) end as log_factor
    from bounded
    where own_count > 0

),

multiplied as (

    select
        *,
        exp(
            coalesce(
                sum(log_factor) over (
                    partition by campaign, stage, task_label
                    order by peak_mib desc
                    rows between unbounded preceding and 1 preceding
                ),
                0
            )
        ) as at_most_fraction
    from shared

),

-- A product of many factors is exact to about 14 digits.
rounded as (

    select
        *,
        round(at_most_fraction, 12) as estimated_quanta_fraction,
        round(at_most_fraction * (1 - own_fraction), 12) as below_quanta_fraction
    from multiplied

),

chosen as (

    select
        *,
        min(peak_mib) over (partition by campaign, stage, task_label) as first_peak_mib
    from rounded

),

final as (

    select
        campaign,
        stage,
        task_label,
        cast(row_number() over (partition by campaign, stage, task_label order by peak_mib asc) as integer) as point,
        peak_mib * 1048576 as max_rss_bytes,
        peak_mib / cast(1024 as double) as max_rss_gib,
        own_peak_count,
        estimated_quanta_fraction,
        below_quanta_fraction
    from chosen
    where
        peak_mib = first_peak_mib
        or floor(estimated_quanta_fraction * 200) > floor(below_quanta_fraction * 200)

)

select * from final
