with

source as (

    select * from {{ source('lake', 'rejects') }}

),

renamed as (

    select
        campaign,
        stage,
        run,
        task_label,
        data_id,
        dataset_id,
        dataset_type,
        uri,
        reason
    from source

)

select * from renamed
