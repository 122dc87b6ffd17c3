-- Promise: verdicts and single-campaign figures know their campaign, the first that has a label.
-- Harm: with none they are empty, with two they mix releases.
-- Limits: the campaigns file is checked for it by extraction; this guards a lake of several files.
{{ config(tags=['all_campaigns']) }}

select count(*) as focus_count
from {{ ref('dim_campaigns') }}
where is_focus
having count(*) != 1
