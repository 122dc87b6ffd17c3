"""Small synthetic lakes, written straight through `extract.lake.schema`: no Butler, no extraction.

A lake is described in Python by the few facts that a test is about; all else has
plausible defaults.  `sample_lake` is one with every case that the marts tell apart.
Large lakes for benchmarks do not belong here: they are made in columns.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import typer

from extract.lake.schema import DIMENSION_COLUMNS, LAKE_SCHEMA_VERSION, TABLES
from extract.lake.store import LakeFile, Manifest, write_manifest

__all__ = ["GIB", "SyntheticLake", "canonical_data_id", "sample_lake", "seal"]

GIB = 1024**3

_EPOCH = datetime(2025, 12, 1, tzinfo=UTC)
_IMPLIED_BY_OBSERVATION = ("band", "physical_filter", "day_obs", "group")
_ADJUST_QUANTUM_RAISED = 8


def canonical_data_id(data_id: Mapping[str, int | str]) -> str:
    """Write the required dimensions as the lake does: JSON, keys sorted, no spaces."""
    implied = _IMPLIED_BY_OBSERVATION if {"visit", "exposure"} & set(data_id) else ()
    required = {key: value for key, value in data_id.items() if key not in implied}
    return json.dumps(required, sort_keys=True, separators=(",", ":"))


def _identifier(*parts: object) -> str:
    """Derive a UUID that is the same in every run."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(map(str, parts))))


def seal(root: Path) -> None:
    """Write the manifest that an extraction would have left of the files that are there."""
    files = {str(path.relative_to(root)): LakeFile.of(path) for path in root.rglob("*.parquet")}
    write_manifest(root, Manifest(files=files, is_finished=True), root / ".manifest")


@dataclass
class SyntheticLake:
    """Rows of a lake by table and partition, to be written once.

    Attributes
    ----------
    rows : `dict` [ `tuple` [ `str`, `str`, `str` ], `list` [ `dict` ] ]
        Rows by (table, campaign, stage); the table ``campaigns`` has stage "".
    """

    rows: dict[tuple[str, str, str], list[dict[str, Any]]] = field(default_factory=dict)

    def _add(self, table: str, campaign: str, stage: str, **row: object) -> None:
        unknown = set(row) - set(TABLES[table].names)
        if unknown:
            raise KeyError(f"{table} has no column {sorted(unknown)}")
        self.rows.setdefault((table, campaign, stage), []).append(row)

    def campaign(
        self,
        name: str,
        *,
        release: str = "v30.0.0.rc3",
        focus: str | None = None,
        stages: Mapping[str, str | None] | Sequence[str] = ("stage1",),
        **columns: object,
    ) -> None:
        """Add a campaign and its stages, by name or as name to declared gap."""
        position = sum(table == "campaigns" for table, _, _ in self.rows)
        defaults: dict[str, Any] = {
            "campaign_position": position,
            "fields": ["COSMOS", "EDFS"],
            "description": f"Synthetic campaign {name}.",
            "is_simulated": True,
            "repository": "/repo/synthetic",
            "threshold_gib": 6.0,
            "thresholds_gib": [4.0, 6.0, 8.0, 10.0],
            "lines_gib": [],
            "bin_gib": 1.0,
            "campaigns_file": "synthetic.yaml",
            "recorded_at": _EPOCH + timedelta(days=20),
        }
        self._add("campaigns", name, "", release=release, focus=focus, **(defaults | columns))
        declared = stages if isinstance(stages, Mapping) else dict.fromkeys(stages)
        for stage_position, (stage, reason) in enumerate(declared.items()):
            self._add(
                "stages",
                name,
                stage,
                stage_position=stage_position,
                collections=[f"runs/{name}/{stage}"],
                incomplete_reason=reason,
            )

    def run(self, campaign: str, stage: str, run: str, **columns: object) -> str:
        """Add a RUN; those added first come first in chain order. Returns its name."""
        defaults: dict[str, Any] = {
            "collection": f"runs/{campaign}/{stage}",
            "chain_position": len(self.rows.get(("runs", campaign, stage), [])),
            "source": "metadata_files",
            "stack_version": "30.0.0",
            "release_check": "not_checkable",
            "extracted_at": _EPOCH + timedelta(days=20),
            "extractor_version": "0.1.0",
            "lake_schema_version": LAKE_SCHEMA_VERSION,
        }
        self._add("runs", campaign, stage, run=run, **(defaults | columns))
        return run

    def quantum(
        self,
        campaign: str,
        stage: str,
        run: str,
        task: str,
        data_id: Mapping[str, int | str],
        *,
        status: str = "successful",
        attempt: int | None = 0,
        peak_gib: float | None = 2.0,
        prep_gib: float | None = 0.5,
        start_s: float = 0.0,
        wall_s: float = 100.0,
        does_work: bool = True,
        has_usage: bool = True,
        expected: bool = True,
        **columns: object,
    ) -> dict[str, Any]:
        """Add one attempt of a quantum, and by default the graph's expectation of it.

        Parameters
        ----------
        peak_gib, prep_gib : `float` or `None`
            Peak of the process at the end and before the quantum, in GiB.
        start_s, wall_s : `float`
            Start after the epoch, and time from prep to end, in seconds; init comes after 2 % of
            it and start after 5 %.
        does_work : `bool`
            Whether the quantum has init and start: else it found no work in `adjustQuantum`.
        has_usage : `bool`
            Whether any resource usage is known.
        expected : `bool`
            Whether a predicted graph of the RUN holds the quantum.
        **columns
            Columns of the table, over the defaults.

        Returns
        -------
        row : `dict`
            The row, which may still be changed.
        """
        text = canonical_data_id(data_id)
        quantum_id = _identifier(campaign, stage, run, task, text)
        row: dict[str, Any] = {
            "run": run,
            "task_label": task,
            "data_id": text,
            **{key: value for key, value in data_id.items() if key in DIMENSION_COLUMNS},
            "quantum_id": quantum_id,
            "attempt": attempt,
            "is_last_attempt": True,
            "status": status,
            "caveats": 0 if does_work else _ADJUST_QUANTUM_RAISED,
            "source": "metadata_file",
            "has_metadata": has_usage,
            "has_log": True,
            "metadata_version": 1,
            "node_name": "node1",
        }
        if has_usage:
            row |= _usage(peak_gib, prep_gib, start_s, wall_s, does_work=does_work)
        self._add("quanta", campaign, stage, **(row | columns))
        if expected and row["attempt"] in (0, None):
            self.expect(campaign, stage, run, task, data_id)
        return self.rows["quanta", campaign, stage][-1]

    def expect(
        self,
        campaign: str,
        stage: str,
        run: str,
        task: str,
        data_id: Mapping[str, int | str] | None,
        *,
        source: str = "predicted_graph",
        count: int = 1,
        number: int | None = None,
        predecessors: Sequence[int] | None = None,
    ) -> None:
        """Add what a graph held: a quantum, or with no data ID the count of a header.

        A quantum may have a number in its graph, and the numbers of those that it waits for.
        """
        text = None if data_id is None else canonical_data_id(data_id)
        self._add(
            "expectations",
            campaign,
            stage,
            run=run,
            task_label=task,
            data_id=text,
            quantum_id=None if text is None else _identifier(campaign, stage, run, task, text),
            source=source,
            quanta_count=count,
            graph_uri=f"/submit/{run}.qg",
            quantum_number=number,
            predecessor_numbers=predecessors,
        )

    def reject(
        self, campaign: str, stage: str, run: str, task: str, data_id: Mapping[str, int | str]
    ) -> None:
        """Add an unreadable dataset: its quantum and its reject."""
        self.quantum(
            campaign, stage, run, task, data_id, status="unreadable", has_usage=False, caveats=None
        )
        self._add(
            "rejects",
            campaign,
            stage,
            run=run,
            task_label=task,
            data_id=canonical_data_id(data_id),
            dataset_type=f"{task}_metadata",
            uri=f"/repo/synthetic/{run}/{task}.json",
            reason="not JSON: unexpected end of data",
        )

    def visit(self, campaign: str, stage: str, visit: int, **columns: object) -> None:
        """Add a visit that the stage touched."""
        defaults: dict[str, Any] = {
            "instrument": "LSSTCam",
            "dimension": "visit",
            "id": visit,
            "has_record": True,
            "day_obs": 20251130,
            "band": "r",
            "physical_filter": "r_57",
            "target_name": "COSMOS",
            "exposure_time_s": 30.0,
            "started_at": _EPOCH,
        }
        self._add("visits", campaign, stage, **(defaults | columns))

    def job(
        self, campaign: str, stage: str, run: str, label: str, state: str = "successful",
        **columns: object,
    ) -> None:  # fmt: skip
        """Add a try of a batch job, as PanDA's records tell it."""
        number = len(self.rows.get(("jobs", campaign, stage), ())) + 1
        defaults: dict[str, Any] = {
            "source": "panda",
            "file": f"/records/{campaign}.json",
            "record_number": number,
            "job_id": str(number),
            "job_name": f"{run.replace('/', '_')}_01_{label}_01_1_{number}.{number}",
            "label": label,
            "workflow_name": run.replace("/", "_"),
            "attempt": 1,
            "max_attempts": 3,
            "state": state,
            "state_rule": "synthetic",
            "is_state_inferred": state == "killed_memory",
            "requested_memory_bytes": 4 * GIB,
            "requested_memory_source": "request",
            "requested_cpus_count": 1,
            "peak_bytes": 3 * GIB,
            "peak_measure": "rss",
            "has_children_in_peak": True,
            "cpu_time_s": 900.0,
            "wall_time_s": 1800.0,
            "queue": "4G",
            "node_name": "node7",
            "submitted_at": _EPOCH,
            "started_at": _EPOCH + timedelta(seconds=600),
            "ended_at": _EPOCH + timedelta(seconds=2400),
        }
        self._add("jobs", campaign, stage, **(defaults | columns))

    def write(self, root: Path) -> Path:
        """Write the lake under a folder, as extraction lays it out.

        Parameters
        ----------
        root : `pathlib.Path`
            The ``lake`` folder; made if missing.

        Returns
        -------
        root : `pathlib.Path`
            The same folder.
        """
        for (table, campaign, stage), rows in self.rows.items():
            folder = root / table / f"campaign={campaign}"
            if table != "campaigns":
                folder = folder / f"stage={stage}"
            _write(pa.Table.from_pylist(rows, schema=TABLES[table]), folder / "part.parquet")
        for table, schema in TABLES.items():
            if not (root / table).exists():
                nowhere = root / table / "campaign=__none__"
                if table != "campaigns":
                    nowhere = nowhere / "stage=__none__"
                _write(schema.empty_table(), nowhere / "empty.parquet")
        seal(root)
        return root


def _usage(
    peak_gib: float | None,
    prep_gib: float | None,
    start_s: float,
    wall_s: float,
    *,
    does_work: bool,
) -> dict[str, Any]:
    """Make the resource usage at the instants that a quantum noted."""
    shares = {"prep": 0.0, "init": 0.02, "start": 0.05, "end": 1.0}
    noted = shares if does_work else {"prep": 0.0, "end": 1.0}
    peak = None if peak_gib is None else round(peak_gib * GIB)
    prep = None if prep_gib is None else round(prep_gib * GIB)
    usage: dict[str, Any] = {}
    for prefix, share in noted.items():
        rss = "max_rss_bytes" if prefix == "end" else f"{prefix}_max_rss_bytes"
        usage[f"{prefix}_at"] = _EPOCH + timedelta(seconds=start_s + share * wall_s)
        usage[rss] = peak if prefix == "end" else prep
        usage[f"{prefix}_cpu_time_s"] = 10.0 + share * wall_s * 0.9
        usage[f"{prefix}_major_page_faults_count"] = 3
        usage[f"{prefix}_minor_page_faults_count"] = 1000 + round(share * 1000)
    usage |= {
        "butler_get_wall_time_s": 0.1 * wall_s,
        "butler_put_wall_time_s": 0.05 * wall_s,
        "butler_get_count": 7,
        "butler_put_count": 3,
        "job_quanta_count": 1,
    }
    return usage


def _write(table: pa.Table, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, compression="zstd", row_group_size=122_880)


def _add_detector_tasks(lake: SyntheticLake, campaign: str, runs: Sequence[str]) -> None:
    """Add stage 1: visits by detectors, whose second task inherits the first one's peak."""
    for visit in range(100, 106):
        lake.visit(campaign, "stage1", visit, target_name="COSMOS" if visit % 2 else "EDFS")
        for detector in range(8):
            data_id: dict[str, int | str] = {
                "instrument": "LSSTCam", "detector": detector, "visit": visit,
                "band": "r", "physical_filter": "r_57", "day_obs": 20251130,
            }  # fmt: skip
            run = runs[visit % len(runs)]
            first = _identifier(campaign, run, "isr", visit, detector)
            own_gib = 1.5 + 0.1 * detector + (6.0 if (visit, detector) == (105, 7) else 0.0)
            begin = 1000.0 * (visit - 100) + 10.0 * detector
            node = f"node{detector % 3}"
            common: dict[str, Any] = {"process_id": first, "node_name": node, "job_quanta_count": 2}
            lake.quantum(
                campaign, "stage1", run, "isr", data_id,
                peak_gib=own_gib, start_s=begin, wall_s=40.0 + detector, quantum_id=first,
                previous_process_quanta=[], **common,
            )  # fmt: skip
            lake.quantum(
                campaign, "stage1", run, "calibrateImage", data_id,
                peak_gib=own_gib, prep_gib=own_gib, start_s=begin + 60.0, wall_s=200.0,
                previous_process_quanta=[first], **common,
            )  # fmt: skip


def _add_irregular_quanta(lake: SyntheticLake, campaign: str, runs: Sequence[str]) -> None:
    """Add to stage 1 a retry that succeeded, one that failed, a failure, a block and no work."""
    newest, oldest = runs[0], runs[-1]
    task = "consolidateVisitSummary"
    by_visit: list[dict[str, int | str]] = [
        {"instrument": "LSSTCam", "visit": visit} for visit in range(100, 106)
    ]
    add = lake.quantum
    # Failed first, succeeded in a later RUN.
    add(campaign, "stage1", oldest, task, by_visit[0], status="failed",
        exception_type="builtins.RuntimeError", wall_s=50.0)  # fmt: skip
    add(campaign, "stage1", newest, task, by_visit[0])
    # Succeeded first; the later retry failed and hides nothing.
    add(campaign, "stage1", oldest, task, by_visit[1])
    add(campaign, "stage1", newest, task, by_visit[1], status="failed",
        exception_type="builtins.MemoryError")  # fmt: skip
    # Failed for good, and what it blocks.
    add(campaign, "stage1", newest, task, by_visit[2], status="failed",
        exception_type="lsst.pipe.base.AlgorithmError")  # fmt: skip
    add(campaign, "stage1", newest, "makeVisitTable", by_visit[2], status="blocked",
        attempt=None, has_usage=False)  # fmt: skip
    # No work at all, and no work found while running, which did use memory.
    add(campaign, "stage1", newest, task, by_visit[3], does_work=False)
    add(campaign, "stage1", newest, task, by_visit[4], caveats=4)
    # Two attempts in one RUN.
    add(campaign, "stage1", newest, task, by_visit[5], status="failed", is_last_attempt=False,
        exception_type="builtins.OSError", wall_s=30.0)  # fmt: skip
    add(campaign, "stage1", newest, task, by_visit[5], attempt=1, peak_gib=8.5, start_s=40.0)


def _add_coadds(lake: SyntheticLake, campaign: str, stage: str, run: str, peak_gib: float) -> None:
    """Add a task by tract, patch and band."""
    for tract in (9813, 9814):
        for patch in range(4):
            for position, band in enumerate("gri"):
                data_id: dict[str, int | str] = {
                    "skymap": "lsst_cells_v1",
                    "tract": tract,
                    "patch": patch,
                    "band": band,
                }
                lake.quantum(
                    campaign, stage, run, "assembleDeepCoadd", data_id,
                    peak_gib=peak_gib + 0.5 * patch + 0.1 * position, wall_s=300.0 + patch,
                    start_s=400.0 * patch,
                )  # fmt: skip


def sample_lake(root: Path) -> Path:
    """Write a lake of three campaigns with every case that the marts tell apart.

    Parameters
    ----------
    root : `pathlib.Path`
        The ``lake`` folder; made if missing.

    Returns
    -------
    root : `pathlib.Path`
        The same folder.
    """
    lake = SyntheticLake()
    lake.campaign(
        "DM-1",
        release="w_2025_48",
        stages={"stage1": None, "stage3": None, "stage4": "Hardware failures; metrics were lost."},
    )
    lake.campaign("DM-2", release="v30.0.0.rc2", stages=("stage1", "stage3", "stage4"))
    lake.campaign("DM-3", release="v30.0.0.rc3", focus="v30", stages=("stage1", "stage3", "stage4"))
    for campaign, worse in (("DM-1", 3.0), ("DM-2", 0.5), ("DM-3", 0.0)):
        newest, oldest = (
            lake.run(campaign, "stage1", f"runs/{campaign}/stage1/{day}", packages=_packages(day))
            for day in ("20251202T000000Z", "20251201T000000Z")
        )
        _add_detector_tasks(lake, campaign, (newest, oldest))
        if campaign != "DM-2":
            _add_irregular_quanta(lake, campaign, (newest, oldest))
        run = lake.run(campaign, "stage3", f"runs/{campaign}/stage3/20251203T000000Z")
        _add_coadds(lake, campaign, "stage3", run, 4.0 + worse)
        _add_stage4(lake, campaign)
    _add_jobs(lake)
    return lake.write(root)


def _add_jobs(lake: SyntheticLake) -> None:
    """Add records: a missing quantum of DM-1 was killed twice, two jobs of DM-3 are told apart."""
    run, task = "runs/DM-1/stage4/20251204T000000Z", "associateAnalysisSource"
    data_id = canonical_data_id({"skymap": "lsst_cells_v1", "tract": 9813})
    [expected] = [
        row["quantum_id"]
        for row in lake.rows["expectations", "DM-1", "stage4"]
        if row["task_label"] == task and row["data_id"] == data_id
    ]
    for attempt in (1, 2):
        lake.job(
            "DM-1", "stage4", run, task, "killed_memory", attempt=attempt,
            job_name=f"lost.{attempt}", quantum_ids=[expected],
        )  # fmt: skip
    run, task = "runs/DM-3/stage3/20251203T000000Z", "assembleDeepCoadd"
    lake.job("DM-3", "stage3", run, task, "killed_memory", job_name="rescued.1")
    lake.job(
        "DM-3", "stage3", run, task, job_name="rescued.2", attempt=2, queue="8G",
        requested_memory_bytes=8 * GIB, peak_bytes=5 * GIB,
    )  # fmt: skip
    lake.job("DM-3", "stage3", run, task, job_name="at_once.1")


def _packages(day: str) -> str:
    """Write software versions of which one is the same in every RUN and one is not."""
    return json.dumps({"lsst_distrib": f"30.{day[:8]}", "python": "3.13.9"})


def _add_stage4(lake: SyntheticLake, campaign: str) -> None:
    """Add stage 4: DM-1's is partly lost, DM-2's has nothing to be verified against."""
    run = lake.run(campaign, "stage4", f"runs/{campaign}/stage4/20251204T000000Z")
    for tract in range(9813, 9819):
        data_id: dict[str, int | str] = {"skymap": "lsst_cells_v1", "tract": tract}
        where = (campaign, "stage4", run, "associateAnalysisSource")
        if campaign == "DM-1" and tract == 9813:
            lake.expect(*where, data_id)
        elif campaign == "DM-1" and tract == 9814:
            lake.reject(*where, data_id)
        elif campaign == "DM-1" and tract == 9815:
            lake.quantum(
                *where, data_id, status="failed", has_usage=False, has_log=False, attempt=0,
                caveats=None, source="provenance_graph",
            )  # fmt: skip
        else:
            lake.quantum(
                *where, data_id, peak_gib=float(tract - 9810), wall_s=3600.0,
                expected=campaign != "DM-2",
            )  # fmt: skip
    if campaign == "DM-1":
        for patch in range(3):
            patch_id: dict[str, int | str] = {
                "skymap": "lsst_cells_v1",
                "tract": 9813,
                "patch": patch,
            }
            lake.expect(campaign, "stage4", run, "analyzeDiaSourceTableTract", patch_id)


def _main(root: Path) -> None:
    """Write the sample lake under ROOT/lake."""
    typer.echo(f"Wrote {sample_lake(root / 'lake')}")


if __name__ == "__main__":
    typer.run(_main)
