-- Verdicts on tasks with matched quanta. Memory is judged only by own peaks: an inherited peak is of another task.

with

measured as (

    select * from {{ ref('int_changes_measured') }}

),

judged as (

    select
        *,
        case
            when
                own_matched_count < {{ var('least_matched_quanta') }}
                or own_cluster_count < {{ var('least_clusters') }}
                then 'cannot_tell'
            else {{ verdict_of([
                ('low_paired_max_rss_change_fraction', 'high_paired_max_rss_change_fraction'),
                ('low_p95_max_rss_change_fraction', 'high_p95_max_rss_change_fraction'),
            ], is_worse='coalesce(has_more_over, false)', is_better='coalesce(has_fewer_over, false)') }}
        end as max_rss_verdict,
        case
            when
                matched_count < {{ var('least_matched_quanta') }}
                or cluster_count < {{ var('least_clusters') }}
                then 'cannot_tell'
            else {{ verdict_of([('low_paired_wall_time_change_fraction', 'high_paired_wall_time_change_fraction')]) }}
        end as wall_time_verdict
    from measured

),

-- The largest change among those that gave the verdict worse. For p95 it is over own peaks, like its interval. For
-- pairs that went over the line it is the mean.
regressed as (

    select
        *,
        case
            when max_rss_verdict = 'worse' then greatest(
                case
                    when low_paired_max_rss_change_fraction > {{ var('change_tolerance_fraction') }}
                        then paired_max_rss_change_fraction
                end,
                case
                    when low_p95_max_rss_change_fraction > {{ var('change_tolerance_fraction') }}
                        then own_p95_max_rss_change_fraction
                end,
                case when has_more_over then newly_over_max_rss_change_fraction end
            )
        end as max_rss_regression_fraction,
        case when wall_time_verdict = 'worse' then paired_wall_time_change_fraction end
            as wall_time_regression_fraction
    from judged

),

final as (

    select
        *,
        case
            when 'worse' in (max_rss_verdict, wall_time_verdict) then 'worse'
            when 'better' in (max_rss_verdict, wall_time_verdict) then 'better'
            when max_rss_verdict = 'same' and wall_time_verdict = 'same' then 'same'
            else 'cannot_tell'
        end as verdict,
        greatest(max_rss_regression_fraction, wall_time_regression_fraction) as regression_fraction
    from regressed

)

select * from final
