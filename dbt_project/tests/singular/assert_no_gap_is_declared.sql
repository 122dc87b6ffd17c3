-- Promise: a declared gap stays visible in every build.
-- Harm: a reason that was written once would hide what is lost later.
-- Limits: a warning only; its size is not compared with what was declared, since the campaigns file gives none.
{{ config(tags=['completeness'], severity='warn') }}

select
    campaign,
    stage,
    incomplete_reason,
    expected_count,
    gap_count
from {{ ref('fct_stage_usage') }}
where completeness_verdict = 'declared'
