-- What fails, and with which exception? Failures that a later attempt or RUN mended stand beside those that were not.
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
    count(*) filter (where not is_result) as mended_count,
    max({{ gib('max_rss_bytes') }}) as max_rss_gib
from failures
group by campaign, stage, task_label, exception_name
order by standing_count desc, mended_count desc, campaign asc, stage asc, task_label asc, exception_type asc
