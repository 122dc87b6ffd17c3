-- What did retries, failures and superseded results cost? Hours spent beyond those of the measured results.
select
    campaign,
    stage,
    attempted_count,
    quanta_count,
    superseded_count,
    failed_count,
    spent_wall_time_h,
    total_wall_time_h,
    spent_wall_time_h - total_wall_time_h as beyond_results_wall_time_h,
    {{ share('spent_wall_time_h - total_wall_time_h', 'spent_wall_time_h') }} as beyond_results_fraction
from {{ ref('fct_stage_usage') }}
order by beyond_results_wall_time_h desc, campaign asc, stage asc
