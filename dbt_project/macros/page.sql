{#- The positions of the page's slider, and what it tells apart: constants of fct_rss_steps. -#}

{#- Step of the slider; a power of two, so that its multiples are exact. -#}
{% macro fine_step_gib() -%} 0.25 {%- endmacro %}

{#- Where steps become 1 GiB, for the bars of a histogram. -#}
{% macro fine_steps_end_gib() -%} 16 {%- endmacro %}

{#- Where a doubling becomes four steps: few, however large a peak is. -#}
{% macro whole_steps_end_gib() -%} 64 {%- endmacro %}

{#- Least memory (GiB) of the steps that holds a peak of some GiB: exactly 6 GiB fits in 6 GiB. -#}
{% macro rss_step_gib(peak_gib) -%}
    case
        when {{ peak_gib }} <= {{ fine_steps_end_gib() }}
            then ceil({{ peak_gib }} / {{ fine_step_gib() }}) * {{ fine_step_gib() }}
        when {{ peak_gib }} <= {{ whole_steps_end_gib() }} then ceil({{ peak_gib }})
        else ceil({{ peak_gib }} / power(2, ceil(log2({{ peak_gib }})) - 3)) * power(2, ceil(log2({{ peak_gib }})) - 3)
    end
{%- endmacro %}

{#- Fields of a campaign that have a name on the page. -#}
{% macro named_field_count() -%} 8 {%- endmacro %}
