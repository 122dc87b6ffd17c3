-- Who runs the jobs of a campaign, and in which bands of memory: as the campaigns file and the configuration that it
-- names say. HTCondor alone tries a job that was killed for its memory again with more.
with

campaigns as (

    select * from {{ ref('stg_lake__campaigns') }}

),

final as (

    select
        campaign,
        coalesce({{ json_text('current_requests', 'is_configured') }} = 'true', false) as has_configuration,
        coalesce({{ json_text('current_requests', 'wms') }}, 'htcondor') as wms,
        -- Ours: BPS lets every key pass, and no file of its own knows the queues of a site.
        {{ json_integers('current_requests', 'memoryBands') }} as memory_bands_mib
    from campaigns

)

select * from final
