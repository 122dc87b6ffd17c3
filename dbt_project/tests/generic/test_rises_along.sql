{#- Rows in which an expression is less than in the row before, in the order of `along` within `by`. -#}
{% test rises_along(model, columns, along, by) %}
    with

    steps as (

        select
            {{ by | join(', ') }},
            {{ along }},
            {%- for column in columns %}
            {{ column }} as value_{{ loop.index }},
            lag({{ column }}) over (partition by {{ by | join(', ') }} order by {{ along }}) as previous_{{ loop.index }}
            {{- ',' if not loop.last }}
            {%- endfor %}
        from {{ model }}

    )

    select *
    from steps
    where
        false
        {%- for column in columns %}
        or value_{{ loop.index }} < previous_{{ loop.index }}
        {%- endfor %}
{% endtest %}
