select * from {{ ref('int_change_intervals') }}
