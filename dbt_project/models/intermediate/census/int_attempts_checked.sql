{#- Values of one clock or one high-water mark, in the order in which they are recorded. -#}
{%- set series = {
    'mark': [['prep_max_rss_bytes', 'init_max_rss_bytes', 'start_max_rss_bytes', 'max_rss_bytes']],
    'instant': [['prep_at', 'init_at', 'started_at', 'ended_at']],
    'cpu_time': [['prep_cpu_time_s', 'init_cpu_time_s', 'start_cpu_time_s', 'end_cpu_time_s'],
                 ['gathered_init_cpu_time_s'], ['gathered_run_cpu_time_s']],
    'wall_time': [['butler_get_wall_time_s'], ['butler_put_wall_time_s'], ['butler_ingest_wall_time_s'],
                  ['graph_read_wall_time_s'], ['gathered_wall_time_s']],
    'count': [
        ['prep_major_page_faults_count', 'end_major_page_faults_count'],
        ['prep_minor_page_faults_count', 'end_minor_page_faults_count'],
        ['butler_get_count'], ['butler_put_count'], ['butler_ingest_count'], ['job_quanta_count'],
    ],
} -%}
{%- set kept = [
    'campaign', 'stage', 'run', 'task_label', 'data_id', 'instrument', 'skymap', 'visit', 'exposure', 'detector', 'tract',
    'patch', 'band', 'physical_filter', 'day_obs', '"group"', 'healpix3', 'quantum_id', 'process_id',
    'previous_process_quanta', 'status', 'exception_type', 'source', 'node_name', 'attempt', 'caveats', 'is_last_attempt',
    'has_log',
] -%}
{%- set columns = series.values() | sum(start=[]) | sum(start=[]) -%}

-- Attempts, with NULL in place of impossible values, and the reason. The other values of the attempt stay.
with

attempts as (

    select
        quanta.*,
        runs.extracted_at
    from {{ ref('int_attempts_kept') }} as quanta
    inner join {{ ref('stg_lake__runs') }} as runs using (campaign, stage, run)

),

-- Bounds first: later values are not compared with an impossible value.
bounded as (

    select
        {{ kept | join(', ') }},
        {%- for kind, lists in series.items() %}
        {%- for list in lists %}
        {%- for column in list %}
        {{ column }} as raw_{{ column }},
        {{ plausible(kind, column, []) }} as {{ column }},
        {%- endfor %}
        {%- endfor %}
        {%- endfor %}
        extracted_at
    from attempts

),

ordered as (

    select
        {{ kept | join(', ') }},
        {%- for kind, lists in series.items() %}
        {%- for list in lists %}
        {%- for column in list %}
        raw_{{ column }},
        {{ plausible(kind, column, list[:loop.index0]) ~ ' as ' if not loop.first }}{{ column }},
        {%- endfor %}
        {%- endfor %}
        {%- endfor %}
        extracted_at
    from bounded

),

flagged as (

    select
        *,
        {%- for column in columns %}
        (raw_{{ column }} is not null and {{ column }} is null){{ ' or' if not loop.last }}
        {%- endfor %} as is_implausible
    from ordered

),

final as (

    select
        {{ kept | join(', ') }},
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        -- A table of gathered usage has only durations. A task without CPU time did not run.
        coalesce(raw_prep_at is not null or raw_gathered_wall_time_s is not null, false) as has_prep,
        coalesce(raw_started_at is not null or raw_gathered_run_cpu_time_s > 0, false) as has_start,
        coalesce(raw_ended_at is not null or raw_gathered_wall_time_s is not null, false) as has_end,
        raw_max_rss_bytes is not null as has_peak,
        is_implausible,
        case
            when is_implausible
                then concat_ws(
                    '; '
                    {%- for kind, lists in series.items() %}
                    {%- for list in lists %}
                    {%- for column in list %},
                    case
                        when raw_{{ column }} is not null and {{ column }} is null
                            then '{{ column }} ' || {{ as_text('raw_' ~ column) }} || case
                                when {{ is_in_range(kind, 'raw_' ~ column) }} then ' contradicts an earlier value'
                                else ' is out of bounds'
                            end
                    end
                    {%- endfor %}
                    {%- endfor %}
                    {%- endfor %}
                )
        end as implausible_reason
    from flagged

)

select * from final
