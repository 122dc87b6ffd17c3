"""Read what to buy: the charge of nodes of each memory per core, and the packing simulation."""

from __future__ import annotations

import pyarrow as pa

from ...warehouse import Warehouse
from ..detail import Detail

__all__ = ["SECTIONS", "tables"]

SECTIONS = {"buy": "Buy"}
"""Sections of the page by their IDs, with their names in the menu."""

_SIZING = """
    memory_per_core_gib, basis, slot_count, quanta_count, unsized_quanta_count,
    unfit_quanta_count, widened_slot_count, largest_cores_count, needed_core_h, charged_core_h,
    idle_core_h, overhead_fraction, idle_fraction, work_cost, excess_cost_fraction, is_cheapest,
    is_nearly_cheapest
"""


def sizing(warehouse: Warehouse) -> pa.Table:
    """List the charge of each memory per core if every job requests exactly its peak.

    Returns
    -------
    choices : `pyarrow.Table`
        One row per (campaign, stage, memory per core); ``stage`` is null for all stages
        together.
    """
    return warehouse.query(
        f"""
        with choices as (
            select campaign, stage, {_SIZING} from fct_worker_sizing where policy = 'exact'
            union all
            select campaign, null, {_SIZING} from fct_campaign_sizing where policy = 'exact'
        )
        select choices.*
        from choices
        join dim_campaigns using (campaign)
        left join fct_stage_usage as usage using (campaign, stage)
        order by campaign_position, stage_position nulls last, memory_per_core_gib
        """  # noqa: S608
    )


def requested(warehouse: Warehouse) -> pa.Table:
    """List the charge of each memory per core by each policy of requests, stages together."""
    return warehouse.query(
        """
        select
            campaign, policy, memory_per_core_gib, unsized_quanta_count,
            unfit_quanta_count, killed_core_h, charged_core_h, overhead_fraction, is_cheapest
        from fct_campaign_sizing
        join dim_campaigns using (campaign)
        where slot_count > 0
        order by campaign_position, policy, memory_per_core_gib
        """
    )


def nodes(warehouse: Warehouse) -> pa.Table:
    """List how the work of each stage fits on the nodes of the campaigns file."""
    return warehouse.query(
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


def packings(warehouse: Warehouse) -> pa.Table:
    """List the results of packing the slots of each stage on nodes of real shapes."""
    return warehouse.query(
        """
        select
            campaign, stage, node_type, cores_count, memory_gib, memory_per_core_gib,
            node_count, slot_count, sampled_slot_count, unfit_slot_count,
            makespan_wall_time_h, closed_form_utilisation_fraction,
            queue_core_utilisation_fraction, queue_memory_idle_fraction,
            queue_core_idle_fraction, excess_fraction, tied_excess_fraction
        from fct_node_packing
        join dim_campaigns using (campaign)
        join fct_stage_usage as usage using (campaign, stage)
        order by campaign_position, stage_position, cores_count, memory_per_core_gib
        """
    )


def tables(warehouse: Warehouse, detail: Detail) -> dict[str, pa.Table]:
    """Read what the page embeds for this question, by the name of each table.

    Parameters
    ----------
    warehouse : `~reports.warehouse.Warehouse`
        The warehouse.
    detail : `~reports.page.detail.Detail`
        Level of detail.
    """
    return {
        "sizing": sizing(warehouse),
        "requested": requested(warehouse),
        "nodes": nodes(warehouse),
        "packings": packings(warehouse),
    }
