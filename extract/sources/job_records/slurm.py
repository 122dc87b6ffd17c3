"""Read Slurm's accounting: ``sacct --parsable2`` and ``sacct --json``.

Special points of the format:

- The steps of a job are rows of their own.  They have the peak, which is that of the largest task
  of a step.  A peak that was never sampled is empty or 0.
- Memory is requested in total, per core (``c``) or per node (``n``), depending on the version.
- A requeued job has one record for each time that it ran (``--duplicates``), with the same JobID.
- Times are in the zone of the user who ran ``sacct``, and the zone is not written.  Run
  ``TZ=UTC sacct ...`` if this program reads the file in another zone.

Observed on a cluster of Slurm 22.05:

- The accounting's own guard of memory (``OverMemoryKill``) leaves FAILED and ``0:9``.  The record
  does not name memory.
- The text subtracts 128 from exit codes of 128 and more, so 137 is ``9:0``.
- The JSON document has no exit code.  It gives memory per core as ``memory``, and CPU time only for
  steps.
- CPU time counts only processes that their parent waited for.  A killed script waits for none.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any

import msgspec

from ...errors import RecordsError
from .model import BadRecord, JobRecord, State
from .names import JobIdentity, from_command, from_name
from .values import (
    MIB,
    count_nodes,
    duration_s,
    elapsed_s,
    host_name,
    instant_us,
    parse_size,
    positive_bytes,
    shortened,
    unix_us,
)

__all__ = ["COLUMNS", "PATHS", "convert", "from_lines", "is_header", "is_record"]

PATHS = (("jobs",),)
"""Path to the records of the document."""

COLUMNS = (
    "JobID",
    "JobName",
    "State",
    "ExitCode",
    "ReqMem",
    "MaxRSS",
    "AllocCPUS",
    "Submit",
    "Start",
    "End",
    "NodeList",
)
"""Columns that a file must have.  Others are used if present: Partition, TotalCPU, ElapsedRaw,
ReqCPUS, NNodes, Restarts, Reason and SubmitLine."""

_STATES = {
    "COMPLETED": State.SUCCESSFUL,
    "FAILED": State.FAILED,
    "BOOT_FAIL": State.FAILED,
    "LAUNCH_FAILED": State.FAILED,
    "OUT_OF_MEMORY": State.KILLED_MEMORY,
    "TIMEOUT": State.KILLED_TIME,
    "DEADLINE": State.KILLED_TIME,
    "NODE_FAIL": State.KILLED,
    "PREEMPTED": State.KILLED,
    "REQUEUED": State.KILLED,
    "REVOKED": State.KILLED,
    "CANCELLED": State.CANCELLED,
}
_NO_NODES = ("", "None assigned", "Unknown")
_SIGKILL = 9
_SIGNALS = (_SIGKILL, 15)


class _Exit(msgspec.Struct):
    """How a job or step ended, in numbers."""

    code: int | None = None
    signal: int | None = None


class _Step(msgspec.Struct):
    """Values of a step that count for its job."""

    name: str
    state: str
    exit: _Exit
    peak_bytes: int | None
    cpu_time_s: float | None = None

    @property
    def is_killed_script(self) -> bool:
        """Whether this is the job's script and SIGKILL ended it."""
        return self.name.rpartition(".")[2] == "batch" and self.exit.signal == _SIGKILL


# The text of `sacct --parsable2`.


def is_header(line: bytes) -> bool:
    """Say whether a line names the columns of ``sacct --parsable2``."""
    names = line.split(b"|")
    return len(names) > 1 and b"JobID" in names


def from_lines(
    rows: Iterable[tuple[int, bytes] | BadRecord], zone: datetime.tzinfo | None = None
) -> Iterator[JobRecord | BadRecord]:
    """Read the output of ``sacct --parsable2``.

    Parameters
    ----------
    rows : `~collections.abc.Iterable`
        Lines, from `streams.lines`.
    zone : `datetime.tzinfo`, optional
        Zone of the times; `None` is the zone of this machine.

    Yields
    ------
    record : `JobRecord` or `BadRecord`
        A row for each time that a job ran, with the values of its steps.

    Raises
    ------
    RecordsError
        Raised if columns are missing; the message names them.
    """
    header: list[str] | None = None
    job: tuple[int, dict[str, str]] | None = None
    steps: list[_Step] = []
    for item in rows:
        if isinstance(item, BadRecord):
            yield item
            continue
        number, line = item
        try:
            fields = line.decode("utf-8").split("|")
        except UnicodeDecodeError:
            yield BadRecord(number, "is no UTF-8")
            continue
        if header is None or fields == header:
            # A file may have the outputs of several calls, one after the other.
            header = _checked_header(fields)
            continue
        if len(fields) == len(header) + 1 and not fields[-1]:
            fields.pop()  # `--parsable` ends each line with the separator.
        if len(fields) != len(header):
            yield BadRecord(
                number, f"has {len(fields)} fields where the first line names {len(header)}"
            )
            continue
        row = dict(zip(header, fields, strict=True))
        job_id, _, step = row["JobID"].partition(".")
        if not job_id:
            yield BadRecord(number, "has no JobID")
        elif not step:
            if job is not None:
                yield _folded(*job, steps, zone)
            job, steps = (number, row), []
        elif job is None or job[1]["JobID"] != job_id:
            yield BadRecord(number, f"is the step {row['JobID']!r:.60} of a job that is not there")
        else:
            try:
                peak = parse_size(row["MaxRSS"], 1)
                steps.append(_Step(row["JobID"], row["State"], _exit(row["ExitCode"]), peak))
            except ValueError as error:
                yield BadRecord(number, str(error))
    if job is not None:
        yield _folded(*job, steps, zone)


def _checked_header(fields: list[str]) -> list[str]:
    names = fields[:-1] if fields and not fields[-1] else fields
    if missing := [name for name in COLUMNS if name not in names]:
        raise RecordsError(
            f"the columns {', '.join(missing)} are missing: run sacct --duplicates "
            f"--starttime=DAY --parsable2 --format={','.join(COLUMNS)},Partition,TotalCPU"
        )
    return names


def _folded(
    number: int, row: dict[str, str], steps: Sequence[_Step], zone: datetime.tzinfo | None
) -> JobRecord | BadRecord:
    """Make the row of a job with its steps."""
    try:
        return _from_row(number, row, steps, zone)
    except ValueError as error:
        return BadRecord(number, str(error))


def _from_row(
    number: int, row: dict[str, str], steps: Sequence[_Step], zone: datetime.tzinfo | None
) -> JobRecord:
    cpus = _number(row, "AllocCPUS")
    requested = _number(row, "ReqCPUS")
    nodes = row["NodeList"]
    ended = _exit(row["ExitCode"])
    own_peak = parse_size(row["MaxRSS"], 1)
    started = instant_us(row["Start"], zone)
    finished = instant_us(row["End"], zone)
    elapsed = _number(row, "ElapsedRaw")
    restarts = _number(row, "Restarts", zero=True)
    return _record(
        number,
        job_id=row["JobID"],
        name=row["JobName"],
        command=row.get("SubmitLine"),
        state=row["State"],
        ended=ended,
        reason=row.get("Reason"),
        steps=steps,
        own_peak=own_peak,
        memory=_requested_memory(
            row["ReqMem"],
            requested or cpus,
            _number(row, "NNodes") or _nodes_count(nodes),
        ),
        requested_cpus=requested or cpus,
        cpus=cpus,
        cpu_time_s=duration_s(row.get("TotalCPU", "")),
        wall_time_s=elapsed_s(started, finished) if started and finished else elapsed,
        queue=row.get("Partition"),
        nodes=nodes,
        attempt=None if restarts is None else restarts + 1,
        submitted=instant_us(row["Submit"], zone),
        started=started,
        finished=finished,
    )


def _number(row: dict[str, str], name: str, *, zero: bool = False) -> int | None:
    """Read a whole number; 0 counts as absent by default."""
    text = row.get(name, "").strip()
    if not text:
        return None
    if not text.isdecimal() or len(text) > 15:
        raise ValueError(f"{name}: {text!r:.40} is no whole number")
    return int(text) if zero or int(text) else None


def _requested_memory(text: str, cpus: int | None, nodes: int) -> int | None:
    """Read ReqMem: a total, or per core (``c``) or per node (``n``) up to Slurm 20.11."""
    text = text.strip()
    if text.endswith("c"):
        each = parse_size(text[:-1], MIB)
        return None if each is None or cpus is None else each * cpus
    if text.endswith("n"):
        each = parse_size(text[:-1], MIB)
        return None if each is None else each * nodes
    return parse_size(text, MIB)


def _exit(text: str) -> _Exit:
    """Read an exit code such as ``0:9``: code and signal."""
    text = text.strip()
    if not text:
        return _Exit()
    code, _, signal = text.partition(":")
    if not (code.isdecimal() and (signal or "0").isdecimal()):
        raise ValueError(f"ExitCode: {text!r:.40} is none: expected code:signal")
    return _Exit(int(code), int(signal or 0))


def _record(
    number: int,
    *,
    job_id: str,
    name: str,
    command: str | None,
    state: str,
    ended: _Exit,
    reason: str | None,
    steps: Sequence[_Step],
    own_peak: int | None,
    memory: int | None,
    requested_cpus: int | None,
    cpus: int | None,
    cpu_time_s: float | None,
    wall_time_s: float | None,
    queue: str | None,
    nodes: str,
    attempt: int | None,
    submitted: int | None,
    started: int | None,
    finished: int | None,
) -> JobRecord:
    """Make a row from the values that both kinds of output have."""
    identity: JobIdentity = from_name(name)
    by_command = from_command(command)
    nodes_count = _nodes_count(nodes)
    each_node = None if memory is None else memory / nodes_count
    outcome, rule, is_inferred = _outcome(state, ended, steps, each_node)
    peaks = [step.peak_bytes for step in steps] + [own_peak]
    peak = max((size for size in peaks if size), default=None)
    if any(step.is_killed_script for step in steps):
        cpu_time_s = None  # It does not include processes that the script did not wait for.
    codes = {"ExitCode": f"{ended.code or 0}:{ended.signal or 0}"} | {
        step.name: f"{step.state} {step.exit.code or 0}:{step.exit.signal or 0}" for step in steps
    }
    is_one_node = nodes not in _NO_NODES and nodes_count == 1
    return JobRecord(
        source="slurm",
        record_number=number,
        job_id=job_id,
        job_name=name or None,
        label=identity.label,
        run=by_command.run,
        workflow_name=identity.workflow_name,
        quantum_ids=identity.quantum_ids or by_command.quantum_ids,
        data_id_values=identity.data_id_values,
        attempt=attempt,
        state=outcome,
        state_rule=rule,
        is_state_inferred=is_inferred,
        raw_state=state,
        raw_codes=json.dumps(codes, separators=(",", ":")),
        diagnostic=None if reason in (None, "", "None") else shortened(reason),
        requested_memory_bytes=memory,
        requested_memory_source=None if memory is None else "request",
        requested_cpus_count=requested_cpus,
        allocated_cpus_count=cpus,
        peak_bytes=peak,
        peak_measure=None if peak is None else "rss",
        has_children_in_peak=None if peak is None else True,
        cpu_time_s=cpu_time_s or None,
        wall_time_s=wall_time_s,
        queue=queue or None,
        node_name=host_name(nodes) if is_one_node else None,
        submitted_at=submitted,
        started_at=started,
        ended_at=finished,
    )


def _nodes_count(nodes: str) -> int:
    """Count the nodes of a list; a job without nodes yet counts as one node."""
    return 1 if nodes in _NO_NODES else count_nodes(nodes)


def _outcome(
    state: str, ended: _Exit, steps: Sequence[_Step], each_node: float | None
) -> tuple[State, str, bool]:
    """Find how a job ended, by which rule, and whether the rule infers it."""
    # "CANCELLED by 1234" names the user.
    word = state.split()[0] if state.split() else ""
    outcome = _STATES.get(word, State.UNKNOWN)
    if outcome is State.FAILED:
        for step in steps:
            if step.state.startswith("OUT_OF_MEMORY"):
                return State.KILLED_MEMORY, f"step {step.name} OUT_OF_MEMORY", False
        # 125 is the signal number that Slurm writes for a kill by its memory guard.
        if ended.signal == 125:
            return State.KILLED_MEMORY, "ExitCode 0:125 (out of memory)", False
        for step in steps:
            if each_node and step.peak_bytes and step.peak_bytes > each_node and _is_killed(step):
                return State.KILLED_MEMORY, f"step {step.name} killed, MaxRSS over ReqMem", True
        signal = _signal(ended)
        if signal is not None:
            return State.KILLED, f"ExitCode {ended.code or 0}:{ended.signal or 0} (a signal)", True
    return outcome, f"State {word}" if word else "no State", False


def _signal(ended: _Exit) -> int | None:
    """Find the signal that ended a job or step, directly or through its script."""
    if ended.signal:
        return ended.signal if ended.signal in _SIGNALS else None
    # The text of `sacct` has 9 for 137. No program of BPS exits with 9 or 15.
    code = ended.code or 0
    return next((signal for signal in _SIGNALS if code in (signal, 128 + signal)), None)


def _is_killed(step: _Step) -> bool:
    return _signal(step.exit) == _SIGKILL


# The document of `sacct --json`.

_Any = Any


class _JsonTime(msgspec.Struct):
    submission: _Any = None
    start: _Any = None
    end: _Any = None
    elapsed: _Any = None
    total: _Any = None


class _JsonTres(msgspec.Struct):
    type: str
    count: int | None = None


class _JsonUsage(msgspec.Struct):
    # Slurm's name for the largest usage of a step on any task is "requested".
    max: list[_JsonTres] = []


class _JsonStepTres(msgspec.Struct):
    requested: _JsonUsage = msgspec.field(default_factory=_JsonUsage)


class _JsonStep(msgspec.Struct):
    step: dict[str, _Any] = {}
    state: _Any = None
    exit_code: _Any = None
    time: _JsonTime = msgspec.field(default_factory=_JsonTime)
    tres: _JsonStepTres = msgspec.field(default_factory=_JsonStepTres)


class _JsonJobTres(msgspec.Struct):
    allocated: list[_JsonTres] = []
    requested: list[_JsonTres] = []


class _JsonJob(msgspec.Struct):
    job_id: Annotated[int, msgspec.Meta(ge=1)]
    state: dict[str, _Any]
    name: str = ""
    nodes: str | None = None
    partition: str | None = None
    submit_line: str | None = None
    exit_code: _Any = None
    restart_cnt: int | None = None
    array: dict[str, _Any] = {}
    required: dict[str, _Any] = {}
    time: _JsonTime = msgspec.field(default_factory=_JsonTime)
    tres: _JsonJobTres = msgspec.field(default_factory=_JsonJobTres)
    steps: list[_JsonStep] = []


def is_record(value: object) -> bool:
    """Say whether a JSON value is a job of ``sacct --json``."""
    return isinstance(value, dict) and {"job_id", "state", "time"} <= value.keys()


def convert(number: int, value: _Any) -> JobRecord:
    """Make a row of a job of ``sacct --json``, versions 21.08 to 25.05.

    Parameters
    ----------
    number : `int`
        Place in the file.
    value : `typing.Any`
        The job as JSON gave it.

    Returns
    -------
    record : `JobRecord`
        The row.

    Raises
    ------
    ValueError
        Raised if a field is missing, has another type or has an impossible value.
    """
    raw = msgspec.convert(value, _JsonJob)
    cpus = _tres(raw.tres.allocated, "cpu")
    requested = _whole(raw.required.get("CPUs")) or _tres(raw.tres.requested, "cpu") or cpus
    nodes = raw.nodes or ""
    each_core = _whole(raw.required.get("memory_per_cpu"))
    each_node = _whole(raw.required.get("memory_per_node", raw.required.get("memory")))
    # The total comes first, because `memory` may be per core.
    if total := _tres(raw.tres.requested, "mem"):
        memory = positive_bytes(total, MIB)
    elif each_core:
        memory = positive_bytes(each_core * (requested or 1), MIB)
    else:
        memory = positive_bytes(None if each_node is None else each_node * _nodes_count(nodes), MIB)
    task = _whole(raw.array.get("task_id"))
    started = unix_us(_whole(raw.time.start))
    finished = unix_us(_whole(raw.time.end))
    steps = [_json_step(step) for step in raw.steps]
    return _record(
        number,
        # The tasks of an array share the ID of the array in `array.job_id`.
        job_id=str(raw.job_id) if task is None else f"{raw.array.get('job_id')}_{task}",
        name=raw.name,
        command=raw.submit_line,
        state=_word(raw.state.get("current")),
        ended=_json_exit(raw.exit_code),
        reason=_word(raw.state.get("reason")),
        steps=steps,
        own_peak=None,
        memory=memory,
        requested_cpus=requested,
        cpus=cpus,
        cpu_time_s=_json_seconds(raw.time.total) or sum(step.cpu_time_s or 0 for step in steps),
        wall_time_s=elapsed_s(started, finished) if finished else _whole(raw.time.elapsed),
        queue=raw.partition,
        nodes=nodes,
        attempt=None if raw.restart_cnt is None else raw.restart_cnt + 1,
        submitted=unix_us(_whole(raw.time.submission)),
        started=started,
        finished=finished,
    )


def _json_step(step: _JsonStep) -> _Step:
    """Get the values of a step that count."""
    identity = step.step.get("id")
    if isinstance(identity, dict):
        identity = f"{identity.get('job_id')}.{identity.get('step_id')}"
    peak = positive_bytes(_tres(step.tres.requested.max, "mem"), 1)
    return _Step(
        str(identity or step.step.get("name") or "step"),
        _word(step.state),
        _json_exit(step.exit_code),
        peak,
        _json_seconds(step.time.total),
    )


def _json_seconds(value: _Any) -> float:
    """Read a time in seconds and microseconds; 0 if there is none."""
    if not isinstance(value, dict):
        return 0
    return (_whole(value.get("seconds")) or 0) + (_whole(value.get("microseconds")) or 0) / 1e6


def _tres(resources: Iterable[_JsonTres], kind: str) -> int | None:
    return next((one.count for one in resources if one.type == kind and one.count), None)


def _whole(value: _Any) -> int | None:
    """Read a number; newer versions write ``{"set": true, "infinite": false, "number": 4}``."""
    number = value
    if isinstance(value, dict):
        is_told = value.get("set", True) and not value.get("infinite")
        number = value.get("number") if is_told else None
    if number is None:
        return None
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < 2**62:
        raise ValueError(f"{number!r:.40} is no whole number")
    return int(number)


def _word(value: _Any) -> str:
    """Read a state, which newer versions write as a list: the first is the base state."""
    if isinstance(value, list):
        value = " ".join(str(item) for item in value)
    return str(value or "")


def _json_exit(value: _Any) -> _Exit:
    """Read an exit code of any version."""
    if not isinstance(value, dict):
        return _Exit()
    signal = value.get("signal")
    if isinstance(signal, dict):
        signal = signal.get("id", signal.get("signal_id"))
    return _Exit(_whole(value.get("return_code")), _whole(signal))
