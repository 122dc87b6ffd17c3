-- Pairs of peaks for the bootstrap of a quantile, counted in cells of both values. A resample moves a quantile by a few
-- standard errors of its rank: values further off than five are held to the first bin beyond, so that of millions of
-- pairs only the neighbourhood of the quantile is in cells of its own.

with

ranked as (

    select * from {{ ref('int_changes_binned') }}
    where measure in ('before_max_rss', 'after_max_rss')

),

fractions as (

    select 0.5 as quantile_fraction

    union all

    select 0.95 as quantile_fraction

),

-- A bootstrap never leaves its sample: where even the order statistics are open, it would only pretend an end.
windows as (

    select
        ranked.before_campaign,
        ranked.after_campaign,
        ranked.stage,
        ranked.task_label,
        ranked.measure,
        fractions.quantile_fraction,
        min(ranked.log_bin) filter (
            where ranked.last_rank >= {{ rank_below('ranked.all_count', 'fractions.quantile_fraction', 5) }}
        ) - 1 as first_bin,
        min(ranked.log_bin) filter (
            where ranked.last_rank
            >= least({{ rank_above('ranked.all_count', 'fractions.quantile_fraction', 5) }}, ranked.all_count)
        ) + 1 as last_bin
    from ranked
    cross join fractions
    where
        {{ rank_below('ranked.all_count', 'fractions.quantile_fraction', var('interval_z')) }} >= 1
        and {{ rank_above('ranked.all_count', 'fractions.quantile_fraction', var('interval_z')) }} <= ranked.all_count
    group by
        ranked.before_campaign,
        ranked.after_campaign,
        ranked.stage,
        ranked.task_label,
        ranked.measure,
        fractions.quantile_fraction

),

paired as (

    select
        before_campaign,
        after_campaign,
        stage,
        task_label,
        quantile_fraction,
        max(first_bin) filter (where measure = 'before_max_rss') as first_before_bin,
        max(last_bin) filter (where measure = 'before_max_rss') as last_before_bin,
        max(first_bin) filter (where measure = 'after_max_rss') as first_after_bin,
        max(last_bin) filter (where measure = 'after_max_rss') as last_after_bin
    from windows
    group by before_campaign, after_campaign, stage, task_label, quantile_fraction

),

held as (

    select
        paired.before_campaign,
        paired.after_campaign,
        paired.stage,
        paired.task_label,
        paired.quantile_fraction,
        least(
            greatest({{ log_bin('matched.before_max_rss_bytes') }}, paired.first_before_bin), paired.last_before_bin
        ) as before_bin,
        least(
            greatest({{ log_bin('matched.after_max_rss_bytes') }}, paired.first_after_bin), paired.last_after_bin
        ) as after_bin
    from {{ ref('fct_matched_quanta') }} as matched
    inner join paired using (before_campaign, after_campaign, stage, task_label)
    where
        matched.has_own_peaks
        and matched.before_max_rss_bytes > 0
        and matched.after_max_rss_bytes > 0

),

final as (

    select
        before_campaign,
        after_campaign,
        stage,
        task_label,
        quantile_fraction,
        before_bin,
        after_bin,
        count(*) as quanta_count
    from held
    group by before_campaign, after_campaign, stage, task_label, quantile_fraction, before_bin, after_bin

)

select * from final
