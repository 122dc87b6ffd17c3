"""Walls of the dbt project, read off its manifest: layers, units, descriptions, keys."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml

from dbt_project.runner.engine import PROJECT, project_environment, read_project
from dbt_project.runner.layout import LAKE_TABLES, Layout
from extract.lake.schema import LAKE_SCHEMA_VERSION, TABLES

Node = dict[str, Any]

QUESTIONS = {"memory", "completeness", "changes", "sizing", "requests", "timeline", "depth"}
MAY_READ = {
    "staging": {"source"},
    "intermediate": {"staging", "intermediate", "seed"},
    "marts": {"staging", "intermediate", "marts", "seed"},
}
# Kind of a numeric column by the end of its name, and the unit that it must name.
UNITS = {
    r"_bytes$": "bytes",
    r"_gib$": "GiB",
    r"_mib$": "MiB",
    r"_wall_time_s$": "wall s",
    r"_cpu_time_s$": "CPU s",
    r"_wall_time_h$": "wall h",
    r"_cpu_time_h$": "CPU h",
    r"_core_s$": "core s",
    r"_core_h$": "core h",
    r"_node_days$": "node days",
    r"_gib_s$": "GiB s",
    r"_gib_h$": "GiB h",
    r"_cost$": "cost",
    r"_count$": "count",
    r"_fraction$": "fraction",
    r"_rank$": "rank",
    r"(_position|^point)$": "position",
    r"_version$": "version",
    r"_multiplier$": "ratio",
    r"^(estimate|low|high)$": "as the measure",
    r"^caveats$": "flags",
    r"^(visit|exposure|detector|tract|patch|day_obs|healpix3)$": "identifier",
}
NUMERIC = re.compile(r"^(bigint|integer|double|decimal.*)$")


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Node:
    layout = Layout(tmp_path_factory.mktemp("parsed"))
    with project_environment(layout, layout.root, "75%"):
        loaded: Node = read_project(layout).writable_manifest().to_dict()
    return loaded


@pytest.fixture(scope="module")
def models(manifest: Node) -> list[Node]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


@pytest.fixture(scope="module")
def marts(models: list[Node]) -> list[Node]:
    return [node for node in models if layer(node) == "marts"]


def layer(node: Node) -> str:
    return str(node["fqn"][1]) if node["resource_type"] == "model" else str(node["resource_type"])


def folder(node: Node) -> str:
    return str(node["fqn"][2])


def test_layers_read_only_what_lies_below(manifest: Node, models: list[Node]) -> None:
    known = manifest["nodes"] | manifest["sources"]
    for node in models:
        for read in node["depends_on"]["nodes"]:
            # The census itself, by quantum, slot or pair, lies below every aggregate, whatever
            # layer computes it.
            is_census = layer(node) == "intermediate" and folder(known[read]) == "census"
            may = is_census or layer(known[read]) in MAY_READ[layer(node)]
            assert may, f"{node['name']} reads {read}"


def test_every_model_lies_in_the_folder_of_its_question(models: list[Node]) -> None:
    for node in models:
        if layer(node) == "staging":
            assert len(node["fqn"]) == 3, node["name"]
        else:
            assert len(node["fqn"]) == 4, node["name"]
            assert folder(node) in {*QUESTIONS, "census"}, node["name"]


def test_a_question_reads_no_intermediate_model_of_another_one(
    manifest: Node, models: list[Node]
) -> None:
    for node in models:
        for read in map(manifest["nodes"].get, node["depends_on"]["nodes"]):
            if read and layer(read) == "intermediate" and folder(read) != "census":
                near = {folder(read), "census"}
                assert folder(node) in near, f"{node['name']} reads {read['name']}"


def test_every_model_has_its_yaml_beside_it(models: list[Node]) -> None:
    for node in models:
        path = PurePosixPath(node["original_file_path"])
        assert node["patch_path"] == f"quanta_census://{path.with_suffix('.yml')}"


def test_unit_tests_lie_beside_their_model(manifest: Node, models: list[Node]) -> None:
    paths = {node["name"]: node["original_file_path"] for node in models}
    for test in manifest["unit_tests"].values():
        beside = PurePosixPath(paths[test["model"]]).with_suffix(".yml")
        assert test["original_file_path"] == str(beside), test["name"]


def test_what_several_models_say_of_a_column_is_said_once() -> None:
    said: dict[tuple[str, str], list[str]] = {}
    for file in (PROJECT / "models").rglob("*.yml"):
        for model in yaml.safe_load(file.read_text()).get("models", []):
            for column in model.get("columns", []):
                if "doc(" not in column["description"]:
                    key = column["name"], " ".join(column["description"].split())
                    said.setdefault(key, []).append(model["name"])
    assert not {key: names for key, names in said.items() if len(names) > 1}


def test_every_shared_description_is_used_by_two_models() -> None:
    shared = set(re.findall(r"{% docs (\w+) %}", (PROJECT / "models" / "columns.md").read_text()))
    text = "".join(file.read_text() for file in (PROJECT / "models").rglob("*.yml"))
    uses = Counter(re.findall(r"doc\('(\w+)'\)", text))
    assert uses.keys() == shared
    assert not [name for name, count in uses.items() if count < 2]


def test_names_tell_the_layer(models: list[Node]) -> None:
    prefixes = {
        "staging": ("stg_lake__", "stg_history__"),
        "intermediate": ("int_",),
        "marts": ("fct_", "dim_"),
    }
    for node in models:
        assert node["name"].startswith(prefixes[layer(node)])


def test_staging_is_views_and_marts_have_enforced_contracts(models: list[Node]) -> None:
    for node in models:
        if layer(node) == "staging":
            assert node["config"]["materialized"] == "view"
        if layer(node) == "marts":
            assert node["contract"]["enforced"], node["name"]


def test_every_number_of_a_mart_says_its_unit_in_name_and_metadata(marts: list[Node]) -> None:
    for node in marts:
        for name, column in node["columns"].items():
            if NUMERIC.match(column["data_type"]):
                units = [unit for pattern, unit in UNITS.items() if re.search(pattern, name)]
                assert units, f"{node['name']}.{name}: the name ends in no known unit"
                assert column["config"]["meta"]["unit"] == units[0], f"{node['name']}.{name}"


def test_instants_and_booleans_are_named_so(marts: list[Node]) -> None:
    for node in marts:
        for name, column in node["columns"].items():
            assert (column["data_type"] == "boolean") == name.startswith(("is_", "has_")), name
            assert column["data_type"].startswith("timestamptz") == name.endswith("_at"), name


def test_every_column_of_a_mart_has_a_description_and_a_unit(marts: list[Node]) -> None:
    for node in marts:
        for name, column in node["columns"].items():
            assert column["description"].strip(), f"{node['name']}.{name}"
            assert column["config"]["meta"].get("unit"), f"{node['name']}.{name}"


def test_every_model_says_its_grain(models: list[Node]) -> None:
    for node in models:
        assert re.search(
            r"(One row (per .+|)|One row)\.$", " ".join(node["description"].split())
        ), node["name"]


def test_every_mart_is_unique_on_its_grain(manifest: Node, marts: list[Node]) -> None:
    tested = {
        node["attached_node"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test"
        and node.get("test_metadata", {}).get("name") == "unique_combination"
    }
    assert not {node["unique_id"] for node in marts} - tested


def test_every_mart_with_logic_has_a_unit_test(manifest: Node, marts: list[Node]) -> None:
    tested = {test["model"] for test in manifest["unit_tests"].values()}
    # A mart that only selects from one intermediate model is tested where the logic is.
    selected = {
        node["name"]
        for node in marts
        if "with" not in node["raw_code"].split()
        and [ref["name"] for ref in node["refs"] if ref["name"] in tested]
    }
    # Two that only collect what other models say.
    assert {node["name"] for node in marts} - tested - selected <= {"dim_campaigns", "dim_lake"}


def test_no_model_is_longer_than_a_reader_can_follow() -> None:
    lengths = {
        path.stem: len(path.read_text().splitlines())
        for path in (PROJECT / "models").rglob("*.sql")
    }
    assert not {name for name, length in lengths.items() if length > 120}


def test_models_are_sorted_by_question(models: list[Node]) -> None:
    questions = {
        *("census", "memory", "completeness", "changes", "sizing", "requests", "timeline", "depth")
    }
    for node in models:
        if layer(node) != "staging":
            assert node["fqn"][2] in questions, node["name"]
            yaml_file = PROJECT / "models" / Path(*node["fqn"][1:]).with_suffix(".yml")
            assert yaml_file.is_file(), node["name"]


def test_singular_tests_say_promise_harm_and_limits() -> None:
    files = list((PROJECT / "tests" / "singular").glob("*.sql"))
    assert files
    for file in files:
        text = file.read_text()
        assert file.name.startswith("assert_")
        assert all(f"-- {word}:" in text for word in ("Promise", "Harm", "Limits")), file.name


def test_sources_are_the_tables_of_the_lake(manifest: Node) -> None:
    sources = manifest["sources"].values()
    names = {source["name"] for source in sources if source["source_name"] == "lake"}
    assert names == set(TABLES) == set(LAKE_TABLES)


def test_staging_views_have_every_column_of_the_lake(sample: Layout) -> None:
    renamed = {"start_at": "started_at", "end_at": "ended_at"}
    staged = (PROJECT / "models" / "staging" / "stg_lake__quanta.sql").read_text()
    words = set(re.findall(r"\w+", staged))
    assert {renamed.get(name, name) for name in TABLES["quanta"].names} <= words


def test_the_lake_version_is_that_of_the_extractor() -> None:
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())
    assert project["vars"]["lake_schema_version"] == LAKE_SCHEMA_VERSION
