-- What fails, and with which exception? Failures of quanta that were tried again stand beside the results.
with

failures as (

    select
        *,
        coalesce(exception_type, case when is_lost then 'left nothing' else 'not recorded' end) as exception_name
    from {{ ref('fct_attempts') }}
    where status = 'failed'

)

select
    campaign,
    stage,
    task_label,
    exception_name as exception_type,
    count(*) filter (where is_result) as standing_count,
    count(*) filter (where not is_result) as redone_count,
    max({{ gib('max_rss_bytes') }}) as max_rss_gib
from failures
group by campaign, stage, task_label, exception_name
order by standing_count desc, redone_count desc, campaign asc, stage asc, task_label asc, exception_type asc
