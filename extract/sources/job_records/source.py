"""Define the batch system's records as a source."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..protocol import Description, Outcome, Place, Sink
from .rows import record_batches

if TYPE_CHECKING:
    from ...butler.repository import Repository

__all__ = ["JobRecords"]


class JobRecords:
    """Files of job records, of any kind that `extract.sources.job_records` knows."""

    name = "job_records"
    header_name = None

    def describe(self, place: Place) -> Description:
        """Return an empty description, because a file is read as a whole."""
        return Description(place)

    def slices(
        self, description: Description, repository: Repository | None, count: int
    ) -> list[Path]:
        """Return the file as one slice, because it is small compared with its quanta."""
        return [Path(description.place.name)]

    def read(self, part: Path, sink: Sink) -> Outcome:
        """Read tries of jobs, and records that cannot be read as rejects."""
        for table, batch in record_batches(part):
            sink(table, batch)
        return Outcome()
