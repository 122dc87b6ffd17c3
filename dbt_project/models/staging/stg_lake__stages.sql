with

source as (

    select * from {{ source('lake', 'stages') }}

),

renamed as (

    select
        campaign,
        stage,
        stage_position,
        collections,
        quantum_graphs,
        {{ lake_text('incomplete_reason') }} as incomplete_reason
    from source

)

select * from renamed
