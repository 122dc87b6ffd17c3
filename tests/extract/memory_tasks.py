"""A task that takes a known amount of memory, and says what its process then held.

`pipetask run-qbb` and batch jobs import it by name, so it imports little.
"""

from __future__ import annotations

import json
import mmap
import os
import time
from pathlib import Path
from typing import Any, NamedTuple

from lsst.pex.config import Field, ListField
from lsst.pipe.base.tests.mocks import DynamicTestPipelineTask, DynamicTestPipelineTaskConfig

__all__ = ["Held", "MemoryTask", "MemoryTaskConfig", "read_held", "resident_bytes", "take"]

MIB = 1024**2


def resident_bytes() -> int:
    """Tell what this process holds now, page by page as the kernel counts it.

    Returns
    -------
    resident : `int`
        Bytes. This is no high-water mark, and does not move one.
    """
    for line in Path("/proc/self/smaps_rollup").read_text().splitlines():
        if line.startswith("Rss:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("/proc/self/smaps_rollup has no line 'Rss:'")


def take(mebibytes: int, seconds: float = 0.0) -> int:
    """Take memory, touch each page of it, and give it back.

    Parameters
    ----------
    mebibytes : `int`
        How much, in MiB.
    seconds : `float`, optional
        How long it is held, in s.

    Returns
    -------
    held : `int`
        What the process held meanwhile, in bytes.
    """
    with mmap.mmap(-1, mebibytes * MIB) as taken:
        for start in range(0, len(taken), mmap.PAGESIZE):
            taken[start] = 1
        held = resident_bytes()
        time.sleep(seconds)
    return held


class Held(NamedTuple):
    """What one quantum took, and what its process held then."""

    task_label: str
    detector: int
    pid: int
    order: int
    taken_mib: int
    before_bytes: int
    held_bytes: int


class MemoryTaskConfig(DynamicTestPipelineTaskConfig):
    """What quanta take, by detector."""

    mebibytes = ListField[int](  # type: ignore[no-untyped-call]
        doc="MiB by detector, that of detector 0 first.", dtype=int
    )
    seconds = Field[float](  # type: ignore[no-untyped-call]
        doc="How long memory is held, in s.", dtype=float, default=0.0
    )
    folder = Field[str](  # type: ignore[no-untyped-call]
        doc="Where each quantum writes what was held.", dtype=str
    )


class MemoryTask(DynamicTestPipelineTask):
    """A task that takes memory, and else does what mock tasks do."""

    ConfigClass = MemoryTaskConfig
    config: MemoryTaskConfig

    def runQuantum(self, butlerQC: Any, inputRefs: Any, outputRefs: Any) -> None:  # noqa: ANN401, N802, N803
        """Take the memory of this detector."""
        detector = butlerQC.quantum.dataId["detector"]
        mebibytes = self.config.mebibytes[detector]
        label, order = self.getName(), time.monotonic_ns()
        before = resident_bytes()
        held = take(mebibytes, self.config.seconds)
        said = Held(label, detector, os.getpid(), order, mebibytes, before, held)
        path = Path(self.config.folder) / f"{said.task_label}-{detector}-{said.pid}.json"
        path.write_text(json.dumps(said))
        super().runQuantum(butlerQC, inputRefs, outputRefs)


def read_held(folder: Path) -> list[Held]:
    """Read what the quanta of a folder held.

    Parameters
    ----------
    folder : `~pathlib.Path`
        The folder of the tasks' configuration.

    Returns
    -------
    held : `list` [ `Held` ]
        One a quantum that got so far.
    """
    return [Held(*json.loads(path.read_text())) for path in sorted(folder.glob("*.json"))]
