{#-
    Exact quantiles of many values in little memory, by selection: count the values in bins half a per cent wide, find the
    bins of the wanted ranks, and read only the single values of these bins. An aggregate of the engine holds every value,
    even above its memory limit. Like numpy and quantile_cont: rank (n - 1) * fraction, interpolated.

    A query: one row for each combination of `keys`, and a column for each entry of `fractions`, a mapping of its name
    to the fraction: {'p25': 0.25}. For equal values, each quantile is exactly that value, and quantiles never fall.
    docs/methods.md has the measurement against quantile_cont.
-#}
{% macro selected_quantiles(relation, keys, value, fractions, condition) %}
    {%- set by = keys | join(', ') %}
    {%- set considered = condition ~ ' and ' ~ value ~ ' is not null' %}
    {#- Selection only needs a monotone bin: neighbouring values differ by more than the error of ln. #}
    {%- set bin = 'case when ' ~ value ~ ' > 0 then cast(floor(ln(' ~ value ~ ') * 200) as integer) else -100000 end' %}
    with

    binned as (

        select
            {{ by }},
            {{ bin }} as bin,
            count(*) as bin_count
        from {{ relation }}
        where {{ considered }}
        group by {{ by }}, bin

    ),

    ranked_bins as (

        select
            {{ by }},
            bin,
            bin_count,
            sum(bin_count) over (partition by {{ by }} order by bin asc) as upper_count,
            sum(bin_count) over (partition by {{ by }}) as all_count
        from binned

    ),

    groups as (

        select distinct
            {{ by }},
            all_count
        from ranked_bins

    ),

    wanted as (

        {%- for name, fraction in fractions.items() %}

        select
            {{ by }},
            '{{ name }}' as quantile_name,
            floor((all_count - 1) * cast({{ fraction }} as double)) as lower_rank,
            ceil((all_count - 1) * cast({{ fraction }} as double)) as upper_rank,
            (all_count - 1) * cast({{ fraction }} as double)
            - floor((all_count - 1) * cast({{ fraction }} as double)) as upper_weight
        from groups
        {{ 'union all' if not loop.last }}
        {%- endfor %}

    ),

    chosen_bins as (

        select distinct
            {% for key in keys %}ranked_bins.{{ key }}, {% endfor %}
            ranked_bins.bin,
            ranked_bins.upper_count - ranked_bins.bin_count as below_count
        from ranked_bins
        inner join wanted
            on {% for key in keys %}ranked_bins.{{ key }} = wanted.{{ key }} and {% endfor %}
            wanted.lower_rank < ranked_bins.upper_count
            and wanted.upper_rank >= ranked_bins.upper_count - ranked_bins.bin_count

    ),

    -- Without another CTE for the values, because engines materialise a CTE that is used twice.
    counted as (

        select
            {% for key in keys %}relation.{{ key }}, {% endfor %}
            relation.{{ value }} as value,
            chosen_bins.bin,
            chosen_bins.below_count,
            count(*) as value_count
        from {{ relation }} as relation
        inner join chosen_bins
            on {% for key in keys %}relation.{{ key }} = chosen_bins.{{ key }} and {% endfor %}
            {{ bin }} = chosen_bins.bin
        where {{ considered }}
        group by {% for key in keys %}relation.{{ key }}, {% endfor %}
            relation.{{ value }}, chosen_bins.bin, chosen_bins.below_count

    ),

    ranked as (

        select
            {{ by }},
            cast(value as double) as value,
            value_count,
            below_count + sum(value_count) over (partition by {{ by }}, bin order by value asc) as upper_count
        from counted

    ),

    picked as (

        select
            {% for key in keys %}wanted.{{ key }}, {% endfor %}
            wanted.quantile_name,
            wanted.upper_weight,
            max(ranked.value) filter (
                where wanted.lower_rank < ranked.upper_count and wanted.lower_rank >= ranked.upper_count - ranked.value_count
            ) as lower_value,
            max(ranked.value) filter (
                where wanted.upper_rank < ranked.upper_count and wanted.upper_rank >= ranked.upper_count - ranked.value_count
            ) as upper_value
        from wanted
        inner join ranked
            on {% for key in keys %}wanted.{{ key }} = ranked.{{ key }} and {% endfor %}
            wanted.lower_rank < ranked.upper_count
            and wanted.upper_rank >= ranked.upper_count - ranked.value_count
        group by {% for key in keys %}wanted.{{ key }}, {% endfor %} wanted.quantile_name, wanted.upper_weight

    )

    select
        {{ by }}
        {%- for name in fractions %},
        max(lower_value + (upper_value - lower_value) * upper_weight) filter (where quantile_name = '{{ name }}')
            as {{ name }}
        {%- endfor %}
    from picked
    group by {{ by }}
{% endmacro %}

{#-
    The whiskers of box plots, after Tukey: the last values within 1.5 interquartile ranges of the box, and the number of
    values outside. `boxes` has the quartiles in the columns p25 and p75, one row for each combination of `keys`.
-#}
{% macro box_whiskers(relation, boxes, keys, value, condition) %}
    select
        {%- for key in keys %}
        relation.{{ key }},
        {%- endfor %}
        min(relation.{{ value }}) filter (where relation.{{ value }} >= fenced.lower_fence) as lower_whisker_{{ value }},
        max(relation.{{ value }}) filter (where relation.{{ value }} <= fenced.upper_fence) as upper_whisker_{{ value }},
        count(*) filter (
            where relation.{{ value }} < fenced.lower_fence or relation.{{ value }} > fenced.upper_fence
        ) as outlier_count
    from {{ relation }} as relation
    inner join (
        select
            *,
            p25 - 1.5 * (p75 - p25) as lower_fence,
            p75 + 1.5 * (p75 - p25) as upper_fence
        from {{ boxes }}
    ) as fenced using ({{ keys | join(', ') }})
    where {{ condition }}
    group by {% for key in keys %}relation.{{ key }}{{ ', ' if not loop.last }}{% endfor %}
{% endmacro %}

{#- One quantile of some thousand values, as a double. -#}
{% macro quantile(column, fraction) -%}
    {{ element(quantiles(column, [fraction]), 1) }}
{%- endmacro %}

{#-
    interval_z for Student's t, by its degrees of freedom: the expansion of Cornish and Fisher (Abramowitz and Stegun
    26.7.5). It is exact to 0.1 % from 18 on, the least that `least_own_peaks` gives, and to 1 % from 9 on, the least that
    `least_clusters` gives.
-#}
{% macro student_quantile(freedom) -%}
    {%- set z = var('interval_z') | float -%}
    (
        {{ z }}
        + {{ '%.6f' | format((z ** 3 + z) / 4) }} / ({{ freedom }})
        + {{ '%.6f' | format((5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96) }} / power({{ freedom }}, 2)
        + {{ '%.6f' | format((3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384) }} / power({{ freedom }}, 3)
    )
{%- endmacro %}

{#- Bins of a ratio or a value, 0.1 % wide: change intervals need no finer ranks, and bins need little memory. -#}
{% macro log_bin(value) -%}
    case when {{ value }} > 0 then cast(round(ln({{ value }}) * 1000) as integer) end
{%- endmacro %}

{#-
    Ranks between which a quantile lies, a number of standard errors from its own rank. A rank below 1 or over n leaves that
    side open.
-#}
{% macro rank_below(n, fraction, errors) -%}
    floor({{ n }} * {{ fraction }} - {{ errors }})
{%- endmacro %}

{% macro rank_above(n, fraction, errors) -%}
    ceil({{ n }} * {{ fraction }} + {{ errors }}) + 1
{%- endmacro %}

{#-
    Verdict from intervals (low, high) of a change: worse if one is completely over the tolerance; better if one is completely
    under it and none over; same if all of them are within. `is_worse` and `is_better` are conditions with the same meaning
    for something that has no interval.
-#}
{% macro verdict_of(intervals, is_worse=none, is_better=none) -%}
    {%- set tolerance = var('change_tolerance_fraction') -%}
    case
        when {% for low, high in intervals %}{{ ' or ' if not loop.first }}coalesce({{ low }} > {{ tolerance }}, false){% endfor %}{{ ' or ' ~ is_worse if is_worse }} then 'worse'
        when {% for low, high in intervals %}{{ ' or ' if not loop.first }}coalesce({{ high }} < -{{ tolerance }}, false){% endfor %}{{ ' or ' ~ is_better if is_better }} then 'better'
        when {% for low, high in intervals %}{{ ' and ' if not loop.first }}{{ low }} >= -{{ tolerance }} and {{ high }} <= {{ tolerance }}{% endfor %} then 'same'
        else 'cannot_tell'
    end
{%- endmacro %}

{#-
    The smallest rise that would have been *worse* with an interval (a range of ratios) of the same width: its lower end would
    be just over the tolerance.
-#}
{% macro detectable_change(estimate, low) -%}
    (1 + {{ var('change_tolerance_fraction') }}) * (1 + {{ estimate }}) / (1 + {{ low }}) - 1
{%- endmacro %}

{#- The time that a task needs on the other nodes: the median over their medians, without this node. -#}
{% macro median_of_others(list, place, count) -%}
    (
        {{ element_of_others(list, place, whole_quotient(count, 2)) }}
        + {{ element_of_others(list, place, whole_quotient(count ~ ' - 1', 2) ~ ' + 1') }}
    ) / 2
{%- endmacro %}

{#- Element of a sorted list without one of its elements. -#}
{% macro element_of_others(list, place, position) -%}
    {{ element(list, position ~ ' + case when ' ~ position ~ ' >= ' ~ place ~ ' then 1 else 0 end') }}
{%- endmacro %}

{#- Sum of doubles that is the same in any order. Products of odd records are beyond 18 digits. -#}
{% macro exact_total(column) -%}
    cast(sum(cast({{ column }} as decimal(38, 6))) as double)
{%- endmacro %}

{#- Basis of a sum over slots: guess if too many of them are guesses, mixed if not all are of one kind. -#}
{% macro basis_of_slots(slot_count) -%}
    case
        when
            sum(case when basis = 'guess' then {{ slot_count }} else 0 end)
            > {{ var('most_guessed_fraction') }} * sum({{ slot_count }})
            then 'guess'
        when count(distinct case when {{ slot_count }} > 0 then basis end) > 1 then 'mixed'
        else coalesce(min(case when {{ slot_count }} > 0 then basis end), min(basis))
    end
{%- endmacro %}

{#-
    Chance that a standard normal variable exceeds z: half the complementary error function of z / sqrt(2), as a Chebyshev
    fit with a relative error below 1e-7 (Press et al., Numerical Recipes, erfcc).
-#}
{% macro normal_tail(z) -%}
    {%- set x = '(abs(' ~ z ~ ') / sqrt(2))' -%}
    {%- set t = '(1 / (1 + 0.5 * ' ~ x ~ '))' -%}
    {%- set coefficients = [
        0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368,
        -1.26551223,
    ] -%}
    {%- set tail = namespace(sum='0') -%}
    {%- for coefficient in coefficients -%}
        {%- set tail.sum = '(' ~ coefficient ~ ' + ' ~ t ~ ' * ' ~ tail.sum ~ ')' -%}
    {%- endfor -%}
    case
        when ({{ z }}) >= 0 then 0.5 * {{ t }} * exp({{ tail.sum }} - {{ x }} * {{ x }})
        else 1 - 0.5 * {{ t }} * exp({{ tail.sum }} - {{ x }} * {{ x }})
    end
{%- endmacro %}
