{%- set routes = [
    'quanta.instrument = inputs.instrument and coalesce(quanta.visit, quanta.exposure) = inputs.observation',
    'quanta.data_id = inputs.data_id',
] -%}
{{ config(materialized='table') }}

with

inputs as (

    select * from {{ ref('int_inputs_common') }}

),

final as (

    {%- for route in routes %}

    select
        quanta.campaign,
        quanta.stage,
        quanta.task_label,
        quanta.max_rss_bytes,
        quanta.total_wall_time_s,
        quanta.is_peak_inherited,
        quanta.is_over_threshold
    from {{ ref('fct_quanta') }} as quanta
    inner join inputs
        on quanta.stage = inputs.stage
        and quanta.task_label = inputs.task_label
        and {{ route }}
    where quanta.is_measured
    {{ 'union all' if not loop.last }}
    {%- endfor %}

)

select * from final
