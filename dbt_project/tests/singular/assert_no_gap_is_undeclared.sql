-- Promise: every quantum that a graph expected is accounted for, in every stage of the campaigns file.
-- Harm: statistics of a stage that lost its metrics look better than the campaign was, because small quanta survive.
-- Limits: where no graph is known nothing is expected, and the stage is unverified, which passes. Failures with a
-- known cause are no gap. The warehouse is published all the same (tag completeness), so that the gap can be queried.
{{ config(tags=['completeness']) }}

select
    campaign,
    stage,
    expected_count,
    gap_count,
    is_empty
from {{ ref('fct_stage_usage') }}
where completeness_verdict = 'incomplete'
