{#-
    All SQL that only DuckDB understands, behind adapter.dispatch. Another engine needs its own version of this file, and no
    model changes. (The address of the Parquet files is in models/staging/_lake__sources.yml.)
-#}

{#- Time from one instant to a later one in seconds, exact to the microsecond: sums of it agree in any order. -#}
{% macro seconds_between(earlier, later) -%}
    {{ adapter.dispatch('seconds_between')(earlier, later) }}
{%- endmacro %}

{% macro duckdb__seconds_between(earlier, later) -%}
    cast((epoch_us({{ later }}) - epoch_us({{ earlier }})) / 1000000 as decimal(18, 6))
{%- endmacro %}

{#- Exact quantiles of a column with linear interpolation, as a list in the order of `fractions`. One list
    keeps one copy of the values; one aggregate per quantile would keep one copy each. For millions of values, use
    selected_quantiles. -#}
{% macro quantiles(column, fractions) -%}
    {{ adapter.dispatch('quantiles')(column, fractions) }}
{%- endmacro %}

{% macro duckdb__quantiles(column, fractions) -%}
    {#- DuckDB 2.0.0 interpolates equal values with a rounding error: a quantile may be below the minimum. #}
    list_transform(
        quantile_cont(cast({{ column }} as double), [{{ fractions | join(', ') }}]), lambda x: round(x, 3)
    )
{%- endmacro %}

{#- Element of a list, counted from 1. -#}
{% macro element(list, position) -%}
    {{ adapter.dispatch('element')(list, position) }}
{%- endmacro %}

{% macro duckdb__element(list, position) -%}
    {{ list }}[{{ position }}]
{%- endmacro %}

{#- Number of elements of a list, NULL for NULL. -#}
{% macro list_length(list) -%}
    {{ adapter.dispatch('list_length')(list) }}
{%- endmacro %}

{% macro duckdb__list_length(list) -%}
    len({{ list }})
{%- endmacro %}

{#- One row per element of a list, beside `columns` of its relation. -#}
{% macro unnested(list) -%}
    {{ adapter.dispatch('unnested')(list) }}
{%- endmacro %}

{% macro duckdb__unnested(list) -%}
    unnest({{ list }})
{%- endmacro %}

{#- Distinct values of a group as a sorted list. -#}
{% macro sorted_values(column) -%}
    {{ adapter.dispatch('sorted_values')(column) }}
{%- endmacro %}

{% macro duckdb__sorted_values(column) -%}
    list_sort(array_agg(distinct {{ column }}))
{%- endmacro %}

{#- 64-bit hash of the given columns, the same in every build. Use it for samples and to find candidates, never as a key. -#}
{% macro stable_hash(columns) -%}
    {{ adapter.dispatch('stable_hash')(columns) }}
{%- endmacro %}

{% macro duckdb__stable_hash(columns) -%}
    hash({{ columns | join(', ') }})
{%- endmacro %}

{#- Value of a key of a data ID (JSON text), as the given type; NULL if the key is absent. -#}
{% macro data_id_value(data_id, key, type) -%}
    {{ adapter.dispatch('data_id_value')(data_id, key, type) }}
{%- endmacro %}

{% macro duckdb__data_id_value(data_id, key, type) -%}
    try_cast({{ data_id }} ->> '$.{{ key }}' as {{ type }})
{%- endmacro %}

{#- Table of the entries (key, value) of a JSON document. -#}
{% macro json_members(document) -%}
    {{ adapter.dispatch('json_members')(document) }}
{%- endmacro %}

{% macro duckdb__json_members(document) -%}
    json_each({{ document }})
{%- endmacro %}

{#- Plain text of a JSON value. -#}
{% macro json_plain(value) -%}
    {{ adapter.dispatch('json_plain')(value) }}
{%- endmacro %}

{% macro duckdb__json_plain(value) -%}
    ({{ value }} ->> '$')
{%- endmacro %}

{#- Value of `column` in the row of a group where `rank` is largest. -#}
{% macro value_at_largest(column, rank) -%}
    {{ adapter.dispatch('value_at_largest')(column, rank) }}
{%- endmacro %}

{% macro duckdb__value_at_largest(column, rank) -%}
    arg_max({{ column }}, {{ rank }})
{%- endmacro %}

{#- Nullable text of the lake that models filter by. -#}
{% macro lake_text(column) -%}
    {{ adapter.dispatch('lake_text')(column) }}
{%- endmacro %}

{% macro duckdb__lake_text(column) -%}
    {#- DuckDB 2.0.0 pushes `is null` into Parquet and also finds text, if a chunk without a dictionary has one value and
        NULLs. A function prevents this (docs/methods.md; assert_absent_text_is_told_from_text checks it). #}
    nullif({{ column }}, '')
{%- endmacro %}

{#- A whole number as text, with a comma between thousands. -#}
{% macro thousands(value) -%}
    {{ adapter.dispatch('thousands')(value) }}
{%- endmacro %}

{% macro duckdb__thousands(value) -%}
    format('{:,}', cast({{ value }} as bigint))
{%- endmacro %}

{#- Integers from first to last, one per row, in a select list. -#}
{% macro integers(first, last) -%}
    {{ adapter.dispatch('integers')(first, last) }}
{%- endmacro %}

{% macro duckdb__integers(first, last) -%}
    unnest(range({{ first }}, {{ last }} + 1))
{%- endmacro %}

{#- Table of the entries (key, value) of a mapping inside a JSON document; empty if there is none. -#}
{% macro json_entries(document, name) -%}
    {{ adapter.dispatch('json_entries')(document, name) }}
{%- endmacro %}

{% macro duckdb__json_entries(document, name) -%}
    json_each({{ document }}, '$.{{ name }}')
{%- endmacro %}

{#- Text of a key of a JSON mapping; NULL if it is absent. -#}
{% macro json_text(document, name) -%}
    {{ adapter.dispatch('json_text')(document, name) }}
{%- endmacro %}

{% macro duckdb__json_text(document, name) -%}
    ({{ document }} ->> '$.{{ name }}')
{%- endmacro %}

{#- Number of a key of a JSON mapping, rounded up to an integer; NULL if it is absent or not a number. -#}
{% macro json_count(document, name) -%}
    cast(ceil(try_cast({{ json_text(document, name) }} as double)) as bigint)
{%- endmacro %}

{#- List of integers of a key of a JSON mapping; NULL if it is absent or not such a list. -#}
{% macro json_integers(document, name) -%}
    {{ adapter.dispatch('json_integers')(document, name) }}
{%- endmacro %}

{% macro duckdb__json_integers(document, name) -%}
    try_cast(json_extract({{ document }}, '$.{{ name }}') as bigint[])
{%- endmacro %}

{#- The smallest element of a list that is not below a value; NULL if there is none. -#}
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

{#- Elements of a list as one text. -#}
{% macro list_text(list, separator="'+'") -%}
    {{ adapter.dispatch('list_text')(list, separator) }}
{%- endmacro %}

{% macro duckdb__list_text(list, separator) -%}
    array_to_string({{ list }}, {{ separator }})
{%- endmacro %}

{#- Texts of a group as one, in the order of a column. -#}
{% macro joined_text(text, separator, place) -%}
    {{ adapter.dispatch('joined_text')(text, separator, place) }}
{%- endmacro %}

{% macro duckdb__joined_text(text, separator, place) -%}
    string_agg({{ text }}, {{ separator }} order by {{ place }})
{%- endmacro %}

{#- Values of a group as a sorted list, with repetitions. -#}
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

{#- The instant that is a number of microseconds after the epoch. -#}
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

{#- A value as text; engines have different names for the type. -#}
{% macro as_text(value) -%}
    {{ adapter.dispatch('as_text')(value) }}
{%- endmacro %}

{% macro duckdb__as_text(value) -%}
    cast({{ value }} as varchar)
{%- endmacro %}

{#-
    Chance that a fair coin gives a result at least as uneven as `heads` to `tails`: the exact two-sided sign test. It is
    McNemar's test if both count pairs that changed sides. Terms further from the edge of the tail than ten times the root
    of the number are below the precision of a double.
-#}
{% macro fair_coin_chance(heads, tails) -%}
    {{ adapter.dispatch('fair_coin_chance')(heads, tails) }}
{%- endmacro %}

{% macro duckdb__fair_coin_chance(heads, tails) -%}
    {%- set fewer = 'least(' ~ heads ~ ', ' ~ tails ~ ')' -%}
    {%- set all = '(' ~ heads ~ ' + ' ~ tails ~ ')' -%}
    least(1.0, 2 * list_sum(list_transform(
        range(greatest(0, {{ fewer }} - cast(10 * sqrt({{ all }}) as bigint)), {{ fewer }} + 1),
        lambda k: exp(lgamma({{ all }} + 1) - lgamma(k + 1) - lgamma({{ all }} - k + 1) - {{ all }} * ln(2))
    )))
{%- endmacro %}

-- When this build began, in UTC.
{% macro publication_instant() -%}
    {{ return(adapter.dispatch('publication_instant')()) }}
{%- endmacro %}

{% macro duckdb__publication_instant() -%}
    cast('{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S.%f") }}+00' as timestamptz)
{%- endmacro %}
