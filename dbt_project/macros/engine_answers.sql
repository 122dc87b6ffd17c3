{#-
    What only DuckDB understands in the marts of sizing, requests, changes and timeline, each behind adapter.dispatch as in engine.sql.
-#}

{#- Integers from first to last, one a row, in a select list. -#}
{% macro integers(first, last) -%}
    {{ adapter.dispatch('integers')(first, last) }}
{%- endmacro %}

{% macro duckdb__integers(first, last) -%}
    unnest(range({{ first }}, {{ last }} + 1))
{%- endmacro %}

{#- Table of the entries (key, value) of a mapping inside a JSON document, empty where there is none. -#}
{% macro json_entries(document, name) -%}
    {{ adapter.dispatch('json_entries')(document, name) }}
{%- endmacro %}

{% macro duckdb__json_entries(document, name) -%}
    json_each({{ document }}, '$.{{ name }}')
{%- endmacro %}

{#- Text of a key of a JSON mapping; NULL where it is absent. -#}
{% macro json_text(document, name) -%}
    {{ adapter.dispatch('json_text')(document, name) }}
{%- endmacro %}

{% macro duckdb__json_text(document, name) -%}
    ({{ document }} ->> '$.{{ name }}')
{%- endmacro %}

{#- Number of a key of a JSON mapping, rounded up to a whole one; NULL where it is absent or no number. -#}
{% macro json_count(document, name) -%}
    cast(ceil(try_cast({{ json_text(document, name) }} as double)) as bigint)
{%- endmacro %}

{#- List of whole numbers of a key of a JSON mapping; NULL where it is absent or none. -#}
{% macro json_integers(document, name) -%}
    {{ adapter.dispatch('json_integers')(document, name) }}
{%- endmacro %}

{% macro duckdb__json_integers(document, name) -%}
    try_cast(json_extract({{ document }}, '$.{{ name }}') as bigint[])
{%- endmacro %}

{#- The smallest element of a list that is not below a value; NULL where there is none. -#}
{% macro least_at_least(list, value) -%}
    {{ adapter.dispatch('least_at_least')(list, value) }}
{%- endmacro %}

{% macro duckdb__least_at_least(list, value) -%}
    list_min(list_filter({{ list }}, lambda element: element >= {{ value }}))
{%- endmacro %}

{#- Parts of a text between commas, as a list. -#}
{% macro text_parts(text) -%}
    {{ adapter.dispatch('text_parts')(text) }}
{%- endmacro %}

{% macro duckdb__text_parts(text) -%}
    string_split({{ text }}, ',')
{%- endmacro %}

{#- Elements of a list as one text, with + between. -#}
{% macro list_text(list) -%}
    {{ adapter.dispatch('list_text')(list) }}
{%- endmacro %}

{% macro duckdb__list_text(list) -%}
    array_to_string({{ list }}, '+')
{%- endmacro %}

{#- Values of a group as a sorted list, repeated ones too. -#}
{% macro sorted_list(column) -%}
    {{ adapter.dispatch('sorted_list')(column) }}
{%- endmacro %}

{% macro duckdb__sorted_list(column) -%}
    list_sort(array_agg({{ column }}))
{%- endmacro %}

{#- Microseconds since the epoch. -#}
{% macro microseconds(instant) -%}
    {{ adapter.dispatch('microseconds')(instant) }}
{%- endmacro %}

{% macro duckdb__microseconds(instant) -%}
    epoch_us({{ instant }})
{%- endmacro %}

{#- The instant that lies so many microseconds after the epoch. -#}
{% macro instant(microseconds) -%}
    {{ adapter.dispatch('instant')(microseconds) }}
{%- endmacro %}

{% macro duckdb__instant(microseconds) -%}
    make_timestamptz({{ microseconds }})
{%- endmacro %}

{#- Whole quotient of two integers, rounded towards 0. -#}
{% macro whole_quotient(dividend, divisor) -%}
    {{ adapter.dispatch('whole_quotient')(dividend, divisor) }}
{%- endmacro %}

{% macro duckdb__whole_quotient(dividend, divisor) -%}
    (({{ dividend }}) // ({{ divisor }}))
{%- endmacro %}

{#- Field of a structure. -#}
{% macro field(structure, name) -%}
    {{ adapter.dispatch('field')(structure, name) }}
{%- endmacro %}

{% macro duckdb__field(structure, name) -%}
    {{ structure }}.{{ name }}
{%- endmacro %}
