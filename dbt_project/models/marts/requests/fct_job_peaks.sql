select * from {{ ref('int_job_peaks') }}
