-- Standard error of the rank of a quantile if whole groups of visits (tracts, nights) are drawn. It follows from the
-- difference, group by group, of the number of quanta at or below the quantile from its share (Woodruff 1952). It is
-- never less than that of independent quanta.
{{ config(materialized='table') }}

with

fractions as (

    select 0.5 as quantile_fraction

    union all

    select 0.95 as quantile_fraction

),

binned as (

    select * from {{ ref('int_changes_binned') }}

),

quantiles as (

    select
        binned.before_campaign,
        binned.after_campaign,
        binned.stage,
        binned.task_label,
        binned.measure,
        fractions.quantile_fraction,
        min(binned.log_bin) filter (where binned.last_rank >= binned.all_count * fractions.quantile_fraction)
            as quantile_bin
    from binned
    cross join fractions
    group by
        binned.before_campaign,
        binned.after_campaign,
        binned.stage,
        binned.task_label,
        binned.measure,
        fractions.quantile_fraction

),

clustered as (

    select
        valued.before_campaign,
        valued.after_campaign,
        valued.stage,
        valued.task_label,
        valued.measure,
        quantiles.quantile_fraction,
        valued.drawn_group,
        count(*) as quanta_count,
        count(*) filter (where valued.log_bin <= quantiles.quantile_bin)
        - count(*) * max(quantiles.quantile_fraction) as excess_count
    from {{ ref('int_changes_valued') }} as valued
    inner join quantiles using (before_campaign, after_campaign, stage, task_label, measure)
    group by
        valued.before_campaign,
        valued.after_campaign,
        valued.stage,
        valued.task_label,
        valued.measure,
        quantiles.quantile_fraction,
        valued.drawn_group

),

final as (

    select
        before_campaign,
        after_campaign,
        stage,
        task_label,
        measure,
        quantile_fraction,
        count(*) as group_count,
        -- A sum of doubles depends on the order. The error is rounded, so that it is the same in every build.
        round(sqrt(greatest(
            sum(quanta_count) * max(quantile_fraction) * (1 - max(quantile_fraction)),
            sum(excess_count * excess_count) * count(*) / greatest(count(*) - 1, 1)
        )), 9) as rank_error
    from clustered
    group by before_campaign, after_campaign, stage, task_label, measure, quantile_fraction

)

select * from final
