{%- set job = ['campaign', 'job_kind', 'job_label'] -%}

with

evidence as (

    select * from {{ ref('fct_job_evidence') }}

),

peaks as (

    select * from {{ ref('fct_job_peaks') }}

),

rules as (

    select * from {{ ref('int_request_rules') }}

),

-- Steps of the requests are fine enough to look for the least waste, and few.
steps as (

    select
        campaign,
        job_kind,
        job_label,
        {{ request_up('peak_mib') }} as peak_mib,
        {{ total_count('slot_count') }} as slot_count,
        sum(occupied_wall_time_s) as occupied_wall_time_s,
        sum(used_gib_s) as used_gib_s
    from peaks
    group by campaign, job_kind, job_label, {{ request_up('peak_mib') }}

),

ranked as (

    select
        campaign,
        job_kind,
        job_label,
        peak_mib,
        sum(slot_count) over (
            partition by campaign, job_kind, job_label order by peak_mib
        ) / sum(slot_count) over (partition by campaign, job_kind, job_label) as cumulative_fraction
    from steps

),

-- One candidate for every fiftieth of the jobs, and what its first and second multiple would just hold.
tried as (

    select
        campaign,
        job_kind,
        job_label,
        max(peak_mib) as peak_mib
    from ranked
    group by campaign, job_kind, job_label, floor(cumulative_fraction * 50)

),

exponents as (

    select {{ integers(0, 2) }} as exponent

),

candidates as (

    select distinct
        tried.campaign,
        tried.job_kind,
        tried.job_label,
        rules.memory_multiplier,
        rules.memory_limit_mib,
        rules.retries_count,
        rules.memory_bands_mib,
        {{ request_up('tried.peak_mib / power(rules.memory_multiplier, exponents.exponent)') }} as request_memory_mib
    from tried
    inner join rules on tried.campaign = rules.campaign
    cross join exponents

),

candidates_judged as (

    {{ request_outcomes('candidates', 'steps', job + ['request_memory_mib'], same_job('requests', 'peaks')) }}

),

least_waste as (

    select
        campaign,
        job_kind,
        job_label,
        request_memory_mib
    from candidates_judged
    qualify row_number() over (
        partition by campaign, job_kind, job_label
        order by unfinished_count asc, wasted_gib_h asc, retry_count asc, request_memory_mib asc
    ) = 1

),

requested as (

    select
        campaign,
        job_kind,
        job_label,
        'p95_retry' as policy,
        {{ request_up('p95_peak_rss_bytes / 1048576') }} as request_memory_mib
    from evidence

    union all

    select
        campaign,
        job_kind,
        job_label,
        'p99' as policy,
        {{ request_up('p99_peak_rss_bytes / 1048576') }} as request_memory_mib
    from evidence

    union all

    select
        campaign,
        job_kind,
        job_label,
        'max_margin' as policy,
        {{ request_up('max_peak_rss_bytes / 1048576 * (1 + ' ~ request_margin_fraction() ~ ')') }} as request_memory_mib
    from evidence

    union all

    select
        evidence.campaign,
        evidence.job_kind,
        evidence.job_label,
        'least_waste' as policy,
        least_waste.request_memory_mib
    from evidence
    left join least_waste
        on {{ same_job('evidence', 'least_waste') }}

    union all

    select
        campaign,
        job_kind,
        job_label,
        'current' as policy,
        current_request_memory_mib as request_memory_mib
    from evidence
    where current_request_memory_mib is not null

),

ruled as (

    select
        requested.*,
        rules.memory_multiplier,
        rules.memory_limit_mib,
        rules.retries_count,
        rules.memory_bands_mib
    from requested
    inner join rules on requested.campaign = rules.campaign

),

judged as (

    {{ request_outcomes('ruled', 'peaks', job + ['policy'], same_job('requests', 'peaks')) }}

),

final as (

    select
        ruled.campaign,
        ruled.job_kind,
        ruled.job_label,
        ruled.policy,
        evidence.task_labels,
        evidence.basis,
        evidence.current_request_source,
        evidence.slot_count,
        evidence.own_peak_count,
        evidence.own_peak_fraction,
        evidence.p50_peak_rss_bytes,
        evidence.p95_peak_rss_bytes,
        evidence.p99_peak_rss_bytes,
        evidence.max_peak_rss_bytes,
        ruled.request_memory_mib,
        evidence.current_request_memory_mib,
        ruled.request_memory_mib - evidence.current_request_memory_mib as request_difference_mib,
        {{ least_at_least('ruled.memory_bands_mib', 'ruled.request_memory_mib') }} as request_band_mib,
        ruled.memory_multiplier,
        ruled.memory_limit_mib,
        ruled.retries_count,
        {{ share('judged.killed_count', 'judged.slot_count') }} as killed_fraction,
        {{ share('judged.retry_count', 'judged.slot_count') }} as mean_retry_count,
        judged.unfinished_count,
        judged.wasted_gib_h,
        judged.used_gib_h,
        judged.banded_gib_h,
        {{ share('judged.wasted_gib_h', 'judged.wasted_gib_h + judged.used_gib_h') }} as wasted_fraction,
        evidence.own_peak_count >= case
            when ruled.policy = 'p99' then {{ least_own_peaks_p99() }}
            else {{ least_own_peaks() }}
        end as has_enough_evidence,
        evidence.is_focus
    from ruled
    inner join evidence
        on {{ same_job('ruled', 'evidence') }}
    left join judged
        on {{ same_job('ruled', 'judged') }}
        and ruled.policy = judged.policy

)

select * from final
