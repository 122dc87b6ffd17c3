{%- set statistics = ['min', 'mean', 'p50', 'p95', 'max'] -%}

with

note as (

    select * from {{ ref('note_tasks') }}

),

campaigns as (

    select * from {{ ref('dim_campaigns') }}

),

-- The note counted every result with metadata, work or not.
ours as (

    select
        fct_quanta.campaign,
        fct_quanta.stage,
        fct_quanta.task_label,
        {{ gib(quantile('fct_quanta.max_rss_bytes', 0.5)) }} as p50_max_rss_gib,
        {{ gib(quantile('fct_quanta.max_rss_bytes', 0.95)) }} as p95_max_rss_gib,
        {{ gib('min(fct_quanta.max_rss_bytes)') }} as min_max_rss_gib,
        {{ gib('avg(fct_quanta.max_rss_bytes)') }} as mean_max_rss_gib,
        {{ gib('max(fct_quanta.max_rss_bytes)') }} as max_max_rss_gib
    from {{ ref('fct_quanta') }} as fct_quanta
    inner join note using (campaign, stage, task_label)
    where
        fct_quanta.is_result
        and fct_quanta.max_rss_bytes is not null
    group by fct_quanta.campaign, fct_quanta.stage, fct_quanta.task_label

),

compared as (

    {%- for statistic in statistics %}

    select
        note.campaign,
        note.stage,
        note.task_label,
        '{{ statistic }}' as statistic,
        note.{{ statistic }}_max_rss_gib as note_max_rss_gib,
        ours.{{ statistic }}_max_rss_gib as our_max_rss_gib
    from note
    inner join campaigns using (campaign)
    left join ours using (campaign, stage, task_label)
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

-- Values are printed with six significant digits: equal means equal to the last of them.
final as (

    select
        *,
        our_max_rss_gib - note_max_rss_gib as difference_gib,
        coalesce(
            abs(our_max_rss_gib - note_max_rss_gib) <= 0.51 * power(10, floor(log10(note_max_rss_gib)) - 5),
            false
        ) as is_match
    from compared

)

select * from final
