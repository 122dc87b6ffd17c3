{#- Definitions on attempts that several models share. -#}

{#- A killed attempt leaves nothing, so the aggregator calls it failed. -#}
{% macro is_lost_attempt() -%}
    status = 'failed'
    and source = 'provenance_graph'
    and exception_type is null
    and not has_prep
    and not has_end
    and not has_peak
    and not coalesce(has_log, false)
{%- endmacro %}
