-- Promise: a RUN whose graph is known holds no quantum beyond that graph.
-- Harm: the graph is not the whole one (a second submission into the same RUN), so what it lacks cannot be missed; or a
-- row came in twice under two data IDs.
-- Limits: RUNs without a known graph are not checked. Declared stages pass. Published all the same.
{{ config(tags=['completeness']) }}

select
    campaign,
    stage,
    task_label,
    unexpected_count
from {{ ref('fct_task_completeness') }}
where
    unexpected_count > 0
    and incomplete_reason is null
