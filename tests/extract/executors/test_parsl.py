from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import pytest

from extract.errors import ExecutorError
from tests.extract.executors import deadly
from tests.extract.executors.deadly import DeadlyOnce
from tests.extract.executors.reading import Few, opened

pytest.importorskip("parsl")
ROOT = Path(__file__).parents[3]

_LOOPBACK = """
from parsl import Config
from parsl.executors import HighThroughputExecutor
from parsl.providers import LocalProvider

config = Config(
    executors=[
        HighThroughputExecutor(
            address="127.0.0.1",
            max_workers_per_node={workers},
            heartbeat_period=1,
            heartbeat_threshold=10,
            block_error_handler={handler},
            provider=LocalProvider(max_blocks=1, init_blocks=1, worker_init={worker_init!r}),
        )
    ],
    strategy_period=0.5,
    usage_tracking=0,
)
"""


def write_config(
    folder: Path, *, workers: int = 2, handler: bool = False, worker_init: str = ""
) -> str:
    """Write a file for workers on loopback; tell the executor's name."""
    file = folder / "loopback.py"
    file.write_text(_LOOPBACK.format(workers=workers, handler=handler, worker_init=worker_init))
    return f"parsl:{file}"


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Executor, int]]:
    """Start a manager with two workers, each a process of its own."""
    folder = tmp_path_factory.mktemp("parsl")
    with opened(write_config(folder), folder) as found:
        yield found


def test_workers_write_the_same_rows(
    few: Few, workers: tuple[Executor, int], tmp_path: Path
) -> None:
    assert few.read(tmp_path, *workers).read_runs == 2
    few.require_same(tmp_path)
    assert workers[1] == 2, "one block of two workers"


@pytest.mark.parametrize(
    "how", [deadly.die_in_the_slice, deadly.die_after_the_slice, deadly.kill_the_parent]
)
def test_a_killed_worker_or_manager_is_replaced_and_the_slice_is_read_again(
    few: Few, workers: tuple[Executor, int], tmp_path: Path, how: Callable[..., Any]
) -> None:
    mark = tmp_path / "mark"
    summary = few.read(tmp_path / "data", DeadlyOnce(workers[0], how, mark), workers[1])
    assert mark.exists()
    assert summary.failures == []
    few.require_same(tmp_path / "data")


def test_batch_jobs_that_end_at_once_are_one_line_with_a_remedy(tmp_path: Path) -> None:
    name = write_config(tmp_path, handler=True, worker_init="exit 1")
    with pytest.raises(ExecutorError, match=r"first worker was lost: .*worker_init$") as told:
        opened(name, tmp_path).__enter__()
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("config = 3", r"expected config = parsl.Config\(...\), found 3"),
        ("import nothing_of_this_name", "fails with ModuleNotFoundError: No module named"),
        (
            _LOOPBACK.replace("max_blocks=1, init_blocks=1", "max_blocks=0, init_blocks=0"),
            "raise max_b",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "mine.py"
    file.write_text(text.format(workers=1, handler=False, worker_init=""))
    with pytest.raises(ExecutorError, match=told), opened(f"parsl:{file}", tmp_path):
        pass


@pytest.mark.parametrize("file", sorted((ROOT / "campaigns/executors").glob("*.py")), ids=str)
def test_examples_have_one_thread_a_worker_and_no_usage_tracking(file: Path) -> None:
    from extract.executors.parsl_workers import _config_of, _width_of

    config = _config_of(file)
    assert config.usage_tracking == 0
    assert _width_of(config, file) in (2, 40)
