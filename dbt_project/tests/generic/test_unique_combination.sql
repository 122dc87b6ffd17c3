{#-
    Rows that share all of `columns`: the grain of the model is broken. NULL counts as a value.
    A hash finds suspects among millions of rows in little memory; only they are compared.
-#}
{% test unique_combination(model, columns) %}
    with

    suspects as (

        select {{ stable_hash(columns) }} as suspect_hash
        from {{ model }}
        group by suspect_hash
        having count(*) > 1

    )

    select
        {{ columns | join(',\n        ') }},
        count(*) as row_count
    from {{ model }}
    where {{ stable_hash(columns) }} in (select suspect_hash from suspects)
    group by {{ columns | join(', ') }}
    having count(*) > 1
{% endtest %}
