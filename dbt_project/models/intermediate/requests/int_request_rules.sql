-- The batch system of a campaign and its bands of memory, from the campaigns file and the configuration that it names.
-- Only HTCondor retries a job with more memory after a kill for memory.
with

campaigns as (

    select * from {{ ref('stg_lake__campaigns') }}

),

final as (

    select
        campaign,
        coalesce({{ json_text('current_requests', 'is_configured') }} = 'true', false) as has_configuration,
        coalesce({{ json_text('current_requests', 'wms') }}, 'htcondor') as wms,
        -- A key of this project: BPS accepts any key, and has no file with the queues of a site.
        {{ json_integers('current_requests', 'memoryBands') }} as memory_bands_mib
    from campaigns

)

select * from final
