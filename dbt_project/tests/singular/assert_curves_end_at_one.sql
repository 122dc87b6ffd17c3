-- Promise: the last point of each cumulative curve is the whole.
-- Harm: a percentile from a curve that ends below 1 is wrong, and a figure does not show it.
-- Limits: stages without wall time have no wall-time curve.
select
    campaign,
    stage,
    max(cumulative_quanta_fraction) as last_quanta_fraction,
    max(cumulative_wall_time_fraction) as last_wall_time_fraction
from {{ ref('fct_rss_cdf') }}
group by campaign, stage
having
    max(cumulative_quanta_fraction) != 1
    or max(cumulative_wall_time_fraction) != 1
