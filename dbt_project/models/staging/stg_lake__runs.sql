with

source as (

    select * from {{ source('lake', 'runs') }}

),

renamed as (

    select
        campaign,
        stage,
        run,
        collection,
        chain_position,
        source,
        {{ lake_text('set_aside_for_stage') }} as set_aside_for_stage,
        graph_uri,
        stack_version,
        packages,
        release_check,
        extractor_version,
        lake_schema_version,
        attempts_count,
        quanta_count,
        failed_count,
        reject_count,
        expected_count,
        unscanned_count,
        extracted_at
    from source

)

select * from renamed
