"""Compare our tables with real quanta that take known amounts of memory, several in one process.

Each quantum writes what its process held while it held all that it took, from
the kernel's own table of pages. That is the truth; the high-water mark, of
which resource usage is made, has no part in it.
"""

from __future__ import annotations

import random
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from lsst.daf.butler import Butler
from lsst.pipe.base.tests.mocks import DirectButlerRepo

from dbt_project.runner.build import build
from dbt_project.runner.layout import Layout
from tests.dbt_project.conftest import query
from tests.extract.memory_tasks import MIB, Held, MemoryTask, MemoryTaskConfig, read_held
from tests.extract.pipelines import CHAIN, Executed, call
from tests.extract.tiny import run_extraction

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("parsed_project"),
    pytest.mark.skipif(sys.platform != "linux", reason="the truth is read from Linux's /proc"),
]

# A kernel counts pages by processor and adds them up late, and a quantum also holds its inputs.
TOLERANCE_BYTES = 8 * MIB
# An estimate from half of 15 values is off by some ranks, also where the method is right.
TOLERANCE_RANKS = 0.15

PROCESS_COUNT = 5
DETECTORS_EACH = 3
# Start-up leaves a mark some 40 MiB above what the process then holds.
TAKEN_MIB = {"isr": (60, 320), "calibrateImage": (60, 480)}
# With these sizes the medians of needs and of all peaks lie well apart, for both tasks. How an
# estimate scatters from sample to sample is tested elsewhere, against scipy.
SEED = 14
SOURCES = {"FILES": "metadata_file", "GRAPH": "provenance_graph"}


@dataclass(frozen=True)
class Known:
    """What quanta held, and the warehouse that was made of their RUN."""

    held: list[Held]
    layout: Layout

    def inherited(self) -> dict[tuple[str, int], int]:
        """Tell what each quantum's process had held before, at most, in bytes."""
        before = {}
        for _, process in groupby(self.held, key=lambda quantum: quantum.pid):
            most = 0
            for quantum in process:
                before[quantum.task_label, quantum.detector] = most
                most = max(most, quantum.held_bytes)
        return before


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Known:
    """Run the quanta, aggregate them both ways, and read both in one extraction."""
    root = tmp_path_factory.mktemp("known")
    executed = Executed(root / "files")
    quanta = _predict(executed, root / "held")
    call("pipetask", "pre-exec-init-qbb", str(executed.repository), str(executed.predicted))
    with ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(lambda ids: _run(executed, ids), quanta))
    executed.aggregate("-o", str(executed.provenance))
    executed.copy(root / "graph").ingest()
    layout = Layout(root / "data")
    summary = run_extraction(_campaigns(root), layout.root)
    assert not summary.failures
    assert build(layout)
    held = sorted(read_held(root / "held"), key=lambda quantum: (quantum.pid, quantum.order))
    return Known(held, layout)


def _predict(executed: Executed, folder: Path) -> list[list[str]]:
    """Make the repository and the graph; give the quanta of each process to come."""
    folder.mkdir()
    executed.root.mkdir()
    draw = random.Random(SEED)
    count = PROCESS_COUNT * DETECTORS_EACH
    Butler.makeRepo(str(executed.repository))
    with Butler.from_config(str(executed.repository), writeable=True) as butler:
        helper = DirectButlerRepo(butler, "base.yaml")
        # The file has the first four.
        for detector in range(5, count + 1):
            record = {"instrument": "Cam1", "id": detector, "full_name": str(detector)}
            butler.registry.insertDimensionData("detector", record)
        for label, (least, most) in TAKEN_MIB.items():
            config = MemoryTaskConfig()  # type: ignore[no-untyped-call]
            config.mebibytes = [draw.randint(least, most) for _ in range(count + 1)]
            config.folder = str(folder)
            helper.add_task(label, dimensions=["detector"], task_class=MemoryTask, config=config)
        executed.predict(helper)
    processes: list[list[str]] = [[] for _ in range(PROCESS_COUNT)]
    for quantum_id, (_, detector) in executed.predicted_quanta().items():
        processes[detector % PROCESS_COUNT].append(quantum_id)
    return processes


def _run(executed: Executed, quantum_ids: list[str]) -> None:
    """Run quanta in one process, as a batch job does."""
    call(
        "pipetask", "run-qbb", str(executed.repository), str(executed.predicted),
        "--qgraph-node-id", ",".join(quantum_ids),
    )  # fmt: skip


def _campaigns(root: Path) -> Path:
    """Write a campaigns file with the same RUN in both states."""
    path = root / "campaigns.yaml"
    campaigns = {
        name: {
            "release": "w_2026_05",
            **({"focus": "files"} if name == "FILES" else {}),
            "repository": f"{name.lower()}/repo",
            "stages": {"stage1": CHAIN},
        }
        for name in SOURCES
    }
    path.write_text(yaml.safe_dump({"repository": "files/repo", "campaigns": campaigns}))
    return path


def _quanta(known: Known, campaign: str) -> dict[tuple[str, int], tuple[Any, ...]]:
    rows = query(
        known.layout.warehouse,
        "select task_label, detector, max_rss_bytes, prep_max_rss_bytes, is_peak_inherited "
        f"from fct_quanta where campaign = '{campaign}' and is_measured",
    )
    return {(row[0], row[1]): row[2:] for row in rows}


def test_the_truth_is_what_was_taken(known: Known) -> None:
    assert len(known.held) == PROCESS_COUNT * DETECTORS_EACH * len(TAKEN_MIB)
    assert len({quantum.pid for quantum in known.held}) == PROCESS_COUNT
    for quantum in known.held:
        taken = quantum.held_bytes - quantum.before_bytes
        assert taken == pytest.approx(quantum.taken_mib * MIB, abs=4 * MIB), quantum


@pytest.mark.parametrize("campaign", SOURCES)
def test_an_own_peak_is_what_the_quantum_held_and_an_inherited_one_what_others_had(
    known: Known, campaign: str
) -> None:
    rows = _quanta(known, campaign)
    assert query(
        known.layout.warehouse,
        f"select distinct source from staging.stg_lake__quanta where campaign = '{campaign}'",
    ) == [(SOURCES[campaign],)]
    before = known.inherited()
    assert rows.keys() == before.keys()
    told_apart = {True: 0, False: 0}
    for quantum in known.held:
        key = quantum.task_label, quantum.detector
        peak, prep, is_inherited = rows[key]
        truth = max(quantum.held_bytes, before[key])
        assert peak == pytest.approx(truth, abs=TOLERANCE_BYTES), (key, is_inherited)
        if before[key]:
            assert prep == pytest.approx(before[key], abs=TOLERANCE_BYTES), key
        if abs(quantum.held_bytes - before[key]) > TOLERANCE_BYTES:
            assert is_inherited == (quantum.held_bytes < before[key]), key
            told_apart[is_inherited] += 1
    # Memory went up and down, and the tolerance does not swallow the difference.
    assert min(told_apart.values()) >= 8
    assert sum(told_apart.values()) >= 0.8 * len(known.held)


def test_plain_files_tell_the_same_processes_as_provenance(known: Known) -> None:
    chains = {
        (process, detector, task): chain
        for campaign, process in (("FILES", "rebuilt"), ("GRAPH", "provenance"))
        for detector, task, chain in query(
            known.layout.warehouse,
            "select detector, task_label, list(task_label || detector order by process_position) "
            "over (partition by process_id order by process_position rows between unbounded "
            "preceding and unbounded following) from fct_quanta "
            f"where campaign = '{campaign}' and process_source = '{process}'",
        )
    }
    assert len(chains) == 2 * len(known.held)
    for quantum in known.held:
        key = quantum.detector, quantum.task_label
        assert chains["rebuilt", *key] == chains["provenance", *key], key


@pytest.mark.parametrize("campaign", SOURCES)
def test_a_process_held_what_its_largest_quantum_took(known: Known, campaign: str) -> None:
    processes = query(
        known.layout.warehouse,
        "select quanta_count, peak_rss_bytes from fct_processes "
        f"where campaign = '{campaign}' order by peak_rss_bytes",
    )
    expected = sorted(
        max(quantum.held_bytes for quantum in process)
        for _, process in groupby(known.held, key=lambda quantum: quantum.pid)
    )
    assert [count for count, _ in processes] == [DETECTORS_EACH * len(TAKEN_MIB)] * PROCESS_COUNT
    assert [peak for _, peak in processes] == pytest.approx(expected, abs=TOLERANCE_BYTES)


@pytest.mark.parametrize("campaign", SOURCES)
@pytest.mark.parametrize("task_label", TAKEN_MIB)
def test_the_estimate_is_near_what_quanta_need(
    known: Known, campaign: str, task_label: str
) -> None:
    needs = [quantum.held_bytes for quantum in known.held if quantum.task_label == task_label]
    ((all_p50, *estimated),) = query(
        known.layout.warehouse,
        "select usage.p50_max_rss_bytes, own.estimated_p50_max_rss_bytes, "
        "own.estimated_p75_max_rss_bytes, own.estimated_p95_max_rss_bytes "
        "from fct_task_own_usage own join fct_task_usage usage using (campaign, stage, task_label) "
        f"where campaign = '{campaign}' and task_label = '{task_label}'",
    )
    for fraction, value in zip((0.50, 0.75, 0.95), estimated, strict=True):
        low, high = np.quantile(
            needs, [max(fraction - TOLERANCE_RANKS, 0), min(fraction + TOLERANCE_RANKS, 1)]
        )
        assert low - TOLERANCE_BYTES <= value <= high + TOLERANCE_BYTES, fraction
    # Statistics over all peaks are of what neighbours took.
    median = float(np.median(needs))
    assert all_p50 - median > 2 * abs(estimated[0] - median)
