"""What the page reads of the answers: what to buy, what to request, what changed."""

from __future__ import annotations

import pyarrow as pa

from reports.marts import Marts

__all__ = ["AnswerMarts"]

_SIZING = """
    memory_per_core_gib, basis, slot_count, quanta_count, unsized_quanta_count,
    unfit_quanta_count, widened_slot_count, largest_cores_count, needed_core_h, charged_core_h,
    idle_core_h, overhead_fraction, idle_fraction, work_cost, excess_cost_fraction, is_cheapest,
    is_nearly_cheapest
"""


class AnswerMarts(Marts):
    """The part of a warehouse that answers questions of purchase, requests and releases."""

    def page_sizing(self) -> pa.Table:
        """List what each memory per core would charge, by campaign and stage.

        Returns
        -------
        choices : `pyarrow.Table`
            One row per (campaign, stage, memory per core); ``stage`` is null for all stages
            together.
        """
        return self._query(
            f"""
            with choices as (
                select campaign, stage, {_SIZING} from fct_worker_sizing
                union all
                select campaign, null, {_SIZING} from fct_campaign_sizing
            )
            select choices.*
            from choices
            join dim_campaigns using (campaign)
            left join fct_stage_usage as usage using (campaign, stage)
            order by campaign_position, stage_position nulls last, memory_per_core_gib
            """  # noqa: S608  (constants of this module)
        )

    def page_nodes(self) -> pa.Table:
        """List how the work of each stage fits on the nodes of the campaigns file."""
        return self._query(
            """
            select
                campaign, stage, node_type, cores_count, memory_gib, memory_per_core_gib,
                fits.quanta_count, unfit_quanta_count, unfit_wall_time_h, needed_core_h,
                charged_core_h, overhead_fraction
            from fct_node_fit as fits
            join dim_campaigns using (campaign)
            join fct_stage_usage as usage using (campaign, stage)
            order by campaign_position, stage_position, node_type
            """
        )
