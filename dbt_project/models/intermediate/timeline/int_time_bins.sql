with

quanta as (

    select * from {{ ref('fct_quanta') }}
    where
        prep_at is not null
        and ended_at is not null

),

spans as (

    select
        campaign,
        stage,
        min(prep_at) as first_started_at,
        max(ended_at) as last_ended_at,
        {{ seconds_between('min(prep_at)', 'max(ended_at)') }} as all_wall_time_s
    from quanta
    group by campaign, stage

),

-- Whole seconds, so that at most {{ var('most_time_bins') }} bins reach beyond the last end.
final as (

    select
        campaign,
        stage,
        cast(ceil((all_wall_time_s + 0.000001) / {{ var('most_time_bins') }}) as bigint) as bin_wall_time_s,
        first_started_at,
        last_ended_at
    from spans

)

select * from final
