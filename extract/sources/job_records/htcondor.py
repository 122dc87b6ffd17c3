"""Read HTCondor's records: event logs, and ``condor_history -json``.

An event log gives one row for each time that a job began to run.  The history gives one for each
job, its last try, and has the hold before it.  The reader of the ``htcondor`` package, an optional
extra, reads the log.

Special points of the format:

- Memory is in MB by powers of two, and resident sets are in KB.
- The times of a log are in the zone of the submit host, unless it is configured to write UTC.
- A job over its memory is *held* (code 34, or code 3 with subcode 34, which BPS uses for a job that
  ended on a signal), then released or removed.
- The submit folder, not the log, has the label and the quanta of a job.
"""

from __future__ import annotations

import datetime
import importlib
import json
import math
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec

from ...errors import RecordsError
from ...words import one_line
from .model import BadRecord, JobRecord, State
from .names import JobIdentity, from_command, from_name
from .values import KIB, MIB, elapsed_s, host_name, positive_bytes, shortened, unix_us

__all__ = ["PATHS", "convert", "from_log", "is_log", "is_record"]

PATHS: tuple[tuple[str, ...], ...] = ()
"""Records are the items of a list, or are one after the other."""

_EVENT = re.compile(rb"\d{3} \(\d+\.\d+\.\d+\) ")
_END = b"\n...\n"
_NODE = re.compile(r"DAG Node: (\S+)")
_MEMORY_ROW = re.compile(r"Memory \(MB\)[^:\n]*:([^\n]*)")
_CPUS_ROW = re.compile(r"Cpus[^:\n]*:([^\n]*)")
_USAGE = re.compile(r"Usr (\d+) (\d+):(\d+):(\d+), Sys (\d+) (\d+):(\d+):(\d+)")
_UNITS = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)B?\s*", re.IGNORECASE)
_MOST_FAULTS = 1000

# Hold codes: htcondor.readthedocs.io, "Codes and Other Needed Values".
_OVER_MEMORY = ((34, None), (3, 34))
_OVER_TIME = ((46, None), (47, None))
_BY_USER = ((1, None),)

_MISSING_READER = (
    "an HTCondor event log needs the htcondor package: install quanta-census[htcondor], or write "
    "'condor_history -json' into a file and name that"
)


def is_log(head: bytes) -> bool:
    """Say whether a file begins like an event log."""
    return _EVENT.match(head.lstrip()) is not None


def is_record(value: object) -> bool:
    """Say whether a JSON value is a job of ``condor_history -json``."""
    return isinstance(value, dict) and {"ClusterId", "JobStatus"} <= value.keys()


# Event logs.


class _Submitted(NamedTuple):
    """What the submit folder says about a job."""

    identity: JobIdentity
    request_bytes: int | None
    cpus: int | None


class _Job:
    """A job whose last event was not read yet."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.name: str | None = None
        self.submitted: int | None = None
        self.tries = 0
        self.before_bytes = 0
        self.rss_bytes: int | None = None
        self.begin_try(number, None, None)

    def begin_try(self, number: int, started: int | None, node: str | None) -> None:
        """Reset the values of the try before, except its memory."""
        self.before_bytes = max(self.before_bytes, self.rss_bytes or 0)
        self.number = number
        self.started = started
        self.node = node
        self.slot_bytes: int | None = None
        self.request_bytes: int | None = None
        self.cpus: int | None = None
        self.slot_cpus: int | None = None
        self.rss_bytes = None
        self.pss_bytes: int | None = None
        self.cpu_time_s: float | None = None
        self.evicted: int | None = None
        self.reason: str | None = None

    @property
    def is_running(self) -> bool:
        """Whether a try has begun and its row is not made yet."""
        return self.started is not None


class _Log:
    """Makes tries of the events of a log."""

    def __init__(self, folder: Path | None) -> None:
        self._jobs: dict[tuple[int, int], _Job] = {}
        self._folder = folder
        self._submit_files: dict[str, _Submitted] | None = None

    def take(self, number: int, event: Any) -> Iterator[JobRecord]:  # noqa: ANN401 - no types
        """Process an event, and give the tries that it ends."""
        kind = event.get("MyType")
        key = (int(event.get("Cluster", -1)), int(event.get("Proc", 0)))
        if key[0] < 0:
            return
        job = self._jobs.setdefault(key, _Job(number))
        when = _event_us(event["EventTime"])
        match kind:
            case "SubmitEvent":
                job.submitted = when
                notes = _NODE.search(f"{event.get('LogNotes', '')} {event.get('UserNotes', '')}")
                job.name = notes[1] if notes else job.name
            case "ExecuteEvent":
                if job.is_running:
                    # The end of the try before is not in the log.
                    yield self._row(key, job, State.UNKNOWN, "no event tells of the end", {})
                job.tries += 1
                host = host_name(event.get("SlotName")) or host_name(event.get("ExecuteHost"))
                job.begin_try(number, when, host)
                slot = event.get("ExecuteProps")
                if slot is not None:
                    job.slot_bytes = positive_bytes(_number(slot.get("Memory")), MIB)
                    job.slot_cpus = _count(slot.get("Cpus"))
            case "JobImageSizeEvent":
                _sample(job, event)
            case "JobAdInformationEvent":
                job.request_bytes = positive_bytes(_number(event.get("RequestMemory")), MIB)
                job.name = event.get("bps_job_name") or event.get("DAGNodeName") or job.name
            case "JobEvictedEvent":
                _close(job, event, when)
                job.reason = event.get("Reason") or job.reason
            case "ShadowExceptionEvent" | "JobReconnectFailedEvent" | "RemoteErrorEvent":
                job.reason = event.get("Message") or event.get("Reason") or event.get("ErrorMsg")
                if kind != "RemoteErrorEvent" and job.is_running:
                    job.evicted = job.evicted or when
            case "JobReleaseEvent" | "JobReleasedEvent":
                pass
            case "JobHeldEvent" if job.is_running:
                job.evicted = job.evicted or when
                codes = {name: _number(event.get(name)) for name in _HOLD}
                job.reason = event.get("HoldReason") or job.reason
                state, rule = _held(codes["HoldReasonCode"], codes["HoldReasonSubCode"])
                yield self._row(key, job, state, rule, codes)
            case "JobTerminatedEvent":
                _close(job, event, when)
                codes = {name: event.get(name) for name in _EXIT if name in event}
                state, rule, is_inferred = _ended(
                    bool(event.get("TerminatedNormally")),
                    _count(event.get("ReturnValue")),
                    _count(event.get("TerminatedBySignal")),
                )
                if job.is_running:
                    yield self._row(key, job, state, rule, codes, is_inferred=is_inferred)
                del self._jobs[key]
            case "JobAbortedEvent":
                job.evicted = job.evicted or when
                job.reason = event.get("Reason") or job.reason
                if job.is_running or not job.tries:
                    yield self._row(key, job, State.CANCELLED, "the job was removed", {})
                del self._jobs[key]

    def rest(self) -> Iterator[JobRecord]:
        """Give the tries whose end is not in the log."""
        for key, job in self._jobs.items():
            if job.evicted is not None and job.is_running:
                yield self._row(key, job, State.KILLED, "evicted, and not run again", {})
            elif job.is_running:
                yield self._row(key, job, State.UNKNOWN, "no event tells of the end", {})
        self._jobs.clear()

    def _row(
        self,
        key: tuple[int, int],
        job: _Job,
        state: State,
        rule: str,
        codes: dict[str, Any],
        *,
        is_inferred: bool = False,
    ) -> JobRecord:
        """Make the row of a try, and end the try."""
        if state is State.UNKNOWN and job.evicted is not None:
            state, rule = State.KILLED, "evicted, and run again"
        if state is State.KILLED and (job.rss_bytes or 0) > (job.slot_bytes or math.inf):
            state, rule, is_inferred = State.KILLED_MEMORY, f"{rule}: it was over its memory", True
        submitted = self._submitted(job.name)
        identity = submitted.identity
        request = submitted.request_bytes or job.request_bytes
        if job.tries > 1 and job.slot_bytes:
            # The request is an expression, and the log has its value at the end of the job. For BPS
            # that is the memory that was used. The memory of the slot is what this try requested.
            request = None
        memory = request or job.slot_bytes
        row = JobRecord(
            source="htcondor",
            record_number=job.number,
            job_id=f"{key[0]}.{key[1]}",
            job_name=job.name,
            label=identity.label,
            run=identity.run,
            workflow_name=identity.workflow_name,
            quantum_ids=identity.quantum_ids,
            data_id_values=identity.data_id_values,
            attempt=job.tries or None,
            state=state,
            state_rule=rule,
            is_state_inferred=is_inferred,
            raw_state=None,
            raw_codes=json.dumps(
                {name: value for name, value in codes.items() if value is not None},
                separators=(",", ":"),
            ),
            diagnostic=shortened(job.reason),
            requested_memory_bytes=memory,
            requested_memory_source=None if not memory else "request" if request else "slot",
            requested_cpus_count=job.cpus or submitted.cpus or job.slot_cpus,
            allocated_cpus_count=job.slot_cpus,
            peak_bytes=job.rss_bytes or job.pss_bytes,
            peak_measure="rss" if job.rss_bytes else "pss" if job.pss_bytes else None,
            has_children_in_peak=True if job.rss_bytes or job.pss_bytes else None,
            cpu_time_s=job.cpu_time_s,
            wall_time_s=elapsed_s(job.started, job.evicted),
            node_name=job.node,
            submitted_at=job.submitted,
            started_at=job.started,
            ended_at=job.evicted,
        )
        job.begin_try(job.number, None, None)
        return row

    def _submitted(self, name: str | None) -> _Submitted:
        """Find what the submit folder says about a job."""
        if name is None:
            return _Submitted(JobIdentity(), None, None)
        by_name = from_name(name)
        found = self._read_submit_file(name)
        identity = found.identity
        return found._replace(
            identity=JobIdentity(
                label=identity.label or by_name.label,
                run=identity.run,
                workflow_name=identity.workflow_name or by_name.workflow_name,
                quantum_ids=identity.quantum_ids or by_name.quantum_ids,
                data_id_values=by_name.data_id_values,
            )
        )

    def _read_submit_file(self, name: str) -> _Submitted:
        """Read the submit file of a job, ``jobs/<label>/.../<name>.sub``, if it exists."""
        empty = _Submitted(JobIdentity(), None, None)
        if self._folder is None:
            return empty
        if self._submit_files is None:
            self._submit_files = {}
            for path in self._folder.glob("jobs/**/*.sub"):
                self._submit_files[path.stem] = _parse_submit_file(path, self._folder)
        return self._submit_files.get(name, empty)


def _submit_folder(path: Path) -> Path | None:
    """Find the submit folder of a log, which is in it or in a folder of a label below ``jobs``."""
    jobs = next((folder for folder in path.parents if folder.name == "jobs"), None)
    folder = path.parent if jobs is None else jobs.parent
    return folder if folder.is_dir() else None


_HOLD = ("HoldReasonCode", "HoldReasonSubCode")
_EXIT = ("ReturnValue", "TerminatedBySignal", "TerminatedNormally")


def _parse_submit_file(path: Path, folder: Path) -> _Submitted:
    """Read label, quanta and requests of a submit file that BPS wrote."""
    commands: dict[str, str] = {}
    try:
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            key, is_command, value = line.partition("=")
            if is_command:
                commands[key.strip().lower()] = value.strip()
    except OSError:
        return _Submitted(JobIdentity(), None, None)
    command = from_command(commands.get("arguments"))
    label = commands.get("+bps_job_label", commands.get("my.bps_job_label", "")).strip("\"'")
    return _Submitted(
        JobIdentity(
            label=label or None,
            run=command.run,
            workflow_name=folder.name if command.run is None else None,
            quantum_ids=command.quantum_ids,
        ),
        _request_bytes(commands.get("request_memory", "")),
        _count(commands.get("request_cpus")),
    )


def _request_bytes(text: str) -> int | None:
    """Read ``request_memory``: MB, or a size with its unit; `None` for an expression."""
    match = _UNITS.fullmatch(text)
    if match is None:
        # BPS requests more with each try: "(...) ? min({int(2048 * pow(2, ...)), ...}) : max({2048,
        # ...})". The first try requests the first number of the last part.
        first = re.search(r"max\(\{(\d+),", text)
        return positive_bytes(int(first[1]), MIB) if first else None
    unit = {"": MIB, "K": KIB, "M": MIB, "G": 1024 * MIB, "T": 1024**2 * MIB}[match[2].upper()]
    return positive_bytes(float(match[1]), unit)


def _sample(job: _Job, event: Any) -> None:  # noqa: ANN401 - no types
    """Keep the largest memory that the log has."""
    rss = positive_bytes(_number(event.get("ResidentSetSize")), KIB)
    if rss is None:
        rss = positive_bytes(_number(event.get("MemoryUsage")), MIB)
    pss = positive_bytes(_number(event.get("ProportionalSetSize")), KIB)
    job.rss_bytes = max(job.rss_bytes or 0, rss or 0) or None
    job.pss_bytes = max(job.pss_bytes or 0, pss or 0) or None


def _close(job: _Job, event: Any, when: int) -> None:  # noqa: ANN401 - no types
    """Use what the end of a try says about its usage."""
    job.evicted = when
    text = str(event.get("text", ""))
    usage, request, allocated = _resources(_MEMORY_ROW, text)
    _, cpus, slot_cpus = _resources(_CPUS_ROW, text)
    job.request_bytes = positive_bytes(_number(event.get("RequestMemory")), MIB) or (
        positive_bytes(request, MIB) or job.request_bytes
    )
    job.slot_bytes = positive_bytes(allocated, MIB) or job.slot_bytes
    job.cpus = _count(cpus) or job.cpus
    job.slot_cpus = _count(slot_cpus) or job.slot_cpus
    # The row of the table is rounded to MB, so a sample in KB is better. The row has the largest
    # memory of all tries. It is a value of this try only if it is larger than before.
    used_bytes = positive_bytes(usage, MIB)
    if used_bytes is not None and used_bytes >= _rounded_up(job.before_bytes) + MIB:
        job.rss_bytes = job.rss_bytes or used_bytes
    if match := _USAGE.search(str(event.get("RunRemoteUsage", ""))):
        days, hours, minutes, seconds = (int(match[n]) + int(match[n + 4]) for n in range(1, 5))
        job.cpu_time_s = float(((days * 24 + hours) * 60 + minutes) * 60 + seconds) or None


def _rounded_up(rss_bytes: int) -> int:
    """Round a memory up as HTCondor does in a job's attributes.

    To the next quarter of its order of magnitude in KiB (``SCHEDD_ROUND_ATTR_ResidentSetSize``):
    584,800 becomes 750,000, and 315,544 becomes 325,000.
    """
    if not rss_bytes:
        return 0
    step = 10 ** round(math.log10(rss_bytes / KIB)) / 4
    return int(math.ceil(rss_bytes / KIB / step) * step * KIB)


def _resources(row: re.Pattern[str], text: str) -> tuple[float | None, float | None, float | None]:
    """Read a row of the table of resources (usage, request, allocated); usage may be empty."""
    match = row.search(text)
    numbers = [] if match is None else re.findall(r"\d+(?:\.\d+)?", match[1])
    values = [float(number) for number in numbers]
    match values:
        case [usage, request, allocated, *_]:
            return usage, request, allocated
        case [request, allocated]:
            return None, request, allocated
    return None, None, None


def _event_us(text: str) -> int:
    """Read the time of an event: UTC if it ends in Z, else in the zone of this machine."""
    when = datetime.datetime.fromisoformat(text)
    return round(when.timestamp() * 1_000_000)


def _number(value: object) -> float | None:
    """Read a number; `None` for an expression that was not evaluated."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return float(value)
    try:
        return float(str(value))
    except ValueError:
        return None


def _count(value: object) -> int | None:
    number = _number(value)
    return None if number is None or number < 0 else int(number)


def _held(code: float | None, subcode: float | None) -> tuple[State, str]:
    """Find what a hold means for the try that it ended."""
    rule = f"held with code {int(code or 0)}, subcode {int(subcode or 0)}"

    def is_one_of(pairs: tuple[tuple[int, int | None], ...]) -> bool:
        return any(code == one and other in (None, subcode) for one, other in pairs)

    if is_one_of(_OVER_MEMORY):
        return State.KILLED_MEMORY, f"{rule} (over its memory)"
    if is_one_of(_OVER_TIME):
        return State.KILLED_TIME, f"{rule} (over its time)"
    if is_one_of(_BY_USER):
        return State.CANCELLED, f"{rule} (by its user)"
    return State.FAILED, rule


def _ended(is_normal: bool, code: int | None, signal: int | None) -> tuple[State, str, bool]:
    """Find how a try without a hold ended, by which rule, and whether the rule infers it."""
    if is_normal and code == 0:
        return State.SUCCESSFUL, "exit code 0", False
    if not is_normal:
        if signal in (9, 15):
            return State.KILLED, f"ended by signal {signal}", True
        return State.FAILED, f"ended by signal {signal}", False
    if code in (137, 143):
        return State.KILLED, f"exit code {code} (signal {code - 128})", True
    return State.FAILED, f"exit code {code}", False


def from_log(path: Path, stream: BinaryIO) -> Iterator[JobRecord | BadRecord]:
    """Read an event log.

    Parameters
    ----------
    path : `pathlib.Path`
        Path of the log; files of its submit folder give more values.
    stream : `typing.BinaryIO`
        Its content, decompressed.

    Yields
    ------
    record : `JobRecord` or `BadRecord`
        A row for each time that a job ran, and for each job that was removed before.

    Raises
    ------
    RecordsError
        Raised if the ``htcondor`` package is not installed.
    """
    try:
        htcondor2: Any = importlib.import_module("htcondor2")
    except ImportError:
        raise RecordsError(f"{path}: {_MISSING_READER}") from None
    log = _Log(_submit_folder(path))
    number = 0
    with tempfile.TemporaryDirectory(prefix="census-htcondor-") as folder:
        # The reader needs a plain file and stops at the first fault. The part after a fault is read
        # from a copy that begins there.
        rest = Path(folder) / "0.log"
        with rest.open("wb") as sink:
            shutil.copyfileobj(stream, sink)
        for fault in range(1, _MOST_FAULTS + 1):
            reader = htcondor2.JobEventLog(str(rest))
            offset = 0
            with rest.open("rb") as source:
                for event in _events(reader):
                    number += 1
                    start, offset = offset, reader.__getstate__()[1]
                    try:
                        if isinstance(event, Exception):
                            raise ValueError(one_line(event))
                        yield from log.take(number, _plain(event, source, start, offset))
                    except (KeyError, ValueError, TypeError) as error:
                        yield BadRecord(number, f"an event that cannot be: {error}")
            offset = reader.__getstate__()[1]
            reader.close()
            behind = _behind(rest, offset, Path(folder) / f"{fault}.log")
            if behind is None:
                break
            rest.unlink()
            rest, skipped = behind
            number += 1
            yield BadRecord(number, f"{skipped:,} bytes are no event of HTCondor")
        else:
            yield BadRecord(number, f"more than {_MOST_FAULTS:,} faults: the rest is not read")
    yield from log.rest()


def _events(reader: Any) -> Iterator[Any]:  # noqa: ANN401 - no types
    """Iterate over a log; an event that raises is replaced by its error."""
    events = reader.events(stop_after=0)
    faults = 0
    while faults < _MOST_FAULTS:
        try:
            yield next(events)
        except StopIteration:
            return
        # The reader documents no errors. Only this event is lost, not the log.
        except Exception as error:
            faults += 1
            yield error


def _plain(event: Any, source: BinaryIO, start: int, end: int) -> dict[str, Any]:  # noqa: ANN401
    """Copy an event into a `dict`, with values from its text that the reader does not have."""
    plain = dict(event)
    if plain.get("MyType") in ("JobEvictedEvent", "JobTerminatedEvent"):
        # The reader of version 25.14 does not give the table of resources of an eviction.
        source.seek(start)
        plain["text"] = source.read(end - start).decode("utf-8", errors="replace")
    return plain


def _behind(log: Path, offset: int, target: Path) -> tuple[Path, int] | None:
    """Copy the log after a fault, from the next event on; `None` if there is no more event."""
    with log.open("rb") as source:
        source.seek(offset)
        head = source.read(1024**2)
        if not head.strip():
            return None
        end = head.find(_END)
        # Without another event the rest of the file is one fault.
        skipped = len(head) if end < 0 else end + len(_END)
        source.seek(offset + skipped)
        with target.open("wb") as sink:
            shutil.copyfileobj(source, sink)
    return target, skipped


# The history.


class _Ad(msgspec.Struct):
    """Attributes that are kept; requests and usages that are expressions count as absent."""

    ClusterId: int
    JobStatus: int
    ProcId: int = 0
    ExitBySignal: bool | None = None
    ExitCode: int | None = None
    ExitSignal: int | None = None
    HoldReason: str | None = None
    HoldReasonCode: int | None = None
    HoldReasonSubCode: int | None = None
    LastHoldReason: str | None = None
    LastHoldReasonCode: int | None = None
    LastHoldReasonSubCode: int | None = None
    RemoveReason: str | None = None
    RequestMemory: int | float | str | None = None
    MemoryProvisioned: int | float | str | None = None
    RequestCpus: int | float | str | None = None
    CpusProvisioned: int | float | str | None = None
    ResidentSetSize: int | float | str | None = None
    ResidentSetSize_RAW: int | float | str | None = None
    MemoryUsage: int | float | str | None = None
    ProportionalSetSizeKb: int | float | str | None = None
    RemoteUserCpu: float | None = None
    RemoteSysCpu: float | None = None
    QDate: float | None = None
    JobStartDate: float | None = None
    JobCurrentStartDate: float | None = None
    CompletionDate: float | None = None
    EnteredCurrentStatus: float | None = None
    NumJobStarts: int | None = None
    JobMaxRetries: int | None = None
    LastRemoteHost: str | None = None
    RemoteHost: str | None = None
    DAGNodeName: str | None = None
    bps_job_name: str | None = None
    bps_job_label: str | None = None
    bps_run: str | None = None
    Arguments: str | None = None
    Args: str | None = None
    AccountingGroup: str | None = None


_REMOVED, _COMPLETED, _HELD_STATUS = 3, 4, 5


def convert(number: int, value: Any) -> Iterator[JobRecord]:  # noqa: ANN401 - any JSON
    """Make rows of a job of ``condor_history -json``.

    Parameters
    ----------
    number : `int`
        Place in the file.
    value : `typing.Any`
        The job as JSON gave it.

    Yields
    ------
    record : `JobRecord`
        The try before the last, if it was held for its memory, and the last.

    Raises
    ------
    ValueError
        Raised if a field is missing, has another type or has an impossible value.
    """
    raw = msgspec.convert(value, _Ad)
    name = raw.bps_job_name or raw.DAGNodeName
    by_name = from_name(name) if name else JobIdentity()
    command = from_command(raw.Arguments or raw.Args)
    rss = positive_bytes(_number(raw.ResidentSetSize_RAW or raw.ResidentSetSize), KIB)
    rss = rss or positive_bytes(_number(raw.MemoryUsage), MIB)
    pss = positive_bytes(_number(raw.ProportionalSetSizeKb), KIB)
    request = positive_bytes(_number(raw.RequestMemory), MIB)
    slot = positive_bytes(_number(raw.MemoryProvisioned), MIB)
    started = unix_us(raw.JobCurrentStartDate or raw.JobStartDate)
    ended = unix_us(raw.CompletionDate or raw.EnteredCurrentStatus)
    cpu_time_s = (raw.RemoteUserCpu or 0) + (raw.RemoteSysCpu or 0)
    cpus = _count(raw.RequestCpus) or _count(raw.CpusProvisioned)
    common: dict[str, Any] = {
        "source": "htcondor",
        "record_number": number,
        "job_id": f"{raw.ClusterId}.{raw.ProcId}",
        "job_name": name,
        "label": raw.bps_job_label or by_name.label,
        "run": command.run,
        "workflow_name": raw.bps_run or by_name.workflow_name,
        "quantum_ids": command.quantum_ids or by_name.quantum_ids,
        "data_id_values": by_name.data_id_values,
        "max_attempts": None if raw.JobMaxRetries is None else raw.JobMaxRetries + 1,
        "requested_cpus_count": cpus,
        "queue": raw.AccountingGroup,
        "submitted_at": unix_us(raw.QDate),
    }
    starts = raw.NumJobStarts or None
    before, rule = _held(raw.LastHoldReasonCode, raw.LastHoldReasonSubCode)
    if before is State.KILLED_MEMORY and (starts or 0) > 1 and raw.JobStatus != _HELD_STATUS:
        yield JobRecord(
            **common,
            state=before,
            state_rule=f"{rule}, before its last try",
            raw_codes=json.dumps({"LastHoldReasonCode": raw.LastHoldReasonCode}),
            diagnostic=shortened(raw.LastHoldReason),
        )
    state, rule, is_inferred, reason = _ad_outcome(raw)
    yield JobRecord(
        **common,
        attempt=starts,
        state=state,
        state_rule=rule,
        is_state_inferred=is_inferred,
        raw_state=f"JobStatus {raw.JobStatus}",
        raw_codes=json.dumps(
            {
                key: getattr(raw, key)
                for key in ("ExitBySignal", "ExitCode", "ExitSignal", *_HOLD)
                if getattr(raw, key) is not None
            },
            separators=(",", ":"),
        ),
        diagnostic=shortened(reason),
        requested_memory_bytes=request or slot,
        requested_memory_source="request" if request else "slot" if slot else None,
        allocated_cpus_count=_count(raw.CpusProvisioned),
        peak_bytes=rss or pss,
        peak_measure="rss" if rss else "pss" if pss else None,
        has_children_in_peak=True if rss or pss else None,
        cpu_time_s=cpu_time_s or None,
        wall_time_s=elapsed_s(started, ended),
        node_name=host_name(raw.LastRemoteHost or raw.RemoteHost),
        started_at=started,
        ended_at=ended,
    )


def _ad_outcome(raw: _Ad) -> tuple[State, str, bool, str | None]:
    """Find how a job of the history ended, the rule, if it is inferred, and the reason text."""
    if raw.JobStatus == _COMPLETED:
        state, rule, is_inferred = _ended(not raw.ExitBySignal, raw.ExitCode, raw.ExitSignal)
        return state, rule, is_inferred, None
    if raw.JobStatus not in (_REMOVED, _HELD_STATUS):
        return State.UNKNOWN, f"JobStatus {raw.JobStatus}", False, None
    # BPS removes a job that was held for its memory if it may not request more.
    state, rule = _held(raw.HoldReasonCode, raw.HoldReasonSubCode)
    reason = raw.RemoveReason or raw.HoldReason
    if raw.JobStatus == _REMOVED and raw.HoldReasonCode is None:
        last, last_rule = _held(raw.LastHoldReasonCode, raw.LastHoldReasonSubCode)
        if last is State.KILLED_MEMORY and (raw.NumJobStarts or 0) <= 1:
            return last, f"{last_rule}, then removed", False, reason
        return State.CANCELLED, "JobStatus 3 (removed)", False, reason
    return state, rule, False, reason
