"""Define one try of a batch job, for every batch system.

The row is in the units of the lake: bytes, seconds, microseconds since 1970 in
UTC.  A value that a record does not have is `None`, never 0.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence

import msgspec

__all__ = ["LARGEST_CPU_TIME_S", "BadRecord", "JobRecord", "State"]

LARGEST_CPU_TIME_S = 2**40
"""CPU time of a million CPUs in twelve days: a longer CPU time means a damaged record."""


class State(enum.StrEnum):
    """How a try of a job ended."""

    SUCCESSFUL = "successful"
    FAILED = "failed"
    """It ended by itself, with an error."""

    KILLED_MEMORY = "killed_memory"
    """It was ended for the memory that it used."""

    KILLED_TIME = "killed_time"
    """It was ended because it ran too long."""

    KILLED = "killed"
    """It was ended from outside for another reason, or for an unknown one."""

    CANCELLED = "cancelled"
    """A person or the workflow system cancelled it."""

    UNKNOWN = "unknown"
    """It has not ended, or the record does not say how."""


class JobRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One try of a batch job."""

    source: str
    """``panda``, ``slurm`` or ``htcondor``."""

    record_number: int
    """Place of the record in its file, from 1."""

    job_id: str
    """The batch system's own identifier."""

    job_name: str | None = None
    label: str | None = None
    """Label of the task or cluster of BPS."""

    run: str | None = None
    """RUN collection, if the record has its unchanged name."""

    workflow_name: str | None = None
    """Name of the workflow: BPS makes it from the RUN, with ``_`` in place of ``/``."""

    quantum_ids: Sequence[str] | None = None
    """UUIDs of the quanta that the job was given."""

    data_id_values: str | None = None
    """Values of the data ID in the job's name, joined by ``_``."""

    attempt: int | None = None
    """Number of the try, from 1, as the batch system counts."""

    max_attempts: int | None = None
    state: State
    state_rule: str
    """Rule that gave the state, from values of the record."""

    is_state_inferred: bool = False
    """Whether the rule infers the state from an exit code, because the record does not name it."""

    raw_state: str | None = None
    raw_codes: str | None = None
    """Codes of the record as JSON text."""

    diagnostic: str | None = None
    """Text of the batch system about the end."""

    requested_memory_bytes: int | None = None
    requested_memory_source: str | None = None
    """``request``, or ``slot`` if only the memory of the slot is known."""

    requested_cpus_count: int | None = None
    allocated_cpus_count: int | None = None
    peak_bytes: int | None = None
    peak_measure: str | None = None
    """``rss`` or ``pss``."""

    has_children_in_peak: bool | None = None
    """Whether the peak is that of all processes of the job together."""

    cpu_time_s: float | None = None
    wall_time_s: float | None = None
    queue: str | None = None
    node_name: str | None = None
    submitted_at: int | None = None
    """Microseconds since 1970-01-01 in UTC, as the other instants."""

    started_at: int | None = None
    ended_at: int | None = None

    def __post_init__(self) -> None:
        """Refuse counts that no column can hold, and an impossible CPU time."""
        for name in ("attempt", "max_attempts", "requested_cpus_count", "allocated_cpus_count"):
            count = getattr(self, name)
            if count is not None and not -(2**31) <= count < 2**31:
                raise ValueError(f"{name} is {count}: no batch system counts that far")
        if self.cpu_time_s is not None and not 0 <= self.cpu_time_s <= LARGEST_CPU_TIME_S:
            raise ValueError(f"a CPU time of {self.cpu_time_s:g} s cannot be")


class BadRecord(msgspec.Struct, frozen=True):
    """A record that could not be read."""

    record_number: int
    """Place in the file, from 1; the records after it may still be good."""

    reason: str
    """One line."""
