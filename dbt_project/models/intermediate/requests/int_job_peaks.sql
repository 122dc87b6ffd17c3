-- Peaks in whole MiB, the unit of requests: every policy and back-test is computed exactly on these few rows.
{{ config(materialized='table') }}

with

samples as (

    select
        *,
        {{ mib_up('peak_rss_bytes') }} as peak_mib
    from {{ ref('fct_job_samples') }}

),

final as (

    select
        campaign,
        job_kind,
        job_label,
        peak_mib,
        count(*) as slot_count,
        count(*) filter (where is_peak_own) as own_peak_count,
        cast(sum(occupied_wall_time_s) as decimal(38, 6)) as occupied_wall_time_s,
        -- Each product is rounded to a decimal, because sums of decimals do not depend on the order.
        cast(
            sum(cast({{ gib('peak_rss_bytes') }} * cast(occupied_wall_time_s as double) as decimal(18, 6)))
            as decimal(38, 6)
        ) as used_gib_s
    from samples
    group by campaign, job_kind, job_label, peak_mib

)

select * from final
