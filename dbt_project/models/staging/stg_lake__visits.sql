with

source as (

    select * from {{ source('lake', 'visits') }}

),

renamed as (

    select
        campaign,
        stage,
        instrument,
        dimension,
        id,
        day_obs,
        band,
        physical_filter,
        target_name,
        science_program,
        observation_reason,
        exposure_time_s as exposure_wall_time_s,
        has_record,
        started_at
    from source

)

select * from renamed
