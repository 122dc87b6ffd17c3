{#- Flags of QuantumSuccessCaveats (lsst.pipe.base) by their value: the more specific, the higher. -#}
{%- set caveats = {
    1: 'ANY_OUTPUTS_MISSING', 2: 'ALL_OUTPUTS_MISSING', 4: 'NO_WORK', 8: 'ADJUST_QUANTUM_RAISED',
    16: 'UPSTREAM_FAILURE_NO_WORK', 32: 'UNPROCESSABLE_DATA', 64: 'PARTIAL_OUTPUTS_ERROR',
} -%}

with

successes as (

    select
        campaign,
        stage,
        task_label,
        caveats,
        count(*) as quanta_count
    from {{ ref('fct_quanta') }}
    where
        is_result
        and status = 'successful'
        and caveats > 0
    group by campaign, stage, task_label, caveats

),

final as (

    {%- for flag, name in caveats.items() %}

    select
        campaign,
        stage,
        task_label,
        '{{ name }}' as caveat,
        {{ total_count('quanta_count') }} as quanta_count,
        coalesce({{ total_count('case when caveats < ' ~ 2 * flag ~ ' then quanta_count end') }}, 0) as leading_count
    from successes
    where caveats & {{ flag }} > 0
    group by campaign, stage, task_label
    {{ 'union all' if not loop.last }}
    {%- endfor %}

)

select * from final
