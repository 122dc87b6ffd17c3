"""The batch system's own records: which job, how often it was tried, how it ended.

A quantum that was killed for its memory leaves neither metadata nor log.  The
batch system knows what it had asked for and how it ended.  Each module here
reads the records of one system and makes the same rows of them:

- ``panda``: PanDA's job records as JSON or JSON lines;
- ``slurm``: Slurm's accounting, ``sacct --parsable2`` or ``sacct --json``;
- ``htcondor``: HTCondor's event logs, or ``condor_history -json``.

``detect`` tells them apart by their content, and `read_records` reads a file of
any kind.  What is common stands beside them: ``model`` (the row), ``names`` (what
a job's name tells), ``streams`` (compressed files, JSON one value at a time) and
``values`` (sizes and times as text).
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
