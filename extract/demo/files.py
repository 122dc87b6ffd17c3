"""Write a RUN as plain files: one metadata document and one log per quantum."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .documents import log_extra, log_records, metadata_document, to_json
from .plan import Execution, RunPlan

__all__ = ["dataset_path", "planned_files", "vanish", "write_files"]

_METADATA = frozenset({"successful", "unreadable", "vanished"})
_LOGS = _METADATA | {"failed", "lost_metadata"}


def planned_files(plan: RunPlan) -> Iterator[tuple[Execution, str]]:
    """List the files of a RUN.

    Parameters
    ----------
    plan : `RunPlan`
        The RUN.

    Yields
    ------
    execution : `Execution`
        The quantum in the RUN.
    kind : `str`
        ``metadata`` or ``log``.
    """
    for execution in plan.executions:
        if execution.state in _METADATA:
            yield execution, "metadata"
        if plan.keeps_logs and execution.state in _LOGS:
            yield execution, "log"


def dataset_path(execution: Execution, kind: str) -> str:
    """Give a dataset's path in the datastore, as the default file template writes it."""
    quantum = execution.quantum
    dataset_type = f"{quantum.task.label}_{kind}"
    folders = [
        str(quantum.facts[name])
        for name in ("tract", "patch", "day_obs", "band")
        if name in quantum.facts and name in quantum.key
    ]
    values = [pair.partition("=")[2] for pair in quantum.key.split(",") if pair]
    name = "_".join([dataset_type, *values, execution.run.replace("/", "_")])
    return "/".join([execution.run, dataset_type, *folders, f"{name}.json"])


def write_files(plan: RunPlan, repository: Path) -> int:
    """Write the files of a RUN.

    Parameters
    ----------
    plan : `RunPlan`
        The RUN.
    repository : `~pathlib.Path`
        Root of the repository, which is that of its datastore.

    Returns
    -------
    count : `int`
        How many files were written.
    """
    release = plan.campaign.release
    made: set[Path] = set()
    count = 0
    for execution, kind in planned_files(plan):
        path = repository / dataset_path(execution, kind)
        if path.parent not in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            made.add(path.parent)
        attempt = execution.attempts[-1]
        if kind == "metadata":
            content = to_json(metadata_document(execution, attempt, release))
            if execution.state == "unreadable":
                content = content[: len(content) // 2]
        else:
            content = _log(execution, plan)
        path.write_bytes(content)
        count += 1
    return count


def _log(execution: Execution, plan: RunPlan) -> bytes:
    """Write a log as pipe_base streams it: one record per line, then the other fields."""
    lines = [to_json(record) for record in log_records(execution, execution.attempts[-1])]
    extra = log_extra(execution, plan.campaign.release)
    if extra:
        lines += [b"###EXTRA###", to_json(extra)]
    return b"\n".join(lines) + b"\n"


def vanish(plan: RunPlan, repository: Path) -> None:
    """Remove the files that failing hardware lost after they were registered."""
    for execution, kind in planned_files(plan):
        if execution.state == "vanished" and kind == "metadata":
            (repository / dataset_path(execution, kind)).unlink()
