-- Values of each matched quantum that are compared, in bins of 0.1 %, with the group that it is drawn with. The group
-- is its whole visit (else tract, else night), or several of them if there are many.
with

valued as (

    {%- set measures = [
        ('max_rss_ratio', 'after_max_rss_bytes / nullif(before_max_rss_bytes, 0)', 'has_own_peaks'),
        ('before_max_rss', 'before_max_rss_bytes', 'has_own_peaks'),
        ('after_max_rss', 'after_max_rss_bytes', 'has_own_peaks'),
        ('wall_time_ratio',
            'cast(after_total_wall_time_s as double) / nullif(cast(before_total_wall_time_s as double), 0)', 'true'),
        ('cpu_time_ratio', 'after_total_cpu_time_s / nullif(before_total_cpu_time_s, 0)', 'true'),
    ] %}
    {%- for measure, value, condition in measures %}

    select
        before_campaign,
        after_campaign,
        stage,
        task_label,
        '{{ measure }}' as measure,
        {{ stable_hash(['cluster_name']) }} % {{ var('most_drawn_groups') }} as drawn_group,
        {{ log_bin(value) }} as log_bin
    from {{ ref('fct_matched_quanta') }}
    where {{ condition }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

final as (

    select * from valued
    where log_bin is not null

)

select * from final
