-- Begins and ends of quanta by the second in which they begin, so that no window sorts single quanta.
select
    campaign,
    stage,
    {{ whole_quotient(microseconds('prep_at'), 1000000) }} as begin_second,
    min(prep_at) as first_started_at,
    max(ended_at) as last_ended_at
from {{ ref('fct_quanta') }}
where
    prep_at is not null
    and ended_at is not null
group by campaign, stage, begin_second
