from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from extract.errors import ExecutorError, WorkerError
from tests.extract.executors import deadly
from tests.extract.executors.deadly import DeadlyOnce
from tests.extract.executors.reading import Few, opened

distributed = pytest.importorskip("distributed")
dask = pytest.importorskip("dask")
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Start a scheduler and two workers, each a process of its own."""
    # A facility may forbid Dask to try again on its own: then we do.
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
        ) as started,
    ):
        yield started


@pytest.fixture
def scheduler(cluster: Any) -> str:  # noqa: ANN401
    """Tell the address, when both workers live: a test before may have killed one."""
    cluster.wait_for_workers(2, timeout=300)
    return str(cluster.scheduler_address)


def test_workers_of_a_scheduler_write_the_same_rows(
    few: Few, scheduler: str, tmp_path: Path
) -> None:
    assert few.read(tmp_path, f"dask:{scheduler}").read_runs == 2
    few.require_same(tmp_path)


@pytest.mark.parametrize("how", [deadly.die_in_the_slice, deadly.die_after_the_slice])
def test_a_killed_worker_is_replaced_and_the_slice_is_read_again(
    few: Few, scheduler: str, tmp_path: Path, how: Callable[..., Any]
) -> None:
    mark = tmp_path / "mark"
    with opened(f"dask:{scheduler}", tmp_path) as (pool, width):
        assert width == 2
        summary = few.read(tmp_path / "data", DeadlyOnce(pool, how, mark), width)
    assert mark.exists()
    assert summary.failures == []
    few.require_same(tmp_path / "data")


def test_a_job_that_kills_every_worker_is_one_line_with_a_remedy(
    few: Few, scheduler: str, tmp_path: Path
) -> None:
    with opened(f"dask:{scheduler}", tmp_path) as (pool, width):
        lethal = DeadlyOnce(pool, deadly.die_always, tmp_path / "mark")
        with pytest.raises(WorkerError, match=r"lost 2 times: .*more memory .* is kept") as told:
            few.read(tmp_path / "data", lethal, width)
    assert "\n" not in str(told.value)


def test_the_local_example_starts_a_cluster_whose_workers_answer(tmp_path: Path) -> None:
    name = f"dask:{ROOT / 'campaigns/executors/dask-local.yaml'}"
    with opened(name, tmp_path) as (_, width):
        assert width == 2


def test_a_folder_that_workers_do_not_see_is_told_before_anything_is_read(
    scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if the worker had another file system: what it is asked for was never there.
    monkeypatch.setattr(Path, "write_text", lambda *_: None)
    with (
        pytest.raises(ExecutorError, match=r"does not see .*file system that the workers share"),
        opened(f"dask:{scheduler}", tmp_path),
    ):
        pass


@pytest.mark.parametrize("name", ["dask-slurm-ccin2p3", "dask-htcondor-usdf"])
def test_examples_of_facilities_make_job_scripts(name: str, tmp_path: Path) -> None:
    pytest.importorskip("dask_jobqueue")
    from extract.executors.dask_workers import _read, _start

    said = _read(ROOT / f"campaigns/executors/{name}.yaml")
    cluster, width = _start(said, tmp_path)
    with cluster:
        script = cluster.job_script()
    assert width == said.workers
    assert "quanta-census/.venv/bin/python" in script
    assert "--nthreads 1" in script
    assert "LSST_DB_AUTH" in script


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("cluster: cloud\nworkers: 2", "cluster: Input should be 'local', 'slurm'"),
        ("cluster: local", "workers: Field required"),
        ("cluster: local\nworkers: 1\nthreads: 2", "threads: Extra inputs"),
        ("[", "is not YAML"),
        ("cluster: slurm\nworkers: 1", "cannot be opened: .*memory"),
        (
            "cluster: local\nworkers: 1\noptions: {threads_per_worker: many}",
            "cannot be opened.*many",
        ),
    ],
)
def test_a_cluster_file_that_cannot_be_used_is_one_line(
    tmp_path: Path, text: str, told: str
) -> None:
    file = tmp_path / "cluster.yaml"
    file.write_text(text)
    with pytest.raises(ExecutorError, match=told) as error, opened(f"dask:{file}", tmp_path):
        pass
    assert "\n" not in str(error.value)
