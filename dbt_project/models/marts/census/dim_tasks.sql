with

quanta as (

    select * from {{ ref('fct_quanta') }}

),

campaigns as (

    select * from {{ ref('stg_lake__campaigns') }}

),

listed as (

    select * from {{ ref('pipeline_tasks') }}

),

lists as (

    select * from {{ ref('pipeline_task_lists') }}

),

-- The list with the longest prefix of the release.
matched as (

    select
        releases.release,
        lists.reference_release
    from (select distinct release from campaigns) as releases
    inner join lists on substring(releases.release, 1, length(lists.release_prefix)) = lists.release_prefix
    qualify row_number() over (
        partition by releases.release
        order by length(lists.release_prefix) desc, lists.release_prefix asc
    ) = 1

),

expected as (

    select
        matched.release,
        listed.*
    from matched
    inner join listed using (reference_release)

),

observed as (

    select distinct
        release,
        task_label
    from quanta

),

final as (

    select
        release,
        task_label,
        expected.task_class,
        expected.stage,
        expected.step,
        expected.cluster,
        expected.dimensions,
        expected.request_memory_mib,
        expected.request_cpus_count,
        expected.reference_release,
        observed.task_label is not null as is_observed,
        expected.task_label is not null as is_listed
    from observed
    full outer join expected using (release, task_label)

)

select * from final
