{{ config(materialized='view') }}

select * from {{ ref('int_attempts_simulated') }}
