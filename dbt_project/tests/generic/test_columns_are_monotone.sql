{#- Rows in which a column is less than one before it in the list. NULLs are passed over. -#}
{% test columns_are_monotone(model, columns) %}
    select *
    from {{ model }}
    where
        false
        {%- for earlier in columns %}
        {%- for later in columns[loop.index:] %}
        or {{ earlier }} > {{ later }}
        {%- endfor %}
        {%- endfor %}
{% endtest %}
