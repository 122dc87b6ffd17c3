{#- One row when the model is empty: an empty warehouse passes every other test. -#}
{% test at_least_one_row(model) %}
    select count(*) as row_count
    from {{ model }}
    having count(*) = 0
{% endtest %}
