"""Print what is missing: stages, tasks and data IDs, only from marts.

SQL makes the verdicts; nothing is decided here.
"""

from __future__ import annotations

import duckdb
from rich.console import Console
from rich.markup import escape

__all__ = ["report"]

_SHOWN_TASKS = 8
_SHOWN_DATA_IDS = 5


def report(connection: duckdb.DuckDBPyConnection, console: Console) -> bool:
    """Print one paragraph for each stage that is not complete.

    Parameters
    ----------
    connection : `duckdb.DuckDBPyConnection`
        The new warehouse.
    console : `rich.console.Console`
        Console for the output.

    Returns
    -------
    complete : `bool`
        False if a stage has a gap that the campaigns file does not declare, or has more quanta
        than its graphs.
    """
    stages = connection.execute("""
        select
            campaign, stage, completeness_verdict, gap_count, expected_count, is_empty,
            incomplete_reason
        from fct_stage_usage
        where completeness_verdict != 'complete'
        order by campaign, stage_position
    """).fetchall()
    complete = _report_unexpected(connection, console)
    _report_implausible(connection, console)
    for campaign, stage, verdict, gap_count, expected_count, is_empty, reason in stages:
        where = f"{campaign}, {stage}"
        if is_empty:
            what = "the lake has no data of this stage"
        else:
            verb = "is" if gap_count == 1 else "are"
            # Without a graph, quanta may be lost that were not expected.
            of_all = f"{gap_count:,} of {_quanta(expected_count, 'expected ')}"
            known = of_all if expected_count >= gap_count else _quanta(gap_count)
            what = f"{known} {verb} not accounted for"
        if verdict == "incomplete":
            complete = False
            console.print(f"[red]Error[/]: {where}: {what}")
            _print_tasks(connection, console, campaign, stage, shown_data_ids=_SHOWN_DATA_IDS)
            if is_empty:
                remedy = "Correct its collections"
            else:
                remedy = "fct_missing_quanta lists these quanta. Run them again"
            console.print(
                f"  {remedy}, or declare the gap with `incomplete:` in the campaigns file."
            )
        elif verdict == "declared":
            # A declared gap: only its tasks are named. The list is in the warehouse.
            console.print(f"[yellow]Warning[/]: {where}: {what}; declared: {escape(reason)}")
            _print_tasks(connection, console, campaign, stage, shown_data_ids=0)
        else:
            console.print(
                f"notice: {where}: unverified: no graph says for all tasks which quanta were "
                "expected (name predicted graphs with `quantum_graphs:` in the campaigns file)"
            )
    return complete


def _quanta(count: int, kind: str = "") -> str:
    """Write a number of quanta of a kind, in singular or plural."""
    return f"{count:,} {kind}{'quantum' if count == 1 else 'quanta'}"


def _report_unexpected(connection: duckdb.DuckDBPyConnection, console: Console) -> bool:
    """Name tasks that have more quanta than the known graph of their own RUN."""
    tasks = connection.execute("""
        select campaign, stage, task_label, unexpected_count
        from fct_task_completeness
        where unexpected_count > 0 and incomplete_reason is null
        order by all
    """).fetchall()
    for campaign, stage, task_label, count in tasks:
        where = f"{campaign}, {stage}, {escape(task_label)}"
        console.print(
            f"[red]Error[/]: {where}: {_quanta(count)} beyond the graph of their own RUN: name "
            "every graph of that RUN under `quantum_graphs:` of the stage"
        )
    return not tasks


def _report_implausible(connection: duckdb.DuckDBPyConnection, console: Console) -> None:
    """Warn once of impossible values, with task and data ID of the first quanta."""
    rows = connection.execute(
        """
        select
            campaign, stage, task_label, data_id, implausible_reason,
            count(*) over () as row_count
        from fct_quanta
        where is_implausible
        order by campaign, stage, task_label, data_id, run
        limit ?
        """,
        [_SHOWN_DATA_IDS],
    ).fetchall()
    if not rows:
        return
    count = rows[0][-1]
    verb = "has" if count == 1 else "have"
    console.print(
        f"[yellow]Warning[/]: {_quanta(count)} {verb} impossible values, which are left out"
    )
    for campaign, stage, task_label, data_id, reason, _ in rows:
        console.print(
            f"  {campaign}, {stage}, {escape(task_label)}, {escape(data_id)}: {escape(reason)}"
        )
    if count > len(rows):
        console.print(f"  and {count - len(rows):,} more: fct_quanta where is_implausible")


def _print_tasks(
    connection: duckdb.DuckDBPyConnection,
    console: Console,
    campaign: str,
    stage: str,
    *,
    shown_data_ids: int,
) -> None:
    """Name the tasks with a gap, and the first data IDs of each."""
    tasks = connection.execute(
        """
        select
            task_label,
            sum(quanta_count) as gap_count,
            string_agg(distinct problem, ', ' order by problem) as problems,
            list_slice(
                list(data_id order by data_id) filter (data_id is not null), 1, ?
            ) as data_ids
        from fct_missing_quanta
        where campaign = ? and stage = ? and is_gap
        group by task_label
        order by gap_count desc, task_label
        """,
        [_SHOWN_DATA_IDS, campaign, stage],
    ).fetchall()
    for task_label, gap_count, problems, data_ids in tasks[:_SHOWN_TASKS]:
        console.print(f"  {escape(task_label)}: {int(gap_count):,} ({problems})")
        shown = (data_ids or [])[:shown_data_ids]
        for data_id in shown:
            console.print(f"    {escape(data_id)}")
        if shown and gap_count > len(shown):
            console.print(f"    and {int(gap_count) - len(shown):,} more")
    if len(tasks) > _SHOWN_TASKS:
        console.print(f"  and {len(tasks) - _SHOWN_TASKS} more tasks")
