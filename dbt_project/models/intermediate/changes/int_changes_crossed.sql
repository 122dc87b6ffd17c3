-- Matched quanta whose own peak went over the line, or came back under it, by more than the tolerance. McNemar's exact
-- test says whether more went one way. It counts visits (tracts, nights) in which more quanta went one way, because the
-- quanta of one visit are not independent. It detects a tail that moves while the median stays.
with

matched as (

    select * from {{ ref('fct_matched_quanta') }}
    where
        has_own_peaks
        and before_max_rss_bytes > 0
        and after_max_rss_bytes > 0

),

campaigns as (

    select
        campaign,
        threshold_gib * {{ gib_bytes() }} as line_bytes
    from {{ ref('dim_campaigns') }}

),

compared as (

    select
        matched.before_campaign,
        matched.after_campaign,
        matched.stage,
        matched.task_label,
        matched.cluster_name,
        cast(matched.after_max_rss_bytes as double) / matched.before_max_rss_bytes as ratio,
        matched.before_max_rss_bytes > campaigns.line_bytes as was_over,
        matched.after_max_rss_bytes > campaigns.line_bytes as is_over
    from matched
    inner join campaigns on matched.after_campaign = campaigns.campaign

),

clustered as (

    {%- set tolerance = var('change_tolerance_fraction') %}

    select
        before_campaign,
        after_campaign,
        stage,
        task_label,
        cluster_name,
        count(*) filter (where is_over and not was_over and ratio > 1 + {{ tolerance }}) as over_count,
        count(*) filter (where was_over and not is_over and ratio < 1 - {{ tolerance }}) as under_count,
        sum(ln(ratio)) filter (where is_over and not was_over and ratio > 1 + {{ tolerance }}) as newly_over_log_sum
    from compared
    group by before_campaign, after_campaign, stage, task_label, cluster_name

),

counted as (

    select
        before_campaign,
        after_campaign,
        stage,
        task_label,
        {{ total_count('over_count') }} as newly_over_count,
        {{ total_count('under_count') }} as no_longer_over_count,
        count(*) filter (where over_count > under_count) as newly_over_cluster_count,
        count(*) filter (where over_count < under_count) as no_longer_over_cluster_count,
        -- A sum of doubles depends on the order. The mean is rounded, so that it is the same in every build.
        round(exp(sum(newly_over_log_sum) / nullif(sum(over_count), 0)) - 1, 9) as newly_over_max_rss_change_fraction
    from clustered
    group by before_campaign, after_campaign, stage, task_label

),

tested as (

    select
        *,
        {{ fair_coin_chance('newly_over_cluster_count', 'no_longer_over_cluster_count') }} as crossing_chance_fraction
    from counted

),

final as (

    select
        *,
        crossing_chance_fraction < {{ var('least_chance_fraction') }}
        and newly_over_cluster_count > no_longer_over_cluster_count as has_more_over,
        crossing_chance_fraction < {{ var('least_chance_fraction') }}
        and newly_over_cluster_count < no_longer_over_cluster_count as has_fewer_over
    from tested

)

select * from final
