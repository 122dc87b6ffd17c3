with

source as (

    select * from {{ source('lake', 'campaigns') }}

),

renamed as (

    select
        campaign,
        campaign_position,
        release,
        fields,
        description,
        {{ lake_text('focus') }} as focus_label,
        repository,
        threshold_gib,
        thresholds_gib,
        lines_gib,
        bin_gib,
        nodes,
        price_per_core as per_core_cost,
        price_per_gib as per_gib_cost,
        current_requests,
        campaigns_file,
        is_simulated,
        -- Several campaigns may have a label; verdicts are about the first.
        coalesce(campaign_position = min(case when focus is not null then campaign_position end) over (), false)
            as is_focus,
        recorded_at
    from source

)

select * from renamed
