select *
from {{ ref('int_choices_priced') }}
where stage is not null
