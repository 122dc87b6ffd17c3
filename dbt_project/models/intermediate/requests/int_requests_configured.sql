-- Values of the current BPS configuration for tasks and clusters, resolved by extraction with BPS's search order, one
-- entry each. One entry is for all others. If no configuration is named, it has BPS's own values.
with

campaigns as (

    select
        campaign,
        current_requests
    from {{ ref('stg_lake__campaigns') }}

),

entries as (

    select
        campaigns.campaign,
        'task' as entry_kind,
        entry.key as entry_label,
        {{ json_plain('entry.value') }} as said
    from campaigns, {{ json_entries('campaigns.current_requests', 'pipetask') }} as entry
    where campaigns.current_requests is not null

    union all

    select
        campaigns.campaign,
        'cluster' as entry_kind,
        entry.key as entry_label,
        {{ json_plain('entry.value') }} as said
    from campaigns, {{ json_entries('campaigns.current_requests', 'cluster') }} as entry
    where campaigns.current_requests is not null

    union all

    select
        campaign,
        'rest' as entry_kind,
        '' as entry_label,
        {{ json_text('current_requests', 'rest') }} as said
    from campaigns

),

-- NULL is a value of the configuration here: with a multiplier of NULL the memory does not grow.
final as (

    select
        campaign,
        entry_kind,
        entry_label,
        {{ json_text('said', 'pipetasks') }} as member_labels,
        case
            when said is null then {{ var('default_request_mib') }}
            else {{ json_count('said', 'requestMemory') }}
        end as request_memory_mib,
        {{ json_count('said', 'requestCpus') }} as request_cpus_count,
        case
            when said is null then {{ var('default_multiplier') }}
            else try_cast({{ json_text('said', 'memoryMultiplier') }} as double)
        end as memory_multiplier,
        case
            when said is null then {{ var('default_retries') }}
            else {{ json_count('said', 'numberOfRetries') }}
        end as number_of_retries,
        case
            when said is null then {{ var('default_limit_mib') }}
            else {{ json_count('said', 'memoryLimit') }}
        end as memory_limit_mib
    from entries

)

select * from final
