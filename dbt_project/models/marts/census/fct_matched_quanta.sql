-- The same task with the same data ID in two campaigns of the file: each with the focus and with its predecessor.
with

pairs as (

    select * from {{ ref('dim_campaign_pairs') }}

),

matched as (

    select
        pairs.before_campaign,
        pairs.after_campaign,
        earlier.stage,
        earlier.task_label,
        earlier.data_id,
        -- Quanta of one visit share sky, weather and night, those of one tract its depth.
        case
            when earlier.visit is not null then 'visit'
            when earlier.exposure is not null then 'exposure'
            when earlier.tract is not null then 'tract'
            when earlier.day_obs is not null then 'night'
            else 'quantum'
        end as cluster_kind,
        coalesce(earlier.visit, earlier.exposure, earlier.tract, earlier.day_obs) as cluster_value,
        earlier.max_rss_bytes as before_max_rss_bytes,
        later.max_rss_bytes as after_max_rss_bytes,
        earlier.total_wall_time_s as before_total_wall_time_s,
        later.total_wall_time_s as after_total_wall_time_s,
        earlier.total_cpu_time_s as before_total_cpu_time_s,
        later.total_cpu_time_s as after_total_cpu_time_s,
        coalesce(not earlier.is_peak_inherited and not later.is_peak_inherited, false) as has_own_peaks
    from pairs
    inner join {{ ref('fct_quanta') }} as earlier
        on pairs.before_campaign = earlier.campaign
    inner join {{ ref('fct_quanta') }} as later
        on pairs.after_campaign = later.campaign
        and earlier.stage = later.stage
        and earlier.task_label = later.task_label
        and earlier.data_id = later.data_id
    where
        earlier.is_measured
        and later.is_measured

),

final as (

    select
        before_campaign,
        after_campaign,
        stage,
        task_label,
        data_id,
        cluster_kind,
        coalesce({{ as_text('cluster_value') }}, data_id) as cluster_name,
        before_max_rss_bytes,
        after_max_rss_bytes,
        before_total_wall_time_s,
        after_total_wall_time_s,
        before_total_cpu_time_s,
        after_total_cpu_time_s,
        has_own_peaks
    from matched

)

select * from final
