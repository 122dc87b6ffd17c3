{#-
    Exact quantiles of many values in little memory, by selection: count the values in bins half a per cent wide, find the
    bins that hold the wanted ranks, and look at the single values of those alone. An aggregate of the engine holds every
    value instead, beyond its memory limit. As numpy and quantile_cont do it: rank (n - 1) * fraction, interpolated.

    A query: one row for each combination of `keys`, with the columns quantile_1, quantile_2, ... in the order of
    `fractions`; of equal values, each quantile is that value exactly, and quantiles never fall.
-#}
{% macro selected_quantiles(relation, keys, value, fractions, condition) %}
    {%- set by = keys | join(', ') %}
    {%- set considered = condition ~ ' and ' ~ value ~ ' is not null' %}
    {#- Monotone, which is all that selection needs: neighbouring values differ by more than ln is wrong. #}
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

        {%- for fraction in fractions %}

        select
            {{ by }},
            {{ loop.index }} as position,
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

    -- Not through one more name for the values: engines keep what is named and used twice.
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
            wanted.position,
            wanted.upper_weight,
            max(ranked.value) filter (
                wanted.lower_rank < ranked.upper_count and wanted.lower_rank >= ranked.upper_count - ranked.value_count
            ) as lower_value,
            max(ranked.value) filter (
                wanted.upper_rank < ranked.upper_count and wanted.upper_rank >= ranked.upper_count - ranked.value_count
            ) as upper_value
        from wanted
        inner join ranked
            on {% for key in keys %}wanted.{{ key }} = ranked.{{ key }} and {% endfor %}
            wanted.lower_rank < ranked.upper_count
            and wanted.upper_rank >= ranked.upper_count - ranked.value_count
        group by {% for key in keys %}wanted.{{ key }}, {% endfor %} wanted.position, wanted.upper_weight

    )

    select
        {{ by }}
        {%- for fraction in fractions %},
        max(lower_value + (upper_value - lower_value) * upper_weight) filter (position = {{ loop.index }})
            as quantile_{{ loop.index }}
        {%- endfor %}
    from picked
    group by {{ by }}
{% endmacro %}

{#-
    The whiskers of box plots, after Tukey: the last values within 1.5 interquartile ranges of the box, and how many lie
    beyond. `boxes` has the quartiles in the columns `lower` and `upper`, one row for each combination of `keys`.
-#}
{% macro box_whiskers(relation, boxes, keys, value, lower, upper, condition) %}
    select
        {%- for key in keys %}
        relation.{{ key }},
        {%- endfor %}
        min(relation.{{ value }}) filter (relation.{{ value }} >= fenced.lower_fence) as lower_whisker_{{ value }},
        max(relation.{{ value }}) filter (relation.{{ value }} <= fenced.upper_fence) as upper_whisker_{{ value }},
        count(*) filter (
            relation.{{ value }} < fenced.lower_fence or relation.{{ value }} > fenced.upper_fence
        ) as outlier_count
    from {{ relation }} as relation
    inner join (
        select
            *,
            {{ lower }} - 1.5 * ({{ upper }} - {{ lower }}) as lower_fence,
            {{ upper }} + 1.5 * ({{ upper }} - {{ lower }}) as upper_fence
        from {{ boxes }}
    ) as fenced
        on {% for key in keys %}relation.{{ key }} = fenced.{{ key }}{{ ' and ' if not loop.last }}{% endfor %}
    where {{ condition }}
    group by {% for key in keys %}relation.{{ key }}{{ ', ' if not loop.last }}{% endfor %}
{% endmacro %}
