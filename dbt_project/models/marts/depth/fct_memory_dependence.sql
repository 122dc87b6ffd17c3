-- Does a task need more memory where more visits overlap?
with

places as (

    select * from {{ ref('int_places_visited') }}

),

-- Only own peaks have a value: an inherited one depends on another task's input.
points as (

    select
        quanta.campaign,
        quanta.stage,
        quanta.task_label,
        places.visit_count,
        case when not quanta.is_peak_inherited then {{ gib('quanta.max_rss_bytes') }} end as max_rss_gib
    from {{ ref('fct_quanta') }} as quanta
    inner join places
        on quanta.campaign = places.campaign
        and quanta.skymap = places.skymap
        and quanta.tract = places.tract
        and quanta.patch is not distinct from places.patch
        and quanta.band is not distinct from places.band
        and (quanta.patch is null) = places.is_whole_tract
        and (quanta.band is null) = places.has_every_band
    where
        quanta.is_measured
        and quanta.visit is null

),

fitted as (

    select
        campaign,
        stage,
        task_label,
        count(max_rss_gib) as quanta_count,
        {{ share('count(max_rss_gib)', 'count(*)') }} as own_peak_fraction,
        min(visit_count) filter (where max_rss_gib is not null) as min_visit_count,
        avg(visit_count) filter (where max_rss_gib is not null) as mean_visit_count,
        max(visit_count) filter (where max_rss_gib is not null) as max_visit_count,
        regr_slope(max_rss_gib, visit_count) as slope,
        regr_intercept(max_rss_gib, visit_count) as intercept,
        regr_r2(max_rss_gib, visit_count) as explained,
        regr_sxx(max_rss_gib, visit_count) as spread,
        regr_syy(max_rss_gib, visit_count) as variation
    from points
    group by campaign, stage, task_label
    having
        count(max_rss_gib) >= {{ var('least_own_peaks') }}
        and count(distinct case when max_rss_gib is not null then visit_count end) > 2

),

-- Student's t for 99.9 %, since a hundred tasks are judged, times the error of the line: of its slope, and of its
-- height at twice the most visits.
bounded as (

    select
        *,
        2 * max_visit_count as twice_visit_count,
        {{ student_quantile('quanta_count - 2') }}
        * sqrt(greatest(variation - slope * slope * spread, 0) / (quanta_count - 2)) as unexplained
    from fitted

),

-- Quanta with little memory inherit their peak. If many do, a line through the others is too flat or too steep.
judged as (

    select
        *,
        own_peak_fraction >= {{ var('least_own_peak_fraction') }} as is_whole,
        slope - unexplained / sqrt(spread) as low_slope,
        slope + unexplained / sqrt(spread) as high_slope,
        intercept + slope * twice_visit_count as height,
        unexplained
        * sqrt(1.0 / quanta_count + power(twice_visit_count - mean_visit_count, 2) / spread) as height_margin
    from bounded

),

final as (

    select
        campaign,
        stage,
        task_label,
        case
            when is_whole and low_slope > 0 then 'grows'
            when is_whole and high_slope < 0 then 'shrinks'
            else 'cannot_tell'
        end as dependence_verdict,
        quanta_count,
        own_peak_fraction,
        min_visit_count,
        round(mean_visit_count, 6) as mean_visit_count,
        max_visit_count,
        round(intercept, 6) as intercept_gib,
        round(slope * 1024, 6) as per_visit_mib,
        round(low_slope * 1024, 6) as low_per_visit_mib,
        round(high_slope * 1024, 6) as high_per_visit_mib,
        round(explained, 6) as explained_fraction,
        round(intercept + slope * min_visit_count, 6) as shallowest_gib,
        round(intercept + slope * max_visit_count, 6) as deepest_gib,
        case when is_whole and low_slope > 0 then round(height, 6) end as twice_as_deep_gib,
        case when is_whole and low_slope > 0 then round(height - height_margin, 6) end as low_twice_as_deep_gib,
        case when is_whole and low_slope > 0 then round(height + height_margin, 6) end as high_twice_as_deep_gib,
        is_whole and low_slope > 0 as is_growing
    from judged

)

select * from final
