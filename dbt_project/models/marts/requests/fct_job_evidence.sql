select * from {{ ref('int_job_evidence') }}
