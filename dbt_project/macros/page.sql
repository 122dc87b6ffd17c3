{#- The positions of the page's slider, and what it tells apart: constants of models/marts/page. -#}

{#- Step of the slider; a power of two, so that its multiples are exact. -#}
{% macro fine_step_gib() -%} 0.25 {%- endmacro %}

{#- Where the slider ends; beyond, steps are 1 GiB. -#}
{% macro fine_steps_end_gib() -%} 16 {%- endmacro %}

{#- Fields of a campaign that have a name on the page. -#}
{% macro named_field_count() -%} 8 {%- endmacro %}
