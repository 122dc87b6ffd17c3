"""Make metadata and log documents of one attempt, with the keys and forms of real ones.

Shapes follow `lsst.utils.timer`, ``single_quantum_executor`` and ``log_capture`` of
``lsst.pipe.base``; values come from the plan.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from typing import Any

from .model import Release
from .plan import Attempt, Execution, Instant
from .sky import uniform

__all__ = ["exception_document", "log_extra", "log_records", "metadata_document", "to_json"]

_PREFIXES = ("prep", "init", "start", "end")
_NO_WORK_PREFIXES = ("prep", "end")
_NULL_EVERY = 40
"""One of this many calibrateImage documents of v30.0.0.rc2 has null in place of NaN."""


def to_json(document: Any) -> bytes:  # noqa: ANN401
    """Write a document as JSON text; NaN stays the constant that `TaskMetadata` writes."""
    return json.dumps(document, separators=(",", ":")).encode()


def _iso(at: float) -> str:
    """Write a time in UTC with its offset, like releases on Python 3.11 and later."""
    return dt.datetime.fromtimestamp(at, dt.UTC).isoformat(timespec="microseconds")


def _usage(prefix: str, instant: Instant) -> dict[str, list[Any]]:
    """Give the keys of one instant as `lsst.utils.timer.logInfo` writes them."""
    return {
        f"{prefix}Utc": [_iso(instant.at)],
        f"{prefix}CpuTime": [instant.user_time + instant.system_time],
        f"{prefix}UserTime": [instant.user_time],
        f"{prefix}SystemTime": [instant.system_time],
        f"{prefix}MaxResidentSetSize": [instant.max_rss],
        f"{prefix}MinorPageFaults": [instant.faults[0]],
        f"{prefix}MajorPageFaults": [instant.faults[1]],
        f"{prefix}BlockInputs": [instant.blocks[0]],
        f"{prefix}BlockOutputs": [instant.blocks[1]],
        f"{prefix}VoluntaryContextSwitches": [instant.switches[0]],
        f"{prefix}InvoluntaryContextSwitches": [instant.switches[1]],
    }


def _section(
    scalars: dict[str, Any],
    arrays: dict[str, Any] | None = None,
    metadata: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Make one level of a `TaskMetadata` document."""
    return {"scalars": scalars, "arrays": arrays or {}, "metadata": metadata or {}}


def _butler_metrics(execution: Execution, attempt: Attempt, release: Release) -> dict[str, Any]:
    """Give times and counts of Butler calls; the old weekly did not record ingests."""
    wall = attempt.instants[-1].at - attempt.instants[0].at
    gets = max(1, len(execution.quantum.parents))
    share = 0.02 + 0.06 * uniform(execution.quantum.key, "get")
    metrics: dict[str, Any] = {
        "time_in_put": round(0.4 * share * wall, 6),
        "time_in_get": round(share * wall, 6),
        "n_get": gets,
        "n_put": 1,
    }
    if not release.is_old:
        metrics |= {"time_in_ingest": 0.0, "n_ingest": 0}
    return metrics


def _task_sections(execution: Execution, release: Release, node: str) -> dict[str, Any]:
    """Give the sections that the task itself writes."""
    label = execution.quantum.task.label
    sections = {label: _section({"__version__": 1, "nodeName": node})}
    if label == "calibrateImage":
        draw = uniform(execution.quantum.key, "psf")
        chi2: float | None = round(0.8 + 0.6 * draw, 6)
        if draw < 1 / _NULL_EVERY and release.label == "v30.0.0.rc2":
            chi2 = None
        elif draw < 1 / _NULL_EVERY and release.is_old:
            chi2 = math.nan
        sections["calibrateImage:psf_measure_psf"] = _section(
            {
                "__version__": 1,
                "nodeName": node,
                "spatialFitChi2": chi2,
                "numAvailStars": 200 + int(200 * draw),
                "numGoodStars": 180 + int(190 * draw),
            }
        )
    return sections


def metadata_document(execution: Execution, attempt: Attempt, release: Release) -> dict[str, Any]:
    """Make the metadata of one attempt.

    Parameters
    ----------
    execution : `Execution`
        The quantum in its RUN.
    attempt : `Attempt`
        The attempt; with two instants only for a quantum whose adjustQuantum found no work.
    release : `Release`
        The release, for details that changed from one to the next.

    Returns
    -------
    document : `dict`
        What `TaskMetadata` reads.
    """
    if len(attempt.instants) == len(_NO_WORK_PREFIXES):
        prefixes: tuple[str, ...] = _NO_WORK_PREFIXES
        sections = {}
    else:
        prefixes = _PREFIXES
        sections = _task_sections(execution, release, attempt.node)
    arrays: dict[str, Any] = {}
    for prefix, instant in zip(prefixes, attempt.instants, strict=True):
        arrays |= _usage(prefix, instant)
    if not attempt.caveats and attempt.exception is None:
        arrays["outputs"] = [str(execution.id("product"))]
    scalars = {"__version__": 1, "nodeName": attempt.node, "caveats": attempt.caveats}
    metrics = {"butler_metrics": _section(_butler_metrics(execution, attempt, release))}
    sections["quantum"] = _section(scalars, arrays, metrics)
    job = {
        "qg_read_time": round(1.0 + 4.0 * uniform(attempt.process, "read"), 6),
        "qg_size": attempt.job_size,
    }
    sections["job"] = _section(job)
    return _section({}, {}, sections)


def log_records(execution: Execution, attempt: Attempt) -> list[dict[str, Any]]:
    """Make the log of one attempt: its beginning, and its end or its error."""
    label = execution.quantum.task.label
    begin, end = attempt.instants[0].at, attempt.instants[-1].at
    lines = [(begin, 20, "INFO", f"Preparing execution of quantum for label={label}")]
    if attempt.exception:
        lines.append((end, 40, "ERROR", f"Execution of task '{label}' failed: {attempt.exception}"))
    else:
        message = f"Execution of task '{label}' took {end - begin:.3f} seconds"
        lines.append((end, 20, "INFO", message))
    return [
        {
            "name": "lsst.pipe.base.single_quantum_executor",
            "asctime": _iso(at),
            "message": message,
            "levelno": number,
            "levelname": level,
            "filename": "single_quantum_executor.py",
            "pathname": "lsst/pipe/base/single_quantum_executor.py",
            "lineno": 282,
            "funcName": "_execute",
            "process": 4242,
            "processName": "MainProcess",
            "MDC": {"LABEL": f"{label}:{{{execution.quantum.key}}}", "RUN": execution.run},
        }
        for at, number, level, message in lines
    ]


def exception_document(attempt: Attempt) -> dict[str, Any]:
    """Describe the exception that ended an attempt, as `ExceptionInfo` reads it."""
    return {"type_name": attempt.exception, "message": "Simulated failure.", "metadata": {}}


def log_extra(execution: Execution, release: Release) -> dict[str, Any]:
    """Make what is stored beside the log: earlier quanta and attempts, and usage of failures.

    Returns
    -------
    extra : `dict`
        Fields of pipe_base's ``_ExecutionLogRecordsExtra``, empty ones left out.
    """
    extra: dict[str, Any] = {}
    for number, attempt in enumerate(execution.attempts):
        own: dict[str, Any] = {}
        if attempt.previous:
            own["previous_process_quanta"] = [str(quantum_id) for quantum_id in attempt.previous]
        if attempt.exception:
            own["exception"] = exception_document(attempt)
            own["metadata"] = metadata_document(execution, attempt, release)
        if number == len(execution.attempts) - 1:
            extra |= own
        else:
            own["logs"] = log_records(execution, attempt)
            extra.setdefault("previous_attempts", []).append(own)
    return extra
