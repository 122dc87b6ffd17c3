{#- BPS's rule of requests, and how requests are rounded. -#}

{#- A request in MiB, rounded up to the step that all requests share. -#}
{% macro request_up(mib) -%}
    cast(ceil({{ mib }} / {{ var('request_step_mib') }}) * {{ var('request_step_mib') }} as bigint)
{%- endmacro %}

{#-
    Memory of attempt n of a request: m_n = min(m_0 * multiplier ^ n, limit); without a limit, the multiplied request.
    The request's columns are request_memory_mib, memory_multiplier and memory_limit_mib.
-#}
{% macro memory_of_attempt(attempt) -%}
    least(
        request_memory_mib * power(memory_multiplier, {{ attempt }}),
        coalesce(cast(memory_limit_mib as double), 1e18)
    )
{%- endmacro %}
