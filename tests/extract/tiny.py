"""A repository of plain files that a test fills quantum by quantum, and what a lake says of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from lsst.daf.butler import (  # type: ignore[attr-defined]
    Butler,
    CollectionType,
    Config,
    DatasetType,
)
from lsst.daf.butler.logging import ButlerLogRecords
from lsst.pipe.base import TaskMetadata

from extract.campaigns import load_campaigns
from extract.run import Settings, Summary, extract

INSTRUMENT = "Cam1"
DETECTORS = range(1, 5)


class Silent:
    """Progress without output."""

    def say(self, text: str) -> None:
        """Say nothing."""

    def expect(self, quanta_count: int) -> None:
        """Expect nothing."""

    def advance(self, quanta_count: int) -> None:
        """Do nothing."""


def metadata_document(
    peak_bytes: int, start: str | None = "2026-01-01T00:00:02+00:00"
) -> TaskMetadata:
    """Make the metadata of a quantum, as the single-quantum executor writes it."""
    metadata = TaskMetadata()
    quantum = TaskMetadata()
    quantum["__version__"] = 1
    quantum["nodeName"] = "node1"
    instants = {"prep": "2026-01-01T00:00:00+00:00", "end": "2026-01-01T00:00:09+00:00"}
    if start is not None:
        instants |= {"init": "2026-01-01T00:00:01+00:00", "start": start}
    for prefix, text in instants.items():
        quantum.add(f"{prefix}Utc", text)
        quantum.add(f"{prefix}CpuTime", 1.5)
        quantum.add(f"{prefix}MaxResidentSetSize", peak_bytes)
    metadata["quantum"] = quantum
    return metadata


class TinyRepository:
    """A Butler repository of one instrument with four detectors."""

    def __init__(self, root: Path, config: Config | None = None) -> None:
        self.root = root
        Butler.makeRepo(str(root / "repo"), config)
        with self.butler() as butler:
            registry = butler.registry
            registry.insertDimensionData("instrument", {"name": INSTRUMENT, "class_name": "x"})
            for detector in DETECTORS:
                registry.insertDimensionData(
                    "detector",
                    {"instrument": INSTRUMENT, "id": detector, "full_name": str(detector)},
                )

    def butler(self) -> Butler:
        """Open the repository for writing."""
        return Butler.from_config(str(self.root / "repo"), writeable=True)

    def add(
        self,
        run: str,
        quanta: Mapping[str, Iterable[int]],
        *,
        kinds: Iterable[str] = ("metadata", "log"),
        peak_bytes: int = 1 << 30,
    ) -> None:
        """Put metadata, logs or both for detectors by task label into a RUN."""
        with self.butler() as butler:
            butler.collections.register(run, CollectionType.RUN)
            dimensions = butler.dimensions.conform(["detector"])
            for label, detectors in quanta.items():
                for kind in kinds:
                    storage = {"metadata": "TaskMetadata", "log": "ButlerLogRecords"}[kind]
                    butler.registry.registerDatasetType(
                        DatasetType(f"{label}_{kind}", dimensions, storage)
                    )
                    content = (
                        metadata_document(peak_bytes)
                        if kind == "metadata"
                        else ButlerLogRecords.from_records([])
                    )
                    for detector in detectors:
                        butler.put(
                            content,
                            f"{label}_{kind}",
                            run=run,
                            instrument=INSTRUMENT,
                            detector=detector,
                        )

    def chain(self, name: str, *children: str) -> None:
        """Make or change a chain."""
        with self.butler() as butler:
            butler.collections.register(name, CollectionType.CHAINED)
            butler.collections.redefine_chain(name, children)

    def file_of(self, run: str, label: str, detector: int, kind: str = "metadata") -> Path:
        """Tell where a dataset's file is."""
        with self.butler() as butler:
            uri = butler.getURI(
                f"{label}_{kind}", collections=[run], instrument=INSTRUMENT, detector=detector
            )
            return Path(uri.ospath)

    def campaigns(self, stages: Mapping[str, object], **more: object) -> Path:
        """Write a campaigns file with one campaign."""
        path = self.root / "campaigns.yaml"
        campaign = {"release": "w_2026_05", "focus": "v30", "stages": dict(stages)}
        content = {"repository": "repo", "campaigns": {"DM-1": campaign}, **more}
        path.write_text(yaml.safe_dump(content))
        return path


def run_extraction(campaigns: Path, data: Path, **settings: Any) -> Summary:  # noqa: ANN401
    """Extract in this process."""
    chosen = {"workers": 1, **settings}
    return extract(load_campaigns(campaigns, data), Settings(data=data, **chosen), Silent())


def read_lake(data: Path, table: str) -> pa.Table:
    """Read a table of a lake with its partitions as SQL does."""
    files = sorted((data / "lake" / table).rglob("*.parquet"))
    parts = []
    for file in files:
        rows = pq.ParquetFile(file).read()
        for name in ("stage", "campaign"):
            value = next((p[len(name) + 1 :] for p in file.parts if p.startswith(f"{name}=")), None)
            rows = rows.add_column(0, name, pa.array([value] * rows.num_rows, pa.string()))
        parts.append(rows)
    return pa.concat_tables(parts)


def rows_of(data: Path, table: str, *leave_out: str) -> list[str]:
    """List a table's rows in an order of their own, for comparison."""
    rows = read_lake(data, table).drop_columns(list(leave_out))
    return sorted(str(sorted(row.items())) for row in rows.to_pylist())


def whole_lake(data: Path) -> dict[str, list[str]]:
    """Every row of every table but for when it was read."""
    moments = {"runs": ["extracted_at"], "campaigns": ["recorded_at", "repository"]}
    tables = ["quanta", "expectations", "runs", "rejects", "visits", "jobs", "campaigns", "stages"]
    return {table: rows_of(data, table, *moments.get(table, [])) for table in tables}
