-- Number of visits over each place: a tract or a patch, in one band or in all. The visits of a place are those of the
-- quanta that have both, mainly warps.
with

seen as (

    select distinct
        campaign,
        skymap,
        tract,
        patch,
        band,
        visit
    from {{ ref('fct_quanta') }}
    where
        is_result
        and visit is not null
        and tract is not null

),

final as (

    select
        campaign,
        skymap,
        tract,
        patch,
        band,
        count(distinct visit) as visit_count,
        grouping(patch) = 1 as is_whole_tract,
        grouping(band) = 1 as has_every_band
    from seen
    group by
        grouping sets (
            (campaign, skymap, tract, patch, band),
            (campaign, skymap, tract, patch),
            (campaign, skymap, tract, band),
            (campaign, skymap, tract)
        )

)

select * from final
