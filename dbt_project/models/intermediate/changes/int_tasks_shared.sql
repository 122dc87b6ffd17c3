-- A data ID that names neither an observation nor a place on the sky means the whole campaign. In two campaigns the
-- same data ID then means different inputs.
{{ config(materialized='table') }}

with

counted as (

    select
        stage,
        task_label,
        count(distinct campaign) as campaign_count,
        count(visit) as visit_quanta_count,
        count(exposure) as exposure_quanta_count,
        min(data_id) filter (where visit is null and exposure is null) as sample_data_id
    from {{ ref('fct_quanta') }}
    where is_measured
    group by stage, task_label
    having count(distinct campaign) > 1

),

final as (

    select
        stage,
        task_label,
        campaign_count,
        case
            when visit_quanta_count > 0 then 'visit'
            when exposure_quanta_count > 0 then 'exposure'
            when
                sample_data_id like '%"tract":%'
                or sample_data_id like '%"healpix%'
                or sample_data_id like '%"htm%'
                then 'data_id'
            else 'nothing'
        end as common_by
    from counted

)

select * from final
