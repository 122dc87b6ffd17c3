"""Kills extractions that do nothing but extract: forked from a process that has imported all.

Most of the seconds of a short extraction go into imports, and so do most kills at random moments.
Here each moment lies in the work itself, and a kill costs a second: `make soak` does many.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from tests.extract.tiny import TinyRepository, run_extraction, whole_lake

__all__ = ["Kill", "kill_extractions"]


@dataclass(frozen=True)
class Kill:
    """What became of one extraction."""

    after_s: float
    """Seconds from its start to its kill."""

    was_running: bool
    """Whether the kill ended it."""

    is_same: bool
    """Whether the next extraction made the lake of an undisturbed one."""


def kill_extractions(folder: Path, count: int, chance: random.Random) -> Iterator[Kill]:
    """Kill extractions of a small repository at random moments, and extract again after each.

    Parameters
    ----------
    folder : `pathlib.Path`
        An empty folder.
    count : `int`
        Kills.
    chance : `random.Random`
        Of the moments.

    Yields
    ------
    kill : `Kill`
        What became of each; every second one begins without a lake.
    """
    data, expected, modules = (folder / name for name in ("data", "expected.json", "modules"))

    def make() -> None:
        repository = TinyRepository(folder)
        for run in range(4):
            repository.add(f"a/stage1/{run}", {"isr": [1, 2, 3, 4], "calibrateImage": [1, 2]})
        repository.campaigns({"stage1": "a/stage1/*"})

    def extract() -> None:
        run_extraction(folder / "campaigns.yaml", data)

    def extract_again() -> None:
        run_extraction(folder / "campaigns.yaml", data, refresh=True)

    def note() -> None:
        expected.write_text(json.dumps(whole_lake(data)))

    def note_modules() -> None:
        extract_again()
        modules.write_text("\n".join(sys.modules))

    def compare() -> None:
        scratch = [path for path in data.rglob("*") if ".scratch" in path.name]
        assert whole_lake(data) == json.loads(expected.read_text())
        assert not scratch, scratch

    def forget() -> None:
        for path in sorted((data / "lake").rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()

    for step in (make, extract, note, compare, note_modules):
        assert _run(step), step.__name__
    # What an extraction imports late is imported here: a fork begins with the work.
    for name in modules.read_text().splitlines():
        with suppress(Exception):
            import_module(name)
    began = time.monotonic()
    assert _run(extract_again)
    lasts_s = time.monotonic() - began
    for number in range(count):
        if number % 2:
            forget()
        after_s = chance.uniform(0, lasts_s)
        was_running = not _run(extract_again, kill_after_s=after_s)
        # A busy machine may not open a repository in time, which says nothing of the lake.
        is_done = any(_run(extract) for _ in range(3))
        yield Kill(after_s, was_running, is_same=is_done and _run(compare))


def _run(step: Callable[[], None], kill_after_s: float | None = None) -> bool:
    """Run a step in a fork of this process, and tell whether it came to its end."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            step()
            status = 0
        except BaseException as error:
            sys.stderr.write(f"{error!r:.2000}\n")
        finally:
            os._exit(status)
    if kill_after_s is not None:
        time.sleep(kill_after_s)
        os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1] == 0


def main(arguments: list[str]) -> int:
    """Kill as many times as the first argument says, and tell it in lines."""
    count = int(arguments[0])
    kills = []
    with tempfile.TemporaryDirectory(prefix="census-forked-") as folder:
        for kill in kill_extractions(Path(folder), count, random.Random(1)):
            kills.append(kill)
            sys.stdout.write(f"{len(kills)}/{count}: {kill}\n")
            sys.stdout.flush()
    running = sum(kill.was_running for kill in kills)
    differing = sum(not kill.is_same for kill in kills)
    sys.stdout.write(f"{count} kills, {running} while it ran, {differing} lakes differ\n")
    return 1 if differing else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
