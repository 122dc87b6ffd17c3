{#- Bounds of possible measurements. The bounds are vars of dbt_project.yml; docs/methods.md gives the reasons. -#}

{#- Whether the value of a column is within its bounds; NULL if there is no value. -#}
{% macro is_in_range(kind, column) -%}
    {%- if kind == 'mark' -%}
    {{ column }} between 1 and {{ var('most_rss_bytes') }}
    {%- elif kind == 'instant' -%}
    {{ microseconds(column) }} >= {{ var('earliest_at_us') }}
    and coalesce({{ microseconds(column) }} <= {{ microseconds('extracted_at') }} + 86400000000, true)
    {%- elif kind == 'cpu_time' -%}
    {{ column }} between 0 and {{ var('most_cpu_time_s') }}
    {%- elif kind == 'wall_time' -%}
    {{ column }} between 0 and {{ var('most_wall_time_s') }}
    {%- else -%}
    {{ column }} between 0 and {{ var('most_counted') }}
    {%- endif -%}
{%- endmacro %}

{#-
    A value if it is possible, else NULL. `before` are the columns that the same clock recorded earlier: the value may not be
    below one of them. A mark may fall a little, because the kernel adds up the pages of a process late.
-#}
{% macro plausible(kind, column, before) -%}
    case
        when {{ is_in_range(kind, column) }}
        {%- if before and kind == 'mark' %}
            and {{ column }} >= coalesce(greatest({{ before | join(', ') }}, 0), 0) - {{ var('most_lag_bytes') }}
            then greatest({{ column }}, {{ before | join(', ') }})
        {%- elif before %}
            {%- for earlier in before %}
            and coalesce({{ column }} >= {{ earlier }}, true)
            {%- if kind == 'instant' %}
            and coalesce(
                {{ microseconds(column) }} - {{ microseconds(earlier) }} <= cast({{ var('most_wall_time_s') }} as bigint) * 1000000, true
            )
            {%- endif %}
            {%- endfor %}
            then {{ column }}
        {%- else %}
            then {{ column }}
        {%- endif %}
    end
{%- endmacro %}
