{#- BPS's rule of requests, and how requests are rounded. -#}

{#- A request in MiB, rounded up to the step that all requests share. -#}
{% macro request_up(mib) -%}
    cast(ceil(({{ mib }}) / {{ var('request_step_mib') }}) * {{ var('request_step_mib') }} as bigint)
{%- endmacro %}

{#-
    BPS's rule, as HTCondor applies it: the first attempt has its request, for any limit. Attempt n has
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

{#- Whether a job that was killed for its memory gets more. Only HTCondor does this, and a multiplier of 1 turns it off. -#}
{% macro scales() -%}
    (wms = 'htcondor' and coalesce(memory_multiplier, 1) > 1)
{%- endmacro %}

{#-
    Every attempt of the peaks of a job under BPS's rule, one row for each request, peak and attempt. It has the columns of
    `requests` (a key of campaign, job_kind and job_label, and those of the rule), memory_mib, is_killed, is_tried_again,
    and the counts of `peaks`. An attempt is killed if the peak is over its memory.
-#}
{% macro attempts_at_peaks(requests, peaks, peak_mib='peak_mib') %}
    select
        {{ requests }}.*,
        attempts.attempt,
        {{ peaks }}.slot_count,
        {{ peaks }}.occupied_wall_time_s,
        {{ peaks }}.used_gib_s,
        {{ memory_of_attempt('attempts.attempt') }} as memory_mib,
        {{ peaks }}.{{ peak_mib }} > {{ memory_of_attempt('attempts.attempt') }} as is_killed,
        {{ is_tried_again('attempts.attempt') }} as is_tried_again
    from {{ requests }}
    inner join {{ peaks }}
        on {{ requests }}.campaign = {{ peaks }}.campaign
        and {{ requests }}.job_kind = {{ peaks }}.job_kind
        and {{ requests }}.job_label = {{ peaks }}.job_label
    inner join (select {{ integers(0, var('most_retries')) }} as attempt) as attempts
        on {{ requests }}.retries_count >= attempts.attempt
    where
        attempts.attempt = 0
        or (
            {{ peaks }}.{{ peak_mib }} > {{ memory_of_attempt('attempts.attempt - 1') }}
            and {{ is_tried_again('attempts.attempt - 1') }}
        )
{% endmacro %}

{#- Memory-time requested and not used over such attempts. A killed attempt lasts as long as the job and is wasted. -#}
{% macro wasted_gib_h() -%}
    round(
        sum(
            memory_mib / 1024 * cast(occupied_wall_time_s as double)
            - case when is_killed then 0 else cast(used_gib_s as double) end
        ) / 3600,
        6
    )
{%- endmacro %}
