-- Promise: where a campaign of the published note is in the lake, our tables and its tables agree to the last digit.
-- Harm: readers who compare the note with this report trust neither.
-- Limits: a warning only. The note has faults of its own, and a campaign that was extended since differs rightly.
{{ config(severity='warn') }}

select
    campaign,
    stage,
    task_label,
    statistic,
    note_max_rss_gib,
    our_max_rss_gib
from {{ ref('fct_note_tasks') }}
where not is_match

union all

select
    campaign,
    stage,
    'all tasks' as task_label,
    'totals' as statistic,
    null as note_max_rss_gib,
    null as our_max_rss_gib
from {{ ref('fct_note_stages') }}
where not is_match
