-- What the current BPS configuration says of tasks and clusters, one entry each.
with

campaigns as (

    select
        campaign,
        current_requests
    from {{ ref('stg_lake__campaigns') }}
    where current_requests is not null

),

entries as (

    select
        campaigns.campaign,
        'task' as entry_kind,
        entry.key as entry_label,
        entry.value as said
    from campaigns, {{ json_entries('campaigns.current_requests', 'pipetask') }} as entry

    union all

    select
        campaigns.campaign,
        'cluster' as entry_kind,
        entry.key as entry_label,
        entry.value as said
    from campaigns, {{ json_entries('campaigns.current_requests', 'cluster') }} as entry

),

parsed as (

    select
        campaign,
        entry_kind,
        entry_label,
        {{ json_text('said', 'pipetasks') }} as member_labels,
        {{ json_count('said', 'requestMemory') }} as request_memory_mib,
        {{ json_count('said', 'requestCpus') }} as request_cpus_count
    from entries

)

select * from parsed
