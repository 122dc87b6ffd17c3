"""The axis of time of a stage, for figures."""

from __future__ import annotations

import pyarrow as pa

from ...warehouse import Warehouse

__all__ = ["time_parts"]


def time_parts(warehouse: Warehouse, campaign: str, stage: str) -> tuple[pa.Table, pa.Table]:
    """Get the parts of a stage's time axis, and the round instants on it.

    Parameters
    ----------
    warehouse : `~reports.warehouse.Warehouse`
        The warehouse.
    campaign, stage : `str`
        Which one.

    Returns
    -------
    spells, ticks : `pyarrow.Table`
        As `reports.look.time_axis` takes them; places are in bins.
    """
    of_stage = [campaign, stage]
    spells = warehouse.query(
        """
        select
            spell_position,
            coalesce(lag(axis_position + bin_count) over (order by spell_position), 0)
                as margin_begin,
            axis_position,
            axis_position + bin_count as axis_end,
            strftime(started_at, '%Y-%m-%d %H:%M') as began
        from fct_time_spells
        where campaign = $1 and stage = $2
        order by spell_position
        """,
        of_stage,
    )
    ticks = warehouse.query(
        """
        select axis_position, ticked_at
        from fct_time_ticks
        where campaign = $1 and stage = $2
        order by ticked_at
        """,
        of_stage,
    )
    return spells, ticks
