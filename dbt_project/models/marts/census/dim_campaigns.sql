with

campaigns as (

    select * from {{ ref('stg_lake__campaigns') }}

),

-- The line that is counted against is always drawn.
lines as (

    select
        campaign,
        {{ sorted_list('line_gib') }} as lines_gib
    from (
        select
            campaign,
            {{ unnested('lines_gib') }} as line_gib
        from campaigns

        union

        select
            campaign,
            threshold_gib as line_gib
        from campaigns
    )
    group by campaign

),

stages as (

    select
        campaign,
        {{ joined_text("stage || ': ' || incomplete_reason", "'; '", 'stage_position') }} as declared_gaps
    from {{ ref('stg_lake__stages') }}
    where incomplete_reason is not null
    group by campaign

),

runs as (

    select
        campaign,
        count(*) as run_count,
        max(extracted_at) as extracted_at,
        {{ value_at_largest('extractor_version', 'extracted_at') }} as extractor_version
    from {{ ref('int_runs_owned') }}
    group by campaign

),

visits as (

    select
        campaign,
        count(*) as visit_count
    from (
        select distinct
            campaign,
            instrument,
            id
        from {{ ref('stg_lake__visits') }}
        where dimension = 'visit'
    )
    group by campaign

),

quanta as (

    select
        campaign,
        nullif({{ list_text(sorted_values('instrument'), "', '") }}, '') as instruments,
        min(prep_at) as first_started_at,
        max(ended_at) as last_ended_at
    from {{ ref('fct_quanta') }}
    group by campaign

),

final as (

    select
        campaigns.campaign,
        campaigns.campaign_position,
        campaigns.release,
        campaigns.fields,
        quanta.instruments,
        campaigns.description,
        campaigns.focus_label,
        campaigns.repository,
        campaigns.threshold_gib,
        lines.lines_gib,
        campaigns.bin_gib,
        rules.memory_bands_mib,
        coalesce(visits.visit_count, 0) as visit_count,
        coalesce(runs.run_count, 0) as run_count,
        stages.declared_gaps,
        runs.extractor_version,
        campaigns.is_focus,
        campaigns.is_simulated,
        quanta.first_started_at,
        quanta.last_ended_at,
        runs.extracted_at
    from campaigns
    left join lines using (campaign)
    left join {{ ref('int_request_rules') }} as rules using (campaign)
    left join stages using (campaign)
    left join runs using (campaign)
    left join visits using (campaign)
    left join quanta using (campaign)

)

select * from final
