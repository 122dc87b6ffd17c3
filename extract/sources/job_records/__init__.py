"""Read the batch system's own records of jobs: their tries, requests and ends.

A quantum that was killed for its memory leaves neither metadata nor log.  The batch
system knows what the job requested and how it ended.  Each module here reads the
records of one batch system.  All make the same rows:

- ``panda``: PanDA's job records as JSON or JSON lines;
- ``slurm``: Slurm's accounting, ``sacct --parsable2`` or ``sacct --json``;
- ``htcondor``: HTCondor's event logs, or ``condor_history -json``.

``detect`` distinguishes them by their content, and `read_records` reads a file of any
kind.  Shared modules are ``model`` (the row), ``names`` (the parts of a job's name),
``streams`` (compressed files, JSON one value at a time) and ``values`` (sizes and times
as text).
"""

from __future__ import annotations

from .detect import Kind, detect_kind, read_records
from .model import BadRecord, JobRecord, State

__all__ = [
    "BadRecord",
    "JobRecord",
    "Kind",
    "State",
    "detect_kind",
    "read_records",
]
