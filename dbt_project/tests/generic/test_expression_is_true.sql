{#- Rows for which the expression is not true. NULL fails: an identity of absent values holds nothing. -#}
{% test expression_is_true(model, expression) %}
    select *
    from {{ model }}
    where ({{ expression }}) is not true
{% endtest %}
