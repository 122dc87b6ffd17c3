-- What would each stage be charged on nodes of 4, 6 and 8 GiB per core, by what jobs request?
select
    campaign,
    stage,
    policy,
    memory_per_core_gib,
    basis,
    slot_count,
    needed_core_h,
    killed_core_h,
    charged_core_h,
    overhead_fraction,
    widened_slot_count,
    unfit_quanta_count
from {{ ref('fct_worker_sizing') }}
where memory_per_core_gib in (4, 6, 8)
order by campaign, stage, policy, memory_per_core_gib
