-- Promise: a filter on NULL finds the same rows of the lake as counting them does.
-- Harm: DuckDB 2.0.0 takes text for NULL in a filter, where a Parquet column chunk is encoded without a dictionary and
-- holds one distinct value beside NULLs: inputs of a stage then count as its own RUNs, headers as quanta.
-- Limits: the columns that models filter by; staging reads them through lake_text, which avoids the fault.
{%- set columns = [
    ('stg_lake__runs', 'set_aside_for_stage'),
    ('stg_lake__expectations', 'data_id'),
    ('stg_lake__stages', 'incomplete_reason'),
    ('stg_lake__campaigns', 'focus_label'),
] %}

with

{% for model, column in columns %}
filtered_{{ loop.index }} as (

    select count(*) as filtered_count
    from {{ ref(model) }}
    where {{ column }} is null

),

counted_{{ loop.index }} as (

    select count(*) - count({{ column }}) as null_count
    from {{ ref(model) }}

),
{% endfor %}
compared as (

    {%- for model, column in columns %}

    select
        '{{ model }}.{{ column }}' as lake_column,
        filtered_{{ loop.index }}.filtered_count,
        counted_{{ loop.index }}.null_count
    from filtered_{{ loop.index }}
    cross join counted_{{ loop.index }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

)

select *
from compared
where filtered_count != null_count
