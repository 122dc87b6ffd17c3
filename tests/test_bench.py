"""``make bench`` writes rows with machine and versions, for programs and for readers."""

from __future__ import annotations

import csv
from pathlib import Path

from tests.bench.__main__ import find_benchmarks, measured_with, write_tables


def test_a_benchmark_leaves_its_rows_with_versions_and_machine(tmp_path: Path) -> None:
    circumstances = measured_with()
    rows = [{"what": "a|b", "ratio": 12.345678}, {"what": "c", "quanta": 300_000}]
    write_tables(tmp_path / "extraction", rows, circumstances)
    with (tmp_path / "extraction.csv").open() as stream:
        first, second = csv.DictReader(stream)
    assert (first["what"], float(first["ratio"]), first["quanta"]) == ("a|b", 12.345678, "")
    assert second["quanta"] == "300000"
    for name in ("lsst-daf-butler", "lsst-pipe-base", "duckdb", "machine"):
        assert first[name] == circumstances[name] != ""
    text = (tmp_path / "extraction.md").read_text()
    assert "| a\\|b | 12.35 |  |" in text
    assert f"- lsst-pipe-base: {circumstances['lsst-pipe-base']}" in text


def test_every_benchmark_is_found() -> None:
    assert set(find_benchmarks()) == {"extraction", "figures", "marts", "remote_store"}
