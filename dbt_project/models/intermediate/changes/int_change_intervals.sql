-- Order statistics of matched quanta and the ranks around them: 99.9 % for the median of the paired ratios and for each
-- side of p95, by the spread between visits (tracts, nights). The confidence is high because a hundred tasks are judged
-- at once, and none of them may be worse by chance.
{{ config(materialized='table') }}

with

ranked as (

    select
        binned.*,
        spread.quantile_fraction as fraction,
        {{ student_quantile('greatest(spread.group_count - 1, 1)') }} * spread.rank_error as reach
    from {{ ref('int_changes_binned') }} as binned
    inner join {{ ref('int_changes_spread') }} as spread
        using (before_campaign, after_campaign, stage, task_label, measure)
    where
        spread.quantile_fraction
        = case when binned.measure in ('before_max_rss', 'after_max_rss') then 0.95 else 0.5 end

),

final as (

    select
        before_campaign,
        after_campaign,
        stage,
        task_label,
        measure,
        cast(max(all_count) as bigint) as quanta_count,
        exp(min(log_bin) filter (where last_rank >= all_count * fraction) / 1000.0) as estimate,
        case
            when {{ rank_below('max(all_count)', 'max(fraction)', 'max(reach)') }} >= 1
                then exp(
                    min(log_bin) filter (where last_rank >= {{ rank_below('all_count', 'fraction', 'reach') }}) / 1000.0
                )
        end as low,
        case
            when {{ rank_above('max(all_count)', 'max(fraction)', 'max(reach)') }} <= max(all_count)
                then exp(
                    min(log_bin) filter (where last_rank >= {{ rank_above('all_count', 'fraction', 'reach') }}) / 1000.0
                )
        end as high
    from ranked
    group by before_campaign, after_campaign, stage, task_label, measure

)

select * from final
