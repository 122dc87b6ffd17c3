select * from {{ ref('int_time_bins') }}
