"""Looks for bytes that a decoder does not foresee, guided by coverage: `make fuzz`.

Each decoder of `tests.reliability.decoders` runs in a process of its own under atheris, which is
libFuzzer for Python.  What it finds is kept in ``tests/reliability/corpus``, where `make test`
reads it ever after.  Prints a table in Markdown; the status is 1 where something was found.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import json
import os
import random
import re
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.reliability.corpus import CORPUS
from tests.reliability.nasty import NASTY

ROOT = Path(__file__).parents[2]

SLOWEST_S = 30
"""An input that takes longer is a finding."""

LARGEST_MIB = 2_000
"""A process that takes more memory is a finding."""

_FOUND = "FOUND "

_COUNT = re.compile(r"stat::number_of_executed_units:\s*(\d+)")


def main() -> int:
    """Run what the arguments ask for.

    Returns
    -------
    status : `int`
        0 where nothing was found, else 1.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="decoders; by default each one")
    parser.add_argument("--runs", type=int, default=100_000, help="executions of each decoder")
    parser.add_argument("--seconds", type=int, default=600, help="at most, for each decoder")
    parser.add_argument("--work", type=Path, default=ROOT / "data/fuzz", help="what is kept")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child:
        _fuzz(chosen.names[0], chosen.runs, chosen.seconds, chosen.work)
    from tests.reliability.decoders import DECODERS

    found = 0
    _say(f"# Fuzzing of {time.strftime('%Y-%m-%d', time.gmtime())}\n")
    _say("| decoder | executions | seconds | found |\n|---|--:|--:|--:|")
    for name in chosen.names or DECODERS:
        began = time.monotonic()
        limits = ["--runs", str(chosen.runs), "--seconds", str(chosen.seconds)]
        words = ["-m", "tests.reliability.fuzz", "--child", name, "--work", str(chosen.work)]
        done = subprocess.run(
            [sys.executable, *words, *limits],
            cwd=ROOT, capture_output=True, text=True, errors="replace", check=False,
        )  # fmt: skip
        counts = _COUNT.findall(done.stderr)
        # libFuzzer itself ends the process for time and memory.
        failures = done.stdout.count(_FOUND) + (done.returncode != 0 or not counts)
        found += failures
        count = f"{int(counts[-1]):,}" if counts else "?"
        _say(f"| `{name}` | {count} | {time.monotonic() - began:,.0f} | {failures} |")
        if failures:
            sys.stderr.write(done.stdout[-4_000:] + done.stderr[-4_000:])
    return 1 if found else 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


_VALUES = (
    *(None, True, 0, -1, 0.5, 1e308, float("nan"), float("inf")),
    *(2**31, 2**53 + 1, 2**63, 2**64, 10**400),
    *("", "\ud800", "2026-13-01T00:00:00", "9999-12-31T23:59:59.999999", *NASTY.values()),
    *([], {}, [None], [[]], {"": {}}, [0] * 1_000, json.loads("[" * 400 + "]" * 400)),
)
"""What a mutation puts into a document."""


def _mutated(content: bytes, chance: random.Random) -> bytes | None:
    """Change one value of one JSON document in some bytes; `None` where there is no document.

    Bytes that are changed at random are hardly ever JSON again, so that nothing behind the parser
    would be tried.
    """
    pieces = [content] if chance.random() < 0.5 else content.split(b"\n")
    places = [n for n, piece in enumerate(pieces) if piece[:1] in (b"{", b"[")]
    for place in chance.sample(places, min(3, len(places))):
        try:
            document = json.loads(pieces[place])
            holder, key = chance.choice(list(_places(document)))
            match chance.randrange(4):
                case 0:
                    del holder[key]
                case 1:
                    other, where = chance.choice(list(_places(document)))
                    holder[key] = copy.deepcopy(other[where])
                case _:
                    holder[key] = chance.choice(_VALUES)
            pieces[place] = json.dumps(document, separators=(",", ":")).encode()
        except (ValueError, IndexError, RecursionError):
            continue
        return b"\n".join(pieces)
    return None


def _places(document: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 - any JSON
    """Give each mapping or list of a document with each of its keys."""
    keys = range(len(document)) if isinstance(document, list) else list(document)
    for key in keys:
        yield document, key
        if isinstance(document[key], dict | list):
            yield from _places(document[key])


def _fuzz(name: str, runs: int, seconds: int, work: Path) -> None:
    """Fuzz one decoder in this process, which does not come back."""
    import atheris  # type: ignore[import-not-found]

    with atheris.instrument_imports(include=["extract"]):
        from tests.reliability.decoders import DECODERS

    decoder = DECODERS[name]
    begun = work / name
    begun.mkdir(parents=True, exist_ok=True)
    (CORPUS / name).mkdir(parents=True, exist_ok=True)
    for number, sample in enumerate(decoder.samples()):
        (begun / f"sample-{number}").write_bytes(sample)

    seen: set[tuple[object, ...]] = set()

    def try_once(content: bytes) -> None:
        try:
            decoder.read(content)
        except Exception as error:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            if (key := (type(error), frame.filename, frame.lineno)) not in seen:
                seen.add(key)
                path = CORPUS / name / hashlib.sha256(content).hexdigest()[:16]
                path.write_bytes(content)
                _say(f"{_FOUND}{path}\n{traceback.format_exc()}")

    def mutate(content: bytes, largest: int, seed: int) -> bytes:
        chance = random.Random(seed)
        changed = _mutated(content, chance) if chance.random() < 0.5 else None
        if changed is None or len(changed) > largest:
            return bytes(atheris.Mutate(content, largest))
        return changed

    largest = max(map(len, decoder.samples()))
    options = {
        "runs": runs,
        "max_total_time": seconds,
        "max_len": 4 * largest,
        "timeout": SLOWEST_S,
        # Slower ones than usual say more of the machine than of the input.
        "report_slow_units": SLOWEST_S,
        "rss_limit_mb": LARGEST_MIB,
        "print_final_stats": 1,
        "artifact_prefix": f"{CORPUS / name}{os.sep}",
    }
    words = [f"-{key}={value}" for key, value in options.items()]
    atheris.Setup(
        [sys.argv[0], *words, str(begun), str(CORPUS / name)], try_once, custom_mutator=mutate
    )
    atheris.Fuzz()


if __name__ == "__main__":
    raise SystemExit(main())
