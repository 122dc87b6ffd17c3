-- Peaks for the bootstrap of a quantile, counted by the group that they are drawn with, in bins of 0.1 %. A resample
-- moves a quantile by a few standard errors of its rank. So values further away than five standard errors are put into
-- the first bin beyond, and only values near the quantile have bins of their own.
with

spread as (

    select
        *,
        {{ student_quantile('greatest(group_count - 1, 1)') }} * rank_error as errors
    from {{ ref('int_changes_spread') }}
    where measure in ('before_max_rss', 'after_max_rss')

),

-- A bootstrap cannot go beyond its sample: if the order statistics are open, its end would be wrong.
windows as (

    select
        ranked.before_campaign,
        ranked.after_campaign,
        ranked.stage,
        ranked.task_label,
        ranked.measure,
        spread.quantile_fraction,
        min(ranked.log_bin) filter (
            where ranked.last_rank
            >= {{ rank_below('ranked.all_count', 'spread.quantile_fraction', '5 * spread.rank_error') }}
        ) - 1 as first_bin,
        min(ranked.log_bin) filter (
            where ranked.last_rank >= least(
                {{ rank_above('ranked.all_count', 'spread.quantile_fraction', '5 * spread.rank_error') }},
                ranked.all_count
            )
        ) + 1 as last_bin
    from {{ ref('int_changes_binned') }} as ranked
    inner join spread using (before_campaign, after_campaign, stage, task_label, measure)
    where
        {{ rank_below('ranked.all_count', 'spread.quantile_fraction', 'spread.errors') }} >= 1
        and {{ rank_above('ranked.all_count', 'spread.quantile_fraction', 'spread.errors') }} <= ranked.all_count
    group by
        ranked.before_campaign,
        ranked.after_campaign,
        ranked.stage,
        ranked.task_label,
        ranked.measure,
        spread.quantile_fraction

),

-- Both campaigns must have bounds, else there is nothing to compare.
bounded as (

    select
        *,
        count(*) over (
            partition by before_campaign, after_campaign, stage, task_label, quantile_fraction
        ) as measure_count
    from windows

),

held as (

    select
        bounded.before_campaign,
        bounded.after_campaign,
        bounded.stage,
        bounded.task_label,
        bounded.quantile_fraction,
        bounded.measure,
        valued.drawn_group,
        least(greatest(valued.log_bin, bounded.first_bin), bounded.last_bin) as held_bin
    from {{ ref('int_changes_valued') }} as valued
    inner join bounded using (before_campaign, after_campaign, stage, task_label, measure)
    where bounded.measure_count = 2

),

final as (

    select
        before_campaign,
        after_campaign,
        stage,
        task_label,
        quantile_fraction,
        measure,
        drawn_group,
        held_bin,
        count(*) as quanta_count
    from held
    group by
        before_campaign, after_campaign, stage, task_label, quantile_fraction, measure, drawn_group, held_bin

)

select * from final
