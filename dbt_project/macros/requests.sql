{#- BPS's rule of requests, and how requests are rounded. -#}

{#- A request in MiB, rounded up to the step that all requests share. -#}
{% macro request_up(mib) -%}
    cast(ceil(({{ mib }}) / {{ var('request_step_mib') }}) * {{ var('request_step_mib') }} as bigint)
{%- endmacro %}

{#-
    BPS's rule, as HTCondor carries it out: the first attempt has its request, whatever the limit; attempt n has
    min(m_0 * multiplier ^ n, limit), in whole MiB. An attempt that had the limit, or more, is the last.
    The request's columns are request_memory_mib, memory_multiplier, memory_limit_mib and retries_count.
-#}
{% macro scaled_memory(attempt) -%}
    least(
        floor(request_memory_mib * power(memory_multiplier, {{ attempt }})),
        coalesce(cast(memory_limit_mib as double), 1e18)
    )
{%- endmacro %}

{% macro memory_of_attempt(attempt) -%}
    case when {{ attempt }} = 0 then cast(request_memory_mib as double) else {{ scaled_memory(attempt) }} end
{%- endmacro %}

{#- Whether a job that was killed in attempt n is tried again. -#}
{% macro is_tried_again(attempt) -%}
    ({{ attempt }} < retries_count and {{ scaled_memory(attempt) }} < coalesce(cast(memory_limit_mib as double), 1e18))
{%- endmacro %}

{#- Whether a job that was killed for its memory gets more: HTCondor does that, and a multiplier of 1 turns it off. -#}
{% macro scales() -%}
    (wms = 'htcondor' and coalesce(memory_multiplier, 1) > 1)
{%- endmacro %}
