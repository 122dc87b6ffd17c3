-- In the order of the file: the earlier campaign is before, the later one after.
with

campaigns as (

    select * from {{ ref('stg_lake__campaigns') }}

),

final as (

    select
        earlier.campaign as before_campaign,
        later.campaign as after_campaign,
        earlier.release as before_release,
        later.release as after_release,
        later.campaign_position as after_campaign_position,
        earlier.is_focus or later.is_focus as is_against_focus,
        earlier.campaign_position = later.campaign_position - 1 as is_against_predecessor
    from campaigns as earlier
    inner join campaigns as later on earlier.campaign_position < later.campaign_position
    where
        earlier.is_focus
        or later.is_focus
        or earlier.campaign_position = later.campaign_position - 1

)

select * from final
