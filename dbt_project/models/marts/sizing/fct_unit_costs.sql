with

charged as (

    select
        campaign,
        stage,
        unit_kind,
        memory_per_core_gib,
        {{ total_count('unit_count') }} as unit_count,
        sum(charged_core_s) as charged_core_s
    from {{ ref('int_units_charged') }}
    group by campaign, stage, unit_kind, memory_per_core_gib

),

-- Scatter between units, only of their work and without the memory.
needed as (

    select
        campaign,
        stage,
        unit_kind,
        unit_id,
        sum(occupied_wall_time_s * cpus_count) as needed_core_s
    from {{ ref('int_slots_assigned') }}
    group by campaign, stage, unit_kind, unit_id

),

spread as (

    select
        campaign,
        stage,
        unit_kind,
        {{ quantiles('needed_core_s', [0.05, 0.5, 0.95]) }} as needed
    from needed
    group by campaign, stage, unit_kind

),

final as (

    select
        charged.campaign,
        charged.stage,
        charged.unit_kind,
        charged.memory_per_core_gib,
        charged.unit_count,
        charged.charged_core_s,
        {{ hours('charged.charged_core_s') }} as charged_core_h,
        {{ hours('charged.charged_core_s') }} / charged.unit_count as per_unit_core_h,
        {%- for end, bound in [('low', 'least'), ('high', 'greatest')] %}
        case
            when charged.unit_count >= {{ var('least_clusters') }}
                then {{ bound }}(resampled.{{ end }}_core_h, {{ hours('charged.charged_core_s') }} / charged.unit_count)
        end as {{ end }}_per_unit_core_h,
        {%- endfor %}
        {{ hours(element('spread.needed', 1)) }} as p05_needed_core_h,
        {{ hours(element('spread.needed', 2)) }} as p50_needed_core_h,
        {{ hours(element('spread.needed', 3)) }} as p95_needed_core_h
    from charged
    left join {{ ref('int_units_resampled') }} as resampled using (campaign, stage, unit_kind, memory_per_core_gib)
    left join spread using (campaign, stage, unit_kind)

)

select * from final
