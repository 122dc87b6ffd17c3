{#- Groups whose totals differ between two models, without tolerance; one that the other lacks must total 0. -#}
{% test same_total(model, column_name, other, by) %}
    with

    ours as (

        select
            {{ by | join(', ') }},
            sum({{ column_name }}) as total
        from {{ model }}
        group by {{ by | join(', ') }}

    ),

    theirs as (

        select
            {{ by | join(', ') }},
            sum({{ column_name }}) as total
        from {{ other }}
        group by {{ by | join(', ') }}

    )

    select
        {%- for key in by %}
        coalesce(ours.{{ key }}, theirs.{{ key }}) as {{ key }},
        {%- endfor %}
        ours.total as our_total,
        theirs.total as their_total
    from ours
    full outer join theirs
        on {% for key in by %}{{ ' and ' if not loop.first }}ours.{{ key }} is not distinct from theirs.{{ key }}{% endfor %}
    where coalesce(ours.total, 0) is distinct from coalesce(theirs.total, 0)
{% endtest %}
