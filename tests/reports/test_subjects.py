"""The campaigns and stages of a warehouse, and what file names call them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from reports.errors import WarehouseError
from reports.figures import figures_in_order
from reports.figures.sql import STAGE_TITLE
from reports.subjects import _file_numbers, read_census, stage_title
from reports.warehouse import Warehouse
from tests.reports.frames import STAGES


def test_no_focus_is_one_clear_error(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    path.write_bytes((data / "warehouse.duckdb").read_bytes())
    with duckdb.connect(str(path)) as connection:
        connection.execute("create or replace table dim_campaigns as "
                           "select * replace (false as is_focus) from dim_campaigns")  # fmt: skip
    with Warehouse(path) as warehouse, pytest.raises(WarehouseError, match="has `focus`"):
        read_census(warehouse)


def test_stages_are_numbered_by_their_digits_unless_that_is_ambiguous() -> None:
    assert _file_numbers(list(STAGES)) == {name: name[-1] for name in STAGES}
    assert _file_numbers(["calib", "stage12"]) == {"calib": "calib", "stage12": "12"}
    assert _file_numbers(["stage1", "redo1", "stage2"]) == {
        "stage1": "stage1",
        "redo1": "redo1",
        "stage2": "2",
    }


def test_the_predecessor_is_the_campaign_before_in_the_file(data: Path, hostile_data: Path) -> None:
    with Warehouse(data / "warehouse.duckdb") as warehouse:
        assert read_census(warehouse).predecessor == "DM-53719"
    with Warehouse(hostile_data / "warehouse.duckdb") as warehouse:
        census = read_census(warehouse)
    assert census.predecessor == "DM-1"
    finale = next(stage for stage in census.stages if stage.name == "finale")
    assert (finale.number, finale.focus["quanta_count"]) == ("finale", 0)


def labelled(data: Path, folder: Path) -> Path:
    """Give a second campaign of a copied warehouse a label."""
    path = folder / "warehouse.duckdb"
    path.write_bytes((data / "warehouse.duckdb").read_bytes())
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "update dim_campaigns set focus_label = 'rc2' where campaign = 'DM-53719'"
        )
    return path


def test_each_campaign_with_a_label_has_figures_of_its_own(data: Path, tmp_path: Path) -> None:
    with Warehouse(labelled(data, tmp_path)) as warehouse:
        census = read_census(warehouse)
    named = [definition.file_name(subject) for definition, subject in figures_in_order(census)]
    assert len(set(named)) == len(named)
    for definition, subject in figures_in_order(census):
        name = definition.file_name(subject)
        assert subject.campaign == ("DM-53719" if "rc2" in name else "DM-53877"), name
    first = {name.replace("v30", "rc2") for name in named if "v30" in name}
    assert first == {name for name in named if "rc2" in name}
    with Warehouse(data / "warehouse.duckdb") as warehouse:
        assert not read_census(warehouse).further_focuses


def test_a_further_campaign_is_seen_with_its_own_numbers(data: Path, tmp_path: Path) -> None:
    with Warehouse(labelled(data, tmp_path)) as warehouse:
        census = read_census(warehouse)
    assert census.further_focuses == ["DM-53719"]
    seen = census.seen_from("DM-53719")
    assert (seen.label, seen.campaign) == ("rc2", "DM-53719")
    assert [stage.focus["campaign"] for stage in seen.stages] == ["DM-53719"] * len(seen.stages)
    assert [stage.focus["campaign"] for stage in census.stages] == ["DM-53877"] * 4


@pytest.mark.parametrize(
    ("name", "title"),
    [("stage1", "Stage 1"), ("stage_12", "Stage 12"), ("stage-3", "Stage 3"), ("calib", "calib"),
     ("prestage1", "prestage1"), ("stage1b", "stage1b")],
)  # fmt: skip
def test_figures_and_sentences_write_a_stage_alike(name: str, title: str) -> None:
    assert stage_title(name) == title
    with duckdb.connect() as connection:
        (written,) = connection.execute(
            f"select {STAGE_TITLE} from (select $1 as stage)", [name]
        ).fetchall()
    assert written == (title,)
