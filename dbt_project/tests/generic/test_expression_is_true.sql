{#- Rows for which the expression is not true. NULL fails, because an identity of absent values is no evidence. -#}
{% test expression_is_true(model, expression) %}
    select *
    from {{ model }}
    where ({{ expression }}) is not true
{% endtest %}
