with

runs as (

    select * from {{ ref('int_runs_owned') }}

),

campaigns as (

    select * from {{ ref('stg_lake__campaigns') }}

),

read_runs as (

    select
        max(extracted_at) as extracted_at,
        {{ value_at_largest('extractor_version', 'extracted_at') }} as extractor_version,
        max(lake_schema_version) as lake_schema_version,
        count(*) as run_count
    from runs

),

final as (

    select
        read_runs.extractor_version,
        (select min(campaigns.campaigns_file) from campaigns) as campaigns_file,
        read_runs.lake_schema_version,
        read_runs.run_count,
        (select bool_or(campaigns.is_simulated) from campaigns) as is_simulated,
        read_runs.extracted_at
    from read_runs

)

select * from final
