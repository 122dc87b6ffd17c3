"""Extraction as users run it against the plain way, ``Butler.get``, in the same run.

Ours is `extract.run.extract` with two warm workers: the registry is asked, the
graph is checked, Parquet is written and published with its manifest. Of that,
what an extraction costs that finds nothing new is start-up: it is given, and
taken off, for it is the same for any number of quanta. Theirs gets the same
documents and does nothing with them.

Graphs and repositories are made once, under ``data/bench``, and kept.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import shutil
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

import yaml
from lsst.daf.butler import Butler, DatasetRef

from extract.campaigns import load_campaigns
from extract.jobs.workers import prepare_worker
from extract.run import Settings, extract
from extract.sources.provenance import check_graph, describe_graph, plan_slices, read_slice
from tests.bench.make_graph import RUN, synthetic_quanta, write_graph
from tests.bench.make_repository import make_repository_of_files, make_repository_of_graph

FOLDER = Path("data/bench")
SMALL, LARGE = 20_000, 300_000
FILES = 20_000
WORKERS = 2
ROUNDS = 3
PEER_QUANTA = 20_000
"""Quanta that a bulk get is asked for at once, in file order from the begin: all of the small
graph, a part of the large one."""

OTHER_PEER_QUANTA = (10_000, LARGE)
"""The same for two more measurements of the large graph's bulk get, whose rate hangs on it: each
call looks through all addresses first, and holds all documents at once."""

PEER_FILES = 2_000
_SPAWN = multiprocessing.get_context("spawn")
_T = TypeVar("_T")


@dataclass
class Result:
    """One measurement and its peer: medians of alternating rounds."""

    what: str
    quanta: int
    whole_s: float
    """Wall seconds of the extraction."""

    startup_s: float
    """Wall seconds of one that finds nothing new."""

    quanta_per_s: float
    """Beyond start-up."""

    peer: str
    peer_per_s: float
    ratio: float
    target: str
    worker_cpu_us: float
    """CPU time of all workers, microseconds for each quantum."""

    peer_cpu_us: float
    """The same of the peer. Theirs over ours, times the workers, is what the ratio would be if both
    had the machine for themselves and nothing but the workers took time."""

    worker_max_rss_mib: float
    parent_max_rss_mib: float
    peer_max_rss_mib: float
    load: float
    """Load average of the last minute: beyond 2 on two cores, wall times are those of a busy
    machine."""


class _Silent:
    """Progress without output."""

    def say(self, text: str) -> None:
        """Say nothing."""

    def expect(self, quanta_count: int) -> None:
        """Expect nothing."""

    def advance(self, quanta_count: int) -> None:
        """Do nothing."""


@dataclass
class _Once:
    """One extraction."""

    whole_s: float
    startup_s: float
    cpu_s: float

    @property
    def beyond_s(self) -> float:
        """Wall seconds beyond start-up."""
        return self.whole_s - self.startup_s


def _extract(repository: Path, executor: ProcessPoolExecutor) -> _Once:
    """Extract a repository into a new lake, and again some times when nothing is new."""
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        path = Path(folder) / "campaigns.yaml"
        campaign = {"release": "w", "focus": "v", "stages": {"stage1": {"collections": RUN}}}
        content = {"repository": str(repository.absolute()), "campaigns": {"DM-1": campaign}}
        path.write_text(yaml.safe_dump(content))
        file, settings = (
            load_campaigns(path, Path(folder)),
            Settings(data=Path(folder), workers=WORKERS),
        )

        def measure() -> float:
            # A full collection takes as long as all of a start-up, and falls into any of them.
            gc.collect()
            begin = time.perf_counter()
            summary = extract(file, settings, _Silent(), executor)
            if summary.failures:
                raise RuntimeError(summary.failures[0])
            return time.perf_counter() - begin

        cpu = _cpu_of_workers()
        whole = measure()
        cpu = _cpu_of_workers() - cpu
        return _Once(whole, statistics.median(measure() for _ in range(ROUNDS)), cpu)


def _workers() -> list[int]:
    return [process.pid for process in multiprocessing.active_children() if process.pid]


def _cpu_of_workers() -> float:
    """Add up the CPU seconds of this process's children so far."""
    ticks = 0
    for pid in _workers():
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _max_rss_mib(pid: int | str) -> float:
    """Tell the high-water mark of a process's resident memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _stay(_: int) -> None:
    """Keep a worker busy until every other one has started too."""
    time.sleep(2)


@dataclass
class _Peer:
    """One measurement of a peer: wall and CPU seconds for each quantum, and its process's peak."""

    wall_s: float
    cpu_s: float
    max_rss_mib: float


def _time(quanta: int, function: Callable[[], object]) -> _Peer:
    wall, cpu = time.perf_counter(), time.process_time()
    function()
    wall_s, cpu_s = time.perf_counter() - wall, time.process_time() - cpu
    return _Peer(wall_s / quanta, cpu_s / quanta, _max_rss_mib("self"))


def _in_other_process(function: Callable[..., _T], *arguments: object) -> _T:
    """Call something where its memory and its caches are not ours."""
    with ProcessPoolExecutor(1, mp_context=_SPAWN) as executor:
        return executor.submit(function, *arguments).result()


def _make(path: Path, function: Callable[..., None], *arguments: object) -> Path:
    """Make something once, or not at all."""
    if not path.exists():
        staged = path.with_name(f"part_{path.name}")
        shutil.rmtree(staged, ignore_errors=True)
        staged.unlink(missing_ok=True)
        with ProcessPoolExecutor(1, mp_context=_SPAWN) as executor:
            executor.submit(function, staged, *arguments).result()
        staged.rename(path)
    return path


def _write_graph(path: Path, count: int) -> None:
    write_graph(path, synthetic_quanta(count))


def _note_quanta(graph: Path, list_path: Path) -> None:
    """List the quanta of a graph, in file order."""
    ids: list[str] = []

    def note(table: str, batch: object) -> None:
        if table == "quanta":
            ids.extend(batch["quantum_id"].to_pylist())  # type: ignore[index]

    (whole,) = plan_slices(describe_graph(check_graph(str(graph))), 1)
    read_slice(whole, note)
    list_path.write_text("\n".join(dict.fromkeys(ids)))


def _bulk_get(repository: Path, list_path: Path, count: int) -> _Peer:
    """Time the official bulk read."""
    with list_path.open() as stream:
        wanted = [uuid.UUID(line.strip()) for line in islice(stream, count)]
    with Butler.from_config(str(repository)) as butler:

        def get(some: list[uuid.UUID]) -> None:
            butler.get("run_provenance.metadata", parameters={"quanta": some}, collections=[RUN])

        get(wanted[:10])  # its start-up
        return _time(len(wanted), lambda: get(wanted))


def _get_each(repository: Path) -> _Peer:
    """Time a loop of ``Butler.get`` over registered metadata."""
    with Butler.from_config(str(repository)) as butler:
        refs = butler.query_datasets(
            "isr_metadata", collections=[RUN], find_first=False, limit=PEER_FILES + 10
        )

        def get(some: list[DatasetRef]) -> None:
            for ref in some:
                butler.get(ref)

        get(refs[:10])  # its start-up
        return _time(len(refs) - 10, lambda: get(refs[10:]))


def _measure(
    what: str,
    quanta: int,
    repository: Path,
    peer: str,
    measure_peer: Callable[[], _Peer],
    target: str,
) -> Result:
    """Measure an extraction and its peer in turns."""
    rounds: list[_Once] = []
    peers: list[_Peer] = []
    with ProcessPoolExecutor(WORKERS, mp_context=_SPAWN, initializer=prepare_worker) as executor:
        list(executor.map(_stay, range(WORKERS)))
        _extract(repository, executor)
        for _ in range(ROUNDS):
            rounds.append(_extract(repository, executor))
            peers.append(measure_peer())
        peaks = [_max_rss_mib(pid) for pid in _workers()]
    rate = quanta / statistics.median(once.beyond_s for once in rounds)
    peer_rate = 1 / statistics.median(peer.wall_s for peer in peers)
    return Result(
        what=what,
        quanta=quanta,
        whole_s=statistics.median(once.whole_s for once in rounds),
        startup_s=statistics.median(once.startup_s for once in rounds),
        quanta_per_s=rate,
        peer=peer,
        peer_per_s=peer_rate,
        ratio=rate / peer_rate,
        target=target,
        worker_cpu_us=1e6 * statistics.median(once.cpu_s for once in rounds) / quanta,
        peer_cpu_us=1e6 * statistics.median(peer.cpu_s for peer in peers),
        worker_max_rss_mib=max(peaks),
        parent_max_rss_mib=_max_rss_mib("self"),
        peer_max_rss_mib=max(peer.max_rss_mib for peer in peers),
        load=os.getloadavg()[0],
    )


def _of_graph(
    size: int, target: str, others: tuple[int, ...] = ()
) -> tuple[Result, list[dict[str, object]]]:
    """Measure a graph against a bulk get, and beside it bulk gets of other sizes."""
    graph = _make(FOLDER / f"synthetic_{size}.qg", _write_graph, size)
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        repository, list_path = Path(folder) / "repo", Path(folder) / "quanta.txt"
        make_repository_of_graph(repository, graph)
        _in_other_process(_note_quanta, graph, list_path)

        def bulk_get(count: int) -> _Peer:
            return _in_other_process(_bulk_get, repository, list_path, count)

        ours = _measure(
            "provenance graph", size, repository, _bulk_name(PEER_QUANTA),
            lambda: bulk_get(PEER_QUANTA), target,
        )  # fmt: skip
        rows: list[dict[str, object]] = []
        for count in others:
            peer = bulk_get(count)
            rows.append(
                {
                    "what": "the same against another peer",
                    "quanta": size,
                    "peer": _bulk_name(count),
                    "peer_per_s": 1 / peer.wall_s,
                    "ratio": ours.quanta_per_s * peer.wall_s,
                    "peer_max_rss_mib": peer.max_rss_mib,
                }
            )
        return ours, rows


def _bulk_name(count: int) -> str:
    return f"bulk Butler.get, {count:,} at once in file order"


def _of_files() -> Result:
    repository = _make(FOLDER / f"files_{FILES}", make_repository_of_files, FILES)
    return _measure(
        "metadata files", FILES, repository, f"loop of Butler.get, {PEER_FILES:,} files",
        lambda: _in_other_process(_get_each, repository), "ratio >= 15",
    )  # fmt: skip


def run() -> list[Result | dict[str, object]]:
    """Measure everything."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    files = _of_files()
    small, _ = _of_graph(SMALL, "ratio >= 20")
    large, others = _of_graph(LARGE, "60,000/s and ratio >= 60", OTHER_PEER_QUANTA)
    growth = (large.whole_s - large.startup_s) / (small.whole_s - small.startup_s)
    grown = {
        "what": f"growth of time with {LARGE / SMALL:g} x the quanta",
        "ratio": growth,
        "target": f"<= {1.1 * LARGE / SMALL:g}",
    }
    return [files, small, large, *others, grown]
