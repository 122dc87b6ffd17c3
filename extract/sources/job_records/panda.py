"""Read PanDA's job records, as its database, monitor and OpenSearch index export them.

Special points of the format:

- Sizes have two units, by powers of two: ``minramcount`` in MB, ``maxrss`` and ``maxpss`` in KB.
- Times are in UTC, without a time zone.
- 0 and an empty text mean that a value was not measured.
- A job that was killed for its memory by the batch system below PanDA looks like any failed job
  (``piloterrorcode`` 1305).  Only the exit code of its payload, 137, says that it got SIGKILL.

Codes are those of the pilot (PanDAWMS/pilot3, ``pilot/common/errorcodes.py``).
"""

from __future__ import annotations

import datetime
from typing import Annotated, Any

import msgspec

from .model import LARGEST_CPU_TIME_S, JobRecord, State
from .names import from_command, from_name
from .values import (
    KIB,
    MIB,
    elapsed_s,
    host_name,
    instant_us,
    positive_bytes,
    shortened,
    signal_of,
)

__all__ = ["PATHS", "convert", "is_record"]

PATHS = (("hits", "hits"), ("jobs",))
"""Paths to the records of a document: an answer of OpenSearch, and one of the monitor."""

_Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
_Seconds = Annotated[float, msgspec.Meta(ge=0, le=LARGEST_CPU_TIME_S)]


class _Record(msgspec.Struct):
    """The fields that are kept, with the types of the index."""

    pandaid: _Count | str
    jobname: str
    jobstatus: str
    attemptnr: _Count | None = None
    maxattempt: _Count | None = None
    computingsite: str | None = None
    corecount: _Count | None = None
    actualcorecount: _Count | None = None
    minramcount: _Count | None = None
    maxrss: _Count | None = None
    maxpss: _Count | None = None
    cpuconsumptiontime: _Seconds | None = None
    creationtime: str | None = None
    starttime: str | None = None
    endtime: str | None = None
    piloterrorcode: int | None = None
    piloterrordiag: str | None = None
    exeerrorcode: int | None = None
    taskbuffererrorcode: int | None = None
    jobdispatchererrorcode: int | None = None
    superrorcode: int | None = None
    transexitcode: int | str | None = None
    batchid: int | str | None = None
    modificationhost: str | None = None
    jobparameters: str | None = None


_CODES = (
    "piloterrorcode",
    "exeerrorcode",
    "transexitcode",
    "taskbuffererrorcode",
    "jobdispatchererrorcode",
    "superrorcode",
)

_OUT_OF_MEMORY = {
    1212: "payload ran out of memory",
    1223: "failed due to bad_alloc",
    1235: "payload exceeded maximum allowed memory",
}
_OUT_OF_TIME = {
    1150: "looping job killed by pilot",
    1204: "SIGXCPU",
    1213: "reached batch system time limit",
}
_KILLED = {
    1144: "killed by panda server",
    1200: "unknown kill signal",
    1201: "SIGTERM",
    1202: "SIGQUIT",
    1205: "killed by user",
    1207: "SIGUSR1",
    1208: "SIGINT",
    1375: "lease time is up",
    1379: "preempted",
}
_UNFINISHED = "has not ended"


def is_record(value: object) -> bool:
    """Say whether a JSON value is a job record of PanDA.

    Parameters
    ----------
    value : `object`
        The value, or an envelope with ``_source`` around it.

    Returns
    -------
    is_record : `bool`
        Whether it has the keys that every job record has.
    """
    if not isinstance(value, dict):
        return False
    inner = value.get("_source", value)
    return isinstance(inner, dict) and {"pandaid", "jobstatus"} <= {key.lower() for key in inner}


def convert(number: int, value: Any) -> JobRecord:  # noqa: ANN401 - any JSON
    """Make a row of a job record.

    Parameters
    ----------
    number : `int`
        Place in the file.
    value : `typing.Any`
        The record as JSON gave it, or an envelope with ``_source`` around it.

    Returns
    -------
    record : `JobRecord`
        The row.

    Raises
    ------
    ValueError
        Raised if a field is missing, has another type or has an impossible value.
    """
    if isinstance(value, dict):
        value = value.get("_source", value)
    if isinstance(value, dict) and "pandaid" not in value:
        # The database writes PandaID and jobStatus, the index pandaid and jobstatus.
        value = {str(key).lower(): item for key, item in value.items()}
    raw = msgspec.convert(value, _Record)
    state, rule, is_inferred = _state(raw)
    from_its_name = from_name(raw.jobname)
    from_its_command = from_command(raw.jobparameters)
    rss = positive_bytes(raw.maxrss, KIB)
    pss = positive_bytes(raw.maxpss, KIB)
    started = instant_us(raw.starttime, datetime.UTC)
    ended = None if rule == _UNFINISHED else instant_us(raw.endtime, datetime.UTC)
    codes = {name: getattr(raw, name) for name in _CODES if getattr(raw, name) not in (None, "")}
    return JobRecord(
        source="panda",
        record_number=number,
        job_id=str(raw.pandaid),
        job_name=raw.jobname,
        label=from_its_name.label,
        run=from_its_command.run,
        workflow_name=from_its_name.workflow_name,
        quantum_ids=from_its_command.quantum_ids,
        data_id_values=from_its_name.data_id_values,
        attempt=raw.attemptnr,
        max_attempts=raw.maxattempt,
        state=state,
        state_rule=rule,
        is_state_inferred=is_inferred,
        raw_state=raw.jobstatus,
        raw_codes=msgspec.json.encode(codes).decode(),
        diagnostic=shortened(raw.piloterrordiag),
        requested_memory_bytes=positive_bytes(raw.minramcount, MIB),
        requested_memory_source="request" if raw.minramcount else None,
        requested_cpus_count=raw.corecount or None,
        allocated_cpus_count=raw.actualcorecount or None,
        peak_bytes=rss or pss,
        peak_measure="rss" if rss else "pss" if pss else None,
        has_children_in_peak=True if rss or pss else None,
        cpu_time_s=raw.cpuconsumptiontime or None,
        wall_time_s=elapsed_s(started, ended),
        queue=raw.computingsite or None,
        node_name=host_name(raw.modificationhost),
        submitted_at=instant_us(raw.creationtime, datetime.UTC),
        started_at=started,
        ended_at=ended,
    )


def _state(raw: _Record) -> tuple[State, str, bool]:
    """Find how a job ended, by which rule, and whether the rule infers it."""
    status = raw.jobstatus
    if status == "finished":
        return State.SUCCESSFUL, "jobstatus finished", False
    if status in ("cancelled", "closed"):
        return State.CANCELLED, f"jobstatus {status}", False
    if status != "failed":
        return State.UNKNOWN, _UNFINISHED, False
    pilot = raw.piloterrorcode or 0
    for reasons, state in (
        (_OUT_OF_MEMORY, State.KILLED_MEMORY),
        (_OUT_OF_TIME, State.KILLED_TIME),
        (_KILLED, State.KILLED),
    ):
        if pilot in reasons:
            return state, f"piloterrorcode {pilot} ({reasons[pilot]})", False
    code = _exit_code(raw.transexitcode)
    match signal_of(code):
        case 9:
            # Only the memory guard of the kernel or of the batch system sends it without a code:
            # the pilot writes a code of its own for jobs that it kills.
            return State.KILLED_MEMORY, "transexitcode 137 (SIGKILL, by no one who says so)", True
        case 24:
            return State.KILLED_TIME, "transexitcode 152 (SIGXCPU)", True
        case 2 | 3 | 15 as signal:
            return State.KILLED, f"transexitcode {code} (signal {signal})", True
    return State.FAILED, f"jobstatus failed, codes {pilot}/{raw.exeerrorcode or 0}/{code}", False


def _exit_code(text: int | str | None) -> int:
    try:
        return int(text or 0)
    except ValueError:
        raise ValueError(f"transexitcode: {text!r:.40} is no number") from None
