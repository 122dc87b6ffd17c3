{#- Conversions and flags that several models share: one definition each. -#}

{% macro gib_bytes() -%} cast(1073741824 as bigint) {%- endmacro %}

{% macro gib(column) -%}
    (({{ column }}) / cast({{ gib_bytes() }} as double))
{%- endmacro %}

{#- Hours from exact seconds. -#}
{% macro hours(seconds) -%}
    (cast({{ seconds }} as double) / 3600)
{%- endmacro %}

{#- A share; NULL, not an error and not 0, if the whole is 0. -#}
{% macro share(part, whole) -%}
    (cast({{ part }} as double) / nullif(cast({{ whole }} as double), 0))
{%- endmacro %}

{#- Bit of lsst.pipe.base.QuantumSuccessCaveats: adjustQuantum raised NoWorkFound. -#}
{% macro adjust_quantum_raised() -%} 8 {%- endmacro %}

{#- Sum of counts, cast to the type of a count, which engines would widen. -#}
{% macro total_count(column) -%}
    cast(sum({{ column }}) as bigint)
{%- endmacro %}

{#- Core-seconds of the rows of a condition, exact. -#}
{% macro exact_core_s(cores, condition) -%}
    cast(
        coalesce(sum(occupied_wall_time_s * cast({{ cores }} as bigint)) filter (where {{ condition }}), 0)
        as decimal(38, 6)
    )
{%- endmacro %}

{#- Cores that a slot takes on nodes with a given memory (GiB) per core: at least its CPUs, and enough for its memory. -#}
{% macro cores_held(cpus_count, memory_gib, memory_per_core_gib) -%}
    cast(greatest({{ cpus_count }}, ceil(({{ memory_gib }}) / ({{ memory_per_core_gib }}))) as bigint)
{%- endmacro %}

{#- Least whole number of MiB that is enough for a number of bytes. -#}
{% macro mib_up(bytes) -%}
    cast(ceil(({{ bytes }}) / 1048576) as bigint)
{%- endmacro %}

{#- Smallest step of memory (GiB) in which a peak (GiB) fits: exactly 6 GiB fits in 6 GiB. -#}
{% macro rss_step_gib(peak_gib) -%}
    case
        when {{ peak_gib }} <= {{ var('fine_steps_end_gib') }}
            then ceil({{ peak_gib }} / {{ var('fine_step_gib') }}) * {{ var('fine_step_gib') }}
        when {{ peak_gib }} <= {{ var('whole_steps_end_gib') }} then ceil({{ peak_gib }})
        else ceil({{ peak_gib }} / power(2, ceil(log2({{ peak_gib }})) - 3)) * power(2, ceil(log2({{ peak_gib }})) - 3)
    end
{%- endmacro %}
