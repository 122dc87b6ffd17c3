with

source as (

    select * from {{ source('lake', 'expectations') }}

),

renamed as (

    select
        campaign,
        stage,
        run,
        task_label,
        {{ lake_text('data_id') }} as data_id,
        quantum_id,
        source,
        graph_uri,
        quanta_count,
        quantum_number,
        predecessor_numbers
    from source

)

select * from renamed
