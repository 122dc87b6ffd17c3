with

runs as (

    select * from {{ ref('int_runs_owned') }}

),

final as (

    select
        campaign,
        stage,
        run,
        source,
        stack_version,
        release_check,
        extractor_version,
        chain_position,
        quanta_count,
        attempts_count as attempted_count,
        failed_count,
        reject_count,
        packages is not null as has_packages,
        extracted_at
    from runs

)

select * from final
