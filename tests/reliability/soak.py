"""Kills each step many times, and repeats a nightly census many times: `make soak`, some hours.

Prints one line a kill or night and writes a table in Markdown.  The status is 1 where something
was lost or grows.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.extract.tiny import TinyRepository
from tests.reliability.killing import AGAIN, ROOT, STEPS, Census, moments

DEMO = "demo: {seed: 1, scale: 1}"
SMALL_DEMO = "demo: {seed: 1, scale: 0.02}"
FEWER = {"extract": 1, "transform": 5, "report": 5}
"""By how much each step is killed less often than extraction, since it takes longer."""

ANEW = {"extract": "lake", "report": "report"}
"""Outputs without which a step does all of its work."""

GROWTH_LIMIT = 1.2
"""Memory of the last nights may be this many times that of the first ones."""


def main() -> int:
    """Run what the arguments ask for.

    Returns
    -------
    status : `int`
        0 where every comparison was equal and nothing grew, else 1.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="kills of extraction")
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=STEPS, help="steps to kill")
    parser.add_argument("--nights", type=int, default=24, help="censuses of a growing repository")
    parser.add_argument("--seed", type=int, default=1, help="of the moments of the kills")
    parser.add_argument("--output", type=Path, default=ROOT / "data/soak", help="folder of results")
    chosen = parser.parse_args()
    lines = [time.strftime("# Soak of %Y-%m-%d", time.gmtime()), ""]
    with tempfile.TemporaryDirectory(prefix="census-soak-") as folder:
        chance = random.Random(chosen.seed)
        is_good, said = _kill_each_step(Path(folder), chosen.steps, chosen.kills, chance)
        lines += said
        if chosen.nights:
            is_flat, said = _repeat_nightly(Path(folder), chosen.nights)
            is_good, lines = is_good and is_flat, [*lines, "", *said]
    chosen.output.mkdir(parents=True, exist_ok=True)
    (chosen.output / "soak.md").write_text("\n".join([*lines, ""]), encoding="utf-8")
    _say(f"Results: {chosen.output / 'soak.md'}")
    return 0 if is_good else 1


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _kill_each_step(
    folder: Path, steps: Sequence[str], kills: int, chance: random.Random
) -> tuple[bool, list[str]]:
    """Kill each step, run it again, and compare with an undisturbed run."""
    lines = ["| step | kills | still running | results that differ |", "|---|--:|--:|--:|"]
    is_good = True
    campaigns = folder / "demo.yaml"
    text = (ROOT / "campaigns/demo.yaml").read_text(encoding="utf-8")
    assert DEMO in text, "the demo's campaigns file has another demo block"
    campaigns.write_text(text.replace(DEMO, SMALL_DEMO), encoding="utf-8")
    census = Census(campaigns, folder / "data")
    census.run("extract")  # It makes the repository too, which is not what is timed.
    lasts_s = {"extract": census.run("extract", *AGAIN["extract"])}
    lasts_s |= {step: census.run(step) for step in STEPS[1:]}
    for step in steps:
        expected = census.found(step)
        count = -(-kills // FEWER[step])
        running = differing = 0
        for number, (after_s, whole_group) in enumerate(moments(chance, lasts_s[step], count), 1):
            # Half of the extractions read a lake again. A report draws only what is new.
            if step in ANEW and (step == "report" or number % 2):
                shutil.rmtree(census.data / ANEW[step])
            running += census.kill(step, after_s, whole_group, *AGAIN.get(step, ()))
            census.run(step)
            is_same = census.found(step) == expected
            differing += not is_same
            _say(f"{step} {number}/{count}: killed after {after_s:.1f} s, same: {is_same}")
        remains = census.remains()
        is_good = is_good and not differing and not remains
        lines.append(f"| {step} | {count} | {running} | {differing} |")
        lines += [f"Left behind: {name}" for name in remains]
    return is_good, lines


def _repeat_nightly(folder: Path, nights: int) -> tuple[bool, list[str]]:
    """Run a census each night while the repository grows, and watch what it needs and leaves."""
    lines = [
        "| night | RUNs | extract MiB | transform MiB | report MiB | files | temporary files |",
        "|--:|--:|--:|--:|--:|--:|--:|",
    ]
    (folder / "nightly").mkdir()
    repository = TinyRepository(folder / "nightly")
    census = Census(repository.campaigns({"stage1": "a/stage1/*"}), folder / "nightly/data")
    peaks: list[list[int]] = []
    files: list[int] = []
    is_clean = True
    for night in range(1, nights + 1):
        repository.add(f"a/stage1/{night:03}", {"isr": [1, 2, 3, 4]}, peak_bytes=night << 28)
        with tempfile.TemporaryDirectory() as temporary:
            peaks.append([_peak_mib(census.command(step), temporary) for step in STEPS])
            left = sum(1 for path in Path(temporary).rglob("*") if path.is_file())
        # The lake grows by the files of one RUN; all else stays as many.
        rest = [p for p in census.data.rglob("*") if p.is_file() and "lake" not in p.parts]
        files.append(len(rest))
        is_clean = is_clean and not left and not census.remains()
        row = "| {} | {} | {} | {} | {} | {} | {} |".format(
            night, night, *peaks[-1], files[-1], left
        )
        lines.append(row)
        _say(row)
    few = max(1, nights // 6)
    is_flat = files[-1] <= files[0]
    for first, last in zip(
        zip(*peaks[:few], strict=True), zip(*peaks[-few:], strict=True), strict=True
    ):
        is_flat = is_flat and max(last) <= GROWTH_LIMIT * max(first)
    lines += ["", f"Nothing grows: {is_flat}. Nothing is left behind: {is_clean}."]
    return is_flat and is_clean, lines


def _peak_mib(command: list[str], temporary: str) -> int:
    """Run a command to its end and give the largest max RSS of it and its children, in MiB."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": temporary},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    assert b"Traceback" not in said, said.decode()
    assert process.returncode == 0, said.decode()
    return int(usage.ru_maxrss) // 1024


if __name__ == "__main__":
    raise SystemExit(main())
