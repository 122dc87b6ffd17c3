with

earlier as (

    select * from {{ ref('stg_history__verdicts') }}

),

current_usage as (

    select * from {{ ref('fct_stage_usage') }}

),

verdicts as (

    select * from earlier

    union all

    select
        campaign,
        stage,
        release,
        completeness_verdict,
        quanta_count,
        gap_count,
        over_threshold_wall_time_fraction,
        p95_max_rss_bytes,
        {{ publication_instant() }} as published_at
    from current_usage

),

-- The publication before, of the same stage: a stage that is new has none.
compared as (

    select
        *,
        lag(completeness_verdict) over stage_history as previous_completeness_verdict,
        lag(quanta_count) over stage_history as previous_quanta_count,
        lag(gap_count) over stage_history as previous_gap_count,
        lag(over_threshold_wall_time_fraction) over stage_history
            as previous_over_threshold_wall_time_fraction,
        lag(p95_max_rss_bytes) over stage_history as previous_p95_max_rss_bytes,
        row_number() over stage_history = 1 as is_first,
        max(published_at) over () as latest_at
    from verdicts
    window stage_history as (partition by campaign, stage order by published_at)

),

final as (

    select
        campaign,
        stage,
        release,
        completeness_verdict,
        previous_completeness_verdict,
        quanta_count,
        previous_quanta_count,
        gap_count,
        previous_gap_count,
        over_threshold_wall_time_fraction,
        previous_over_threshold_wall_time_fraction,
        p95_max_rss_bytes,
        previous_p95_max_rss_bytes,
        is_first,
        not is_first and (
            completeness_verdict != previous_completeness_verdict
            or quanta_count != previous_quanta_count
            or gap_count != previous_gap_count
            or over_threshold_wall_time_fraction
            is distinct from previous_over_threshold_wall_time_fraction
            or p95_max_rss_bytes is distinct from previous_p95_max_rss_bytes
        ) as is_changed,
        published_at = latest_at as is_latest,
        published_at
    from compared

)

select * from final
