{#- Choices that the models share; docs/answers.md gives their reasons. -#}

{#- Requests are multiples of this many MiB. -#}
{% macro request_step_mib() -%} 64 {%- endmacro %}

{#- BPS's own values where no configuration says otherwise. -#}
{% macro default_request_mib() -%} 2048 {%- endmacro %}
{% macro default_multiplier() -%} 2 {%- endmacro %}
{% macro default_retries() -%} 5 {%- endmacro %}

{#- What the policy max_margin adds to the largest peak. -#}
{% macro request_margin_fraction() -%} 0.1 {%- endmacro %}

{#- Fewest own peaks that say anything of p95, and of p99: 1 / (1 - p), below which the quantile is the maximum. -#}
{% macro least_own_peaks() -%} 20 {%- endmacro %}
{% macro least_own_peaks_p99() -%} 100 {%- endmacro %}

{#- A change within this share of the old value is none. -#}
{% macro change_tolerance_fraction() -%} 0.02 {%- endmacro %}

{#- Fewest matched quanta that a verdict needs. -#}
{% macro least_matched_quanta() -%} 10 {%- endmacro %}

{#- Two-sided 99.9 % of a normal distribution: a hundred tasks are judged at once, and chance must make none of them worse. -#}
{% macro family_z() -%} 3.2905 {%- endmacro %}

{#-
    The same of Student's t with so many degrees of freedom: the expansion of Cornish and Fisher (Abramowitz and
    Stegun 26.7.5), right to 0.1 % from 18 on, which is what least_own_peaks leaves.
-#}
{% macro student_quantile(freedom) -%}
    {%- set z = family_z() | trim | float -%}
    (
        {{ z }}
        + {{ '%.6f' | format((z ** 3 + z) / 4) }} / ({{ freedom }})
        + {{ '%.6f' | format((5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96) }} / power({{ freedom }}, 2)
        + {{ '%.6f' | format((3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384) }} / power({{ freedom }}, 3)
    )
{%- endmacro %}

{#- Bins of time of a stage, at most: what a figure of a dozen tasks can hold. -#}
{% macro most_bins() -%} 300 {%- endmacro %}

{#- A node is slow when its quanta take so much longer than the same tasks elsewhere. -#}
{% macro slow_node_fraction() -%} 0.2 {%- endmacro %}

{#- A memory in whole MiB that holds so many bytes. -#}
{% macro mib_up(bytes) -%}
    cast(ceil({{ bytes }} / 1048576) as bigint)
{%- endmacro %}

{#- A request in MiB, rounded up to the step of requests. -#}
{% macro request_up(mib) -%}
    cast(ceil({{ mib }} / {{ request_step_mib() }}) * {{ request_step_mib() }} as bigint)
{%- endmacro %}

{#-
    What a first request means for each job: every attempt n of BPS's rule
    m_n = min(m_0 * multiplier ^ n, limit) against the peaks of the jobs that ran.
    `requests` has the columns of `keys`, request_memory_mib, memory_multiplier, memory_limit_mib, retries_count,
    memory_bands_mib;
    `peaks` has peak_mib (rounded up), slot_count, occupied_wall_time_s, used_gib_s and is joined on `on`.
    An attempt is killed when the peak is over its memory, and then costs the wall time of the whole job.
-#}
{% macro request_outcomes(requests, peaks, keys, on) %}
    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        {{ total_count('case when attempt = 0 then slot_count else 0 end') }} as slot_count,
        {{ total_count('case when attempt = 0 and is_killed then slot_count else 0 end') }} as killed_count,
        {{ total_count('case when attempt > 0 then slot_count else 0 end') }} as retry_count,
        {{ total_count('case when attempt = retries_count and is_killed then slot_count else 0 end') }}
            as unfinished_count,
        -- Rounded, since doubles add up differently in every order.
        round(
            sum(
                memory_mib / 1024 * cast(occupied_wall_time_s as double)
                - case when is_killed then 0 else cast(used_gib_s as double) end
            ) / 3600,
            6
        ) as wasted_gib_h,
        round(sum(case when attempt = 0 then cast(used_gib_s as double) else 0 end) / 3600, 6) as used_gib_h,
        round(sum(band_mib / 1024 * cast(occupied_wall_time_s as double)) / 3600, 6) as banded_gib_h
    from (
        select
            {%- for key in keys %}
            requests.{{ key }},
            {%- endfor %}
            requests.retries_count,
            attempts.attempt,
            peaks.slot_count,
            peaks.occupied_wall_time_s,
            peaks.used_gib_s,
            {{ memory_of_attempt('attempts.attempt') }} as memory_mib,
            case
                when requests.memory_bands_mib is not null
                    then coalesce(
                        {{ least_at_least('requests.memory_bands_mib', memory_of_attempt('attempts.attempt')) }},
                        {{ memory_of_attempt('attempts.attempt') }}
                    )
            end as band_mib,
            peaks.peak_mib > {{ memory_of_attempt('attempts.attempt') }} as is_killed
        from {{ requests }} as requests
        inner join {{ peaks }} as peaks
            on {{ on }}
        inner join (select {{ integers(0, 20) }} as attempt) as attempts
            on requests.retries_count >= attempts.attempt
        where
            attempts.attempt = 0
            or peaks.peak_mib > {{ memory_of_attempt('attempts.attempt - 1') }}
    )
    group by {{ keys | join(', ') }}
{% endmacro %}

{#- Memory of attempt n; without a limit, the multiplied request. -#}
{% macro memory_of_attempt(attempt) -%}
    least(
        requests.request_memory_mib * power(requests.memory_multiplier, {{ attempt }}),
        coalesce(cast(requests.memory_limit_mib as double), 1e18)
    )
{%- endmacro %}

{#-
    The last columns of a sizing, from the sums in `summed` and the prices in `campaigns`: the CTEs `priced`, `compared` and `final`.
    The cost is core-hours times the price of a core with its memory: only ratios within one campaign mean anything.
-#}
{% macro sizing_columns(summed, keys) %}
priced as (

    select
        {{ summed }}.*,
        {{ hours(summed ~ '.needed_core_s') }} as needed_core_h,
        {{ hours(summed ~ '.charged_core_s') }} as charged_core_h,
        {{ hours(summed ~ '.charged_core_s - ' ~ summed ~ '.needed_core_s') }} as idle_core_h,
        {{ share(summed ~ '.charged_core_s - ' ~ summed ~ '.needed_core_s', summed ~ '.needed_core_s') }}
            as overhead_fraction,
        {{ share(summed ~ '.charged_core_s - ' ~ summed ~ '.needed_core_s', summed ~ '.charged_core_s') }}
            as idle_fraction,
        {{ hours(summed ~ '.charged_core_s') }}
        * (campaigns.per_core_cost + {{ summed }}.memory_per_core_gib * campaigns.per_gib_cost) as work_cost
    from {{ summed }}
    inner join campaigns on {{ summed }}.campaign = campaigns.campaign

),

compared as (

    select
        *,
        min(work_cost) over (partition by {{ keys | join(', ') }}) as least_work_cost
    from priced

),

final as (

    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        memory_per_core_gib,
        basis,
        slot_count,
        quanta_count,
        unsized_quanta_count,
        widened_slot_count,
        largest_cores_count,
        unfit_quanta_count,
        needed_core_s,
        needed_core_h,
        charged_core_s,
        charged_core_h,
        overhead_fraction,
        idle_core_h,
        idle_fraction,
        work_cost,
        {{ share('work_cost - least_work_cost', 'least_work_cost') }} as excess_cost_fraction,
        row_number() over (
            partition by {{ keys | join(', ') }}
            order by work_cost asc, memory_per_core_gib asc
        ) = 1 and work_cost is not null as is_cheapest,
        work_cost <= least_work_cost * 1.05 as is_nearly_cheapest
    from compared

)
{% endmacro %}

{#- Columns of one relation, in a list. -#}
{% macro prefixed(relation, columns) -%}
    {%- for column in columns %}{{ relation }}.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
{%- endmacro %}

{#- That two relations agree in some columns. -#}
{% macro same_keys(left, right, columns) -%}
    {%- for column in columns %}{{ left }}.{{ column }} = {{ right }}.{{ column }}{{ '
        and ' if not loop.last }}{% endfor %}
{%- endmacro %}

{#- That two relations speak of the same job of the same campaign. -#}
{% macro same_job(left, right) -%}
    {{ left }}.campaign = {{ right }}.campaign
        and {{ left }}.job_kind = {{ right }}.job_kind
        and {{ left }}.job_label = {{ right }}.job_label
{%- endmacro %}

{#- Sum of counts where a condition holds, 0 where it never does. -#}
{% macro total_count_where(column, condition) -%}
    cast(coalesce(sum({{ column }}) filter ({{ condition }}), 0) as bigint)
{%- endmacro %}
{#- The time that a task needs on the other nodes: the median over their medians, this node left out. -#}
{% macro median_of_others(list, place, count) -%}
    (
        {{ element_of_others(list, place, whole_quotient(count, 2)) }}
        + {{ element_of_others(list, place, whole_quotient(count ~ ' - 1', 2) ~ ' + 1') }}
    ) / 2
{%- endmacro %}

{#- Element of a sorted list in which one place is left out. -#}
{% macro element_of_others(list, place, position) -%}
    {{ element(list, position ~ ' + case when ' ~ position ~ ' >= ' ~ place ~ ' then 1 else 0 end') }}
{%- endmacro %}

{#- Sum of doubles that is the same in any order. -#}
{% macro exact_total(column) -%}
    cast(sum(cast({{ column }} as decimal(18, 6))) as double)
{%- endmacro %}

{#-
    What events (event_us, running +1 or -1, resident_mib likewise) add to the bin that they fall into: `level`
    for every later bin, and `part` (times microseconds) for their own.
-#}
{% macro events_binned(events, bins, keys) -%}
    select
        {%- for key in keys %}
        {{ events }}.{{ key }},
        {%- endfor %}
        cast({{ whole_quotient(since_first(events, bins), bin_width(bins)) }} as integer) as bin_position,
        sum({{ events }}.running) as level,
        sum({{ events }}.running * ({{ rest_of_bin(events, bins) }})) as part_us,
        sum({{ events }}.resident_mib) as level_mib,
        sum({{ events }}.resident_mib * ({{ rest_of_bin(events, bins) }})) as part_mib_us,
        count(*) filter ({{ events }}.running > 0) as started_count,
        count(*) filter ({{ events }}.running < 0) as ended_count
    from {{ events }}
    inner join {{ bins }}
        on {{ events }}.campaign = {{ bins }}.campaign
        and {{ events }}.stage = {{ bins }}.stage
    group by {% for key in keys %}{{ events }}.{{ key }}, {% endfor %}bin_position
{%- endmacro %}

{#- In microseconds: width of a bin, time of an event since the first bin began, what is left of its bin then. -#}
{% macro bin_width(bins) -%} {{ bins }}.bin_wall_time_s * 1000000 {%- endmacro %}

{% macro since_first(events, bins) -%}
    {{ events }}.event_us - {{ microseconds(bins ~ '.first_started_at') }}
{%- endmacro %}

{% macro rest_of_bin(events, bins) -%}
    {{ bin_width(bins) }} - ({{ since_first(events, bins) }}) % ({{ bin_width(bins) }})
{%- endmacro %}

{#- When a bin begins. -#}
{% macro bin_start(bins, position) -%}
    {{ instant(microseconds(bins ~ '.first_started_at') ~ ' + ' ~ position ~ ' * ' ~ bin_width(bins)) }}
{%- endmacro %}

{#- Every bin of the stage with what ran in it on average; bins without events too. -#}
{% macro bins_run(binned, bins, keys) -%}
    select
        {%- for key in keys %}
        places.{{ key }},
        {%- endfor %}
        places.bin_position,
        places.bin_wall_time_s,
        places.bin_started_at,
        {{ mean_of_bin(binned ~ '.part_us', binned ~ '.level') }} as running_quanta_count,
        {{ mean_of_bin(binned ~ '.part_mib_us / 1024', binned ~ '.level_mib / 1024') }} as resident_gib,
        coalesce({{ binned }}.started_count, 0) as started_count,
        coalesce({{ binned }}.ended_count, 0) as ended_count
    from (
        select
            {%- for key in keys %}
            labels.{{ key }},
            {%- endfor %}
            numbers.bin_position,
            {{ bins }}.bin_wall_time_s,
            {{ bin_start(bins, 'numbers.bin_position') }} as bin_started_at
        from (select distinct {{ keys | join(', ') }} from {{ binned }}) as labels
        inner join {{ bins }}
            on labels.campaign = {{ bins }}.campaign
            and labels.stage = {{ bins }}.stage
        inner join (select cast({{ integers(0, most_bins()) }} as integer) as bin_position) as numbers
            on {{ bin_start(bins, 'numbers.bin_position') }} <= {{ bins }}.last_ended_at
    ) as places
    left join {{ binned }}
        on places.bin_position = {{ binned }}.bin_position
        {%- for key in keys %}
        and places.{{ key }} = {{ binned }}.{{ key }}
        {%- endfor %}
    window earlier as (
        partition by {% for key in keys %}places.{{ key }}{{ ', ' if not loop.last }}{% endfor %}
        order by places.bin_position
        rows between unbounded preceding and 1 preceding
    )
{%- endmacro %}

{% macro mean_of_bin(part, level) -%}
    round(
            coalesce({{ part }}, 0) / ({{ bin_width('places') }}) + coalesce(sum({{ level }}) over earlier, 0),
            6
        )
{%- endmacro %}

{#- Bins of a ratio or a value, 0.1 % wide: change intervals need no finer ranks, and bins need little memory. -#}
{% macro log_bin(value) -%}
    case when {{ value }} > 0 then cast(round(ln({{ value }}) * 1000) as integer) end
{%- endmacro %}

{#-
    Ranks between which a quantile lies with the confidence of z: binomial, in the normal approximation.
    A rank below 1 or over n leaves that side open.
-#}
{% macro rank_below(n, fraction, z) -%}
    floor({{ n }} * {{ fraction }} - {{ z }} * sqrt({{ n }} * {{ fraction }} * (1 - {{ fraction }})))
{%- endmacro %}

{% macro rank_above(n, fraction, z) -%}
    ceil({{ n }} * {{ fraction }} + {{ z }} * sqrt({{ n }} * {{ fraction }} * (1 - {{ fraction }}))) + 1
{%- endmacro %}

{#-
    Verdict from intervals (low, high) of a change, the first of which leads: worse when one lies wholly over the
    tolerance, better when one lies wholly under it and none over, same when the first lies within.
-#}
{% macro verdict_of(intervals) -%}
    case
        when {% for low, high in intervals %}{{ ' or ' if not loop.first }}coalesce({{ low }} > {{ change_tolerance_fraction() }}, false){% endfor %} then 'worse'
        when {% for low, high in intervals %}{{ ' or ' if not loop.first }}coalesce({{ high }} < -{{ change_tolerance_fraction() }}, false){% endfor %} then 'better'
        when {{ intervals[0][0] }} >= -{{ change_tolerance_fraction() }} and {{ intervals[0][1] }} <= {{ change_tolerance_fraction() }} then 'same'
        else 'cannot_tell'
    end
{%- endmacro %}
