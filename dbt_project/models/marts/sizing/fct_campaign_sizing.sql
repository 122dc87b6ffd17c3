select
    campaign,
    memory_per_core_gib,
    basis,
    slot_count,
    quanta_count,
    unsized_quanta_count,
    widened_slot_count,
    largest_cores_count,
    unfit_quanta_count,
    needed_core_s,
    needed_core_h,
    charged_core_s,
    charged_core_h,
    overhead_fraction,
    idle_core_h,
    idle_fraction,
    work_cost,
    excess_cost_fraction,
    is_cheapest,
    is_nearly_cheapest
from {{ ref('int_choices_priced') }}
where stage is null
