-- How requests grow on a retry, per campaign: as the current configuration says, else as BPS does.
with

campaigns as (

    select * from {{ ref('stg_lake__campaigns') }}

),

rules as (

    select
        campaign,
        current_requests is not null as has_configuration,
        coalesce({{ json_count('current_requests', 'requestMemory') }}, {{ var('default_request_mib') }})
            as default_request_mib,
        {{ json_count('current_requests', 'memoryLimit') }} as memory_limit_mib,
        coalesce(
            try_cast({{ json_text('current_requests', 'memoryMultiplier') }} as double), {{ var('default_multiplier') }}
        ) as memory_multiplier,
        -- The attempts of a simulation end somewhere, whatever the configuration says.
        least(
            coalesce({{ json_count('current_requests', 'numberOfRetries') }}, {{ var('default_retries') }}),
            {{ var('most_retries') }}
        ) as retries_count,
        -- Ours: BPS lets every key pass, and no file of its own knows the queues of a site.
        {{ json_integers('current_requests', 'memoryBands') }} as memory_bands_mib
    from campaigns

)

select * from rules
