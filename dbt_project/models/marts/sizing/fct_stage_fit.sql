with

stages as (

    select * from {{ ref('int_stages_listed') }}

),

line as (

    select * from {{ ref('int_stages_at_line') }}

),

measured as (

    select
        campaign,
        stage,
        {{ total_count('quanta_count') }} as quanta_count,
        {{ total_count('over_threshold_count') }} as over_threshold_count
    from {{ ref('fct_task_usage') }}
    group by campaign, stage

),

completeness as (

    select
        campaign,
        stage,
        {{ total_count('gap_count') }} as gap_count,
        -- What failed, was blocked or aborted might have needed most.
        sum(
            successful_count + failed_count + blocked_count + aborted_count + missing_count + unknown_count
            + unreadable_count
        ) as worked_count,
        count(*) filter (where verdict = 'unverified') as unverified_task_count
    from {{ ref('fct_task_completeness') }}
    group by campaign, stage

),

joined as (

    select
        stages.campaign,
        stages.stage,
        coalesce(measured.quanta_count, 0) as quanta_count,
        coalesce(completeness.gap_count, 0) as gap_count,
        coalesce(completeness.unverified_task_count, 0) + stages.promised_run_count > 0 as is_unverified,
        {{ share('measured.quanta_count', 'completeness.worked_count') }} as evidence_fraction,
        line.most_cores_count as cores_count,
        line.unfit_quanta_count,
        coalesce(line.widened_slot_count, 0) as widened_slot_count,
        coalesce(line.idle_core_h, 0) as idle_core_h,
        line.overhead_fraction,
        -- Jobs that took no time have no core-hours, so their number is used.
        coalesce(
            line.overhead_fraction, {{ share('line.widened_slot_count', 'line.slot_count') }},
            {{ share('measured.over_threshold_count', 'measured.quanta_count') }}
        ) as lost_fraction
    from stages
    left join line using (campaign, stage)
    left join measured using (campaign, stage)
    left join completeness using (campaign, stage)

),

-- The most important condition comes first: the reason is the first one that keeps the stage from fitting.
reasoned as (

    select
        *,
        case
            when quanta_count = 0 then 'nothing_measured'
            when evidence_fraction < {{ var('least_evidence_fraction') }} then 'few_measured'
            when lost_fraction > {{ var('some_lost_fraction') }} then 'many_core_hours'
            when unfit_quanta_count > 0 then 'unfit_jobs'
            when lost_fraction > {{ var('few_lost_fraction') }} then 'some_core_hours'
            when widened_slot_count > 0 then 'few_core_hours'
            when gap_count > 0 then 'gaps'
            when is_unverified then 'unverified'
            else 'all_fit'
        end as fit_reason
    from joined

),

final as (

    select
        campaign,
        stage,
        case
            when fit_reason = 'nothing_measured' then 'no_data'
            when fit_reason = 'few_measured' then 'not_enough_evidence'
            when fit_reason = 'many_core_hours' then 'does_not_fit'
            when fit_reason in ('unfit_jobs', 'some_core_hours') then 'mostly_fits'
            when fit_reason in ('few_core_hours', 'gaps') then 'nearly_fits'
            when fit_reason = 'unverified' then 'fits_as_measured'
            else 'fits'
        end as fit_verdict,
        fit_reason,
        evidence_fraction,
        cores_count,
        unfit_quanta_count,
        widened_slot_count,
        idle_core_h,
        overhead_fraction,
        lost_fraction
    from reasoned

)

select * from final
