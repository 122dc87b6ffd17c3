with

completeness as (

    select * from {{ ref('fct_task_completeness') }}

),

missing as (

    select
        unaccounted.*,
        blocked.cause,
        killed.reason as killed_reason
    from {{ ref('int_quanta_unaccounted') }} as unaccounted
    left join {{ ref('int_quanta_blocked') }} as blocked using (campaign, stage, task_label, data_id)
    left join {{ ref('int_quanta_killed') }} as killed using (campaign, stage, task_label, data_id)

),

listed as (

    select
        campaign,
        stage,
        task_label,
        data_id,
        run,
        problem,
        reason,
        uri,
        1 as quanta_count
    from {{ ref('int_quanta_in_trouble') }}

    union all

    select
        campaign,
        stage,
        task_label,
        data_id,
        run,
        case when cause is null then 'missing' else 'blocked' end as problem,
        coalesce('upstream ' || cause, killed_reason, 'a graph expected it and it left nothing') as reason,
        graph_uri as uri,
        1 as quanta_count
    from missing

    union all

    select
        campaign,
        stage,
        task_label,
        null as data_id,
        null as run,
        'missing' as problem,
        'a graph''s header counts them and nothing names them' as reason,
        null as uri,
        unidentified_count as quanta_count
    from completeness
    where unidentified_count > 0

),

final as (

    select
        campaign,
        stage,
        task_label,
        data_id,
        run,
        problem,
        reason,
        uri,
        {%- for key in ['instrument', 'skymap', 'band'] %}
        {{ data_id_value('data_id', key, 'varchar') }} as {{ key }},
        {%- endfor %}
        {%- for key in ['visit', 'exposure', 'detector', 'tract', 'patch'] %}
        {{ data_id_value('data_id', key, 'bigint') }} as {{ key }},
        {%- endfor %}
        quanta_count,
        problem in ('missing', 'unreadable', 'unknown', 'lost', 'unmeasured') as is_gap
    from listed

)

select * from final
