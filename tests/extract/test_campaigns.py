from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml

from extract.bps_configurations import with_includes
from extract.campaigns import load_campaigns
from extract.errors import CampaignsError

GOOD = """
repository: repo
campaigns:
  DM-1: {release: w_2026_05, focus: v30, stages: {stage1: a/stage1, stage2: [a/b, "a/c*"]}}
"""


def _load(path: Path, text: str) -> object:
    file = path / "campaigns.yaml"
    file.write_text(text)
    return load_campaigns(file, path / "data")


FAULTS = {
    "unknown key at the top": ("threshold: 6\n" + GOOD, "unknown key 'threshold'"),
    "unknown key in a stage": (
        GOOD.replace("a/stage1,", "{collections: a, incomplet: x},"),
        "stages.stage1: unknown key 'incomplet'",
    ),
    "campaign that appears twice": (
        GOOD + "  DM-1: {release: a, stages: {s: a}}\n",
        "'DM-1' appears twice",
    ),
    "stage that appears twice": (GOOD.replace("stage2:", "stage1:"), "'stage1' appears twice"),
    "campaign whose name leaves its folder": (GOOD.replace("DM-1", "DM/1"), "'DM/1' is not a name"),
    "campaign that is the folder above": (GOOD.replace("DM-1", '".."'), "'..' is not a name"),
    "campaign like the folder of none": (
        GOOD.replace("DM-1", "__none__"),
        "'__none__' is not a name",
    ),
    "stage with a space": (GOOD.replace("stage1:", '"stage 1":'), "'stage 1' is not a name"),
    "focus that is no name": (GOOD.replace("focus: v30", "focus: v 30"), "'v 30' is not a name"),
    "no focus": (GOOD.replace("focus: v30, ", ""), "none has it"),
    "two in focus with one label": (
        GOOD + "  DM-2: {release: a, focus: v30, stages: {s: a}}\n",
        "the labels 'v30' and 'v30' of 'focus' would give two figures the same file name",
    ),
    "a label that is another one and more": (
        GOOD + "  DM-2: {release: a, focus: v30_log, stages: {s: a}}\n",
        "the labels 'v30' and 'v30_log' of 'focus'",
    ),
    "no repository": (GOOD.replace("repository: repo", ""), "DM-1 has no repository"),
    "repository beside a demo": ("demo: {seed: 1}\n" + GOOD, "remove 'repository'"),
    "no release": (GOOD.replace("release: w_2026_05, ", ""), "DM-1: 'release' is missing"),
    "release that is a number": (GOOD.replace("w_2026_05", "30.0"), "30.0: quote it"),
    "stage without collections": (GOOD.replace("a/stage1,", "[],"), "stage1.collections"),
    "threshold below 0": ("threshold_gib: -1\n" + GOOD, "threshold_gib"),
    "same threshold twice": ("thresholds_gib: [4, 4]\n" + GOOD, "same value twice"),
    "same line twice": ("lines_gib: [4, 4]\n" + GOOD, "same value twice"),
    "ranges of a third": ("bin_gib: 0.3\n" + GOOD, "expected 1, 0.5 or 0.25"),
    "no campaigns": ("repository: repo\n", "'campaigns' is missing"),
    "text that is no YAML": ("a: [", "is not valid YAML"),
    "a tab": (GOOD.replace("  DM-1", "\tDM-1"), "line 4, column 1"),
    "campaigns of nothing": (
        "repository: repo\ncampaigns:\n",
        "campaigns: expected a mapping, found nothing",
    ),
    "stages of nothing": (GOOD.replace("{stage1: a/stage1,", "{}, x: {"), "stages"),
    "a key that stands twice beside a merge": (
        "repository: repo\ncampaigns:\n  DM-1: &base\n    release: a\n    release: b\n"
        "  DM-2: {<<: *base, focus: v30}\n",
        "line 5: 'release' appears twice",
    ),
    "a campaign whose name is a number": (GOOD.replace("DM-1", "53368"), "53368: quote it"),
    "an alias of itself": (GOOD.replace("a/stage1,", "&s [*s],"), "stage1.collections"),
    "two documents": (GOOD + "---\n" + GOOD, "is not valid YAML"),
    "an object of Python": ("!!python/object/apply:os.getcwd []", "is not valid YAML"),
    "a list": ("- a\n", "expected a mapping with 'campaigns', found a list"),
    "requests that are not there": ("current_requests: gone.yaml\n" + GOOD, "no such file"),
}


@pytest.mark.parametrize(("text", "said"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_one_line_that_names_file_and_place(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(CampaignsError) as caught:
        _load(tmp_path, text)
    message = str(caught.value)
    assert said in message
    assert str(tmp_path) in message
    assert "\n" not in message


def test_anchors_and_merges_spare_repetition(tmp_path: Path) -> None:
    text = """
repository: repo
campaigns:
  DM-1: &base
    release: w_2026_05
    fields: [COSMOS]
    stages: {stage1: &stage {collections: a/stage1}, stage2: {<<: *stage, incomplete: Lost.}}
  DM-2:
    <<: *base
    release: v30.0.0
    focus: v30
"""
    (tmp_path / "campaigns.yaml").write_text(text)
    campaigns = load_campaigns(tmp_path / "campaigns.yaml", tmp_path / "data").campaigns
    assert [said.release for said in campaigns.values()] == ["w_2026_05", "v30.0.0"]
    assert campaigns["DM-2"].fields == ("COSMOS",)
    stages = campaigns["DM-2"].stages
    assert stages["stage2"].collections == stages["stage1"].collections == ("a/stage1",)
    assert [stage.incomplete for stage in stages.values()] == [None, "Lost."]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nodes: " + "[" * 5000 + "]" * 5000, "nested too deeply"),
        ("threshold_gib: " + "9" * 5000, "has a value that cannot be read"),
        ("threshold_gib: 2020-13-45", "has a value that cannot be read: month must be in"),
        ("threshold_gib: 1.0e+300", "threshold_gib: Input should be less than or equal to"),
        ("nodes: {n: {cores: 99999999999999999999, memory_gib: 1}}", "nodes.n.cores: Input should"),
        ("prices: {per_core: 1.0e+300}", "prices.per_core: Input should be less than"),
        ('current_requests: "a\\0b"', "current_requests: the text has a zero byte"),
    ],
)
def test_absurd_values_are_one_line(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "campaigns.yaml"
    path.write_text(GOOD + line + "\n")
    with pytest.raises(CampaignsError) as caught:
        load_campaigns(path, tmp_path / "data")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_a_file_of_another_encoding_is_told(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "campaigns.yaml"
    path.write_bytes(GOOD.replace("stage1:", "stage1: #é\n").encode(encoding))
    with pytest.raises(CampaignsError, match="cannot be read: 'utf-8' codec"):
        load_campaigns(path, tmp_path / "data")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CampaignsError, match="there is no such file"):
        load_campaigns(tmp_path / "gone.yaml", tmp_path / "data")


def test_short_and_long_forms_of_a_stage_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "campaigns.yaml").write_text(GOOD)
    file = load_campaigns(tmp_path / "campaigns.yaml", tmp_path / "data")
    stages = file.campaigns["DM-1"].stages
    assert stages["stage1"].collections == ("a/stage1",)
    assert stages["stage2"].collections == ("a/b", "a/c*")
    assert file.focus == "DM-1"
    assert file.threshold_gib == 6


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("repo", "{here}/repo"),
        ("/absolute/repo", "/absolute/repo"),
        ("s3://bucket/repo", "s3://bucket/repo"),
        ("embargo", "embargo"),
        ("./gone", "{here}/gone"),
    ],
)
def test_a_repository_is_a_path_a_uri_or_a_label(tmp_path: Path, said: str, meant: str) -> None:
    (tmp_path / "repo").mkdir()
    path = tmp_path / "campaigns.yaml"
    path.write_text(GOOD.replace("repository: repo", f"repository: {said}"))
    where = load_campaigns(path, tmp_path / "data").repository_of("DM-1")
    assert where == meant.format(here=tmp_path)


def requests_of(path: Path, text: str) -> dict[str, Any]:
    """Load a campaigns file whose first lines are these, and get its requests."""
    (path / "campaigns.yaml").write_text(text + "\n" + GOOD)
    said = load_campaigns(path / "campaigns.yaml", path / "data").current_requests_json
    return {} if said is None else json.loads(said)


def test_current_requests_become_json(tmp_path: Path) -> None:
    (tmp_path / "bps.yaml").write_text("{pipetask: {isr: {requestMemory: 4096}}, requestCpus: 2}")
    found = requests_of(tmp_path, "current_requests: bps.yaml")
    assert found["is_configured"]
    assert found["wms"] == "htcondor"
    assert found["rest"]["requestMemory"] == 2048
    assert found["pipetask"]["isr"] == {
        "requestMemory": 4096,
        "memoryMultiplier": 2,
        "numberOfRetries": 5,
        "memoryLimit": 491520,
        "requestCpus": 2,
    }


def test_what_runs_the_jobs_is_said_by_the_file_first(tmp_path: Path) -> None:
    (tmp_path / "bps.yaml").write_text("wmsServiceClass: lsst.ctrl.bps.parsl.ParslService")
    assert requests_of(tmp_path, "current_requests: bps.yaml")["wms"] == "parsl"
    assert requests_of(tmp_path, "current_requests: bps.yaml\nwms: panda") == (
        requests_of(tmp_path, "current_requests: bps.yaml") | {"wms": "panda"}
    )
    alone = requests_of(tmp_path, "wms: slurm")
    assert (alone["wms"], alone["is_configured"]) == ("slurm", False)
    assert requests_of(tmp_path, "") == {}
    with pytest.raises(CampaignsError, match="wms"):
        requests_of(tmp_path, "wms: lsf")


@pytest.mark.parametrize("text", ["", "# nothing"])
def test_an_empty_configuration_has_the_defaults_of_bps(tmp_path: Path, text: str) -> None:
    (tmp_path / "bps.yaml").write_text(text)
    assert requests_of(tmp_path, "current_requests: bps.yaml")["rest"]["requestMemory"] == 2048


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1]", "expected a mapping, found [1]"),
        ("pipetask: [isr]", "pipetask: expected a mapping, found ['isr']"),
        ("wmsServiceClass: our.Service", "'our.Service' is not known: add 'wms'"),
        ("site: {x: {requestMemory: much}}", "site.x.requestMemory: holds 'much'"),
        ("cluster: {requestMemoryMax: much}", "cluster.requestMemoryMax: holds 'much'"),
        ("requestMemory: " + "9" * 400, "requestMemory: holds 999"),
        ("requestMemory: " + "9" * 5000, "has a value that cannot be read: Exceeds the limit"),
        ("{a: " * 2000 + "1" + "}" * 2000, "nested too deeply"),
    ],
)
def test_a_configuration_of_the_wrong_kind_is_one_line(
    tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "bps.yaml").write_text(text)
    with pytest.raises(CampaignsError) as caught:
        requests_of(tmp_path, "current_requests: bps.yaml")
    assert f"{tmp_path}/bps.yaml: " in str(caught.value)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_the_current_requests_include_is_read_as_bps_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIPE_DIR", str(tmp_path / "pipe"))
    files = {
        "bps.yaml": """
            includeConfigs: [defaults/site.yaml, "${PIPE_DIR}/requests.yaml"]
            requestMemory: 3000
            pipetask: {isr: {requestMemory: 1}}
        """,
        # Relative to the file that names it, and read before what that file says itself.
        "defaults/site.yaml": """
            includeConfigs: base.yaml
            pipetask: {isr: {requestMemory: 2, requestCpus: 4}, coadd: {requestMemory: 7}}
        """,
        "defaults/base.yaml": "{requestMemory: 5, memoryLimit: 9}",
        "pipe/requests.yaml": """
            pipetask: {coadd: {requestMemory: 8}}
            cluster: {includeConfigs: clusters.yaml}
        """,
        "pipe/clusters.yaml": "visits: {pipetasks: 'isr, coadd'}",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(textwrap.dedent(text))
    assert with_includes(tmp_path / "bps.yaml") == {
        "requestMemory": 3000,
        "memoryLimit": 9,
        "pipetask": {"isr": {"requestMemory": 1, "requestCpus": 4}, "coadd": {"requestMemory": 8}},
        "cluster": {"visits": {"pipetasks": "isr, coadd"}},
    }
    found = requests_of(tmp_path, "current_requests: bps.yaml")
    assert found["cluster"]["visits"]["requestMemory"] == 8
    assert found["cluster"]["visits"]["memoryLimit"] == 9


@pytest.mark.parametrize(
    ("included", "said"),
    [
        ("gone.yaml", "Unable to find referenced include file: gone.yaml (looked for in"),
        ("${NOT_SET}/x.yaml", "${NOT_SET}/x.yaml: set the environment variable NOT_SET"),
        ("$NOT_SET/$NOR_THIS", "set the environment variable NOR_THIS, NOT_SET"),
        ("/nowhere/x.yaml", "No such file or directory: '/nowhere/x.yaml'"),
        ("loop.yaml", "a file includes itself, or one that includes it"),
        ("broken.yaml", "broken.yaml"),
        ("3", "not int"),
    ],
)
def test_what_cannot_be_included_is_one_line(tmp_path: Path, included: str, said: str) -> None:
    (tmp_path / "loop.yaml").write_text("includeConfigs: bps.yaml")
    (tmp_path / "broken.yaml").write_text("a: [")
    (tmp_path / "bps.yaml").write_text(f"includeConfigs: {included}")
    with pytest.raises(CampaignsError) as caught:
        _load(tmp_path, "current_requests: bps.yaml\n" + GOOD)
    message = str(caught.value)
    assert said in message
    assert f"{tmp_path}/bps.yaml: includeConfigs: " in message
    assert "\n" not in message


@pytest.mark.parametrize(
    "bands", ["4096", "[2GB]", '["2048"]', "[2048.5]", "[2048, 0]", "[-1]", "[true]", "{a: 1}"]
)
@pytest.mark.parametrize("file", ["bps.yaml", "site.yaml"])
def test_bands_of_memory_that_are_no_list_of_whole_numbers_are_refused(
    tmp_path: Path, bands: str, file: str
) -> None:
    (tmp_path / "bps.yaml").write_text("includeConfigs: site.yaml\n")
    (tmp_path / "site.yaml").write_text("requestMemory: 2048\n")
    with (tmp_path / file).open("a") as stream:
        stream.write(f"memoryBands: {bands}\n")
    with pytest.raises(CampaignsError) as caught:
        _load(tmp_path, "current_requests: bps.yaml\n" + GOOD)
    message = str(caught.value)
    assert f"{tmp_path}/bps.yaml: memoryBands: holds " in message
    assert "a list of positive whole numbers in MiB, such as [2048, 4096, 8192]" in message
    assert "\n" not in message


@pytest.mark.parametrize("bands", ["[2048, 4_096]", "[]", "null"])
@pytest.mark.parametrize("file", ["bps.yaml", "site.yaml"])
def test_bands_of_memory_are_passed_on_or_absent(tmp_path: Path, bands: str, file: str) -> None:
    (tmp_path / "bps.yaml").write_text("includeConfigs: site.yaml\n" * (file == "site.yaml"))
    with (tmp_path / file).open("a") as stream:
        stream.write(f"memoryBands: {bands}\n")
    found = requests_of(tmp_path, "current_requests: bps.yaml")
    assert found["memoryBands"] == yaml.safe_load(bands)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("requestMemory: 4 GB", "requestMemory: holds '4 GB': write a number (MiB, such as 4096)"),
        ("pipetask: {isr: {requestMemory: .nan}}", "pipetask.isr.requestMemory: holds nan"),
        ("pipetask: {isr: {requestCpus: [1]}}", "pipetask.isr.requestCpus: holds [1]"),
        ("cluster: {visits: {requestMemory: -5}}", "cluster.visits.requestMemory: holds -5"),
        ("numberOfRetries: true", "numberOfRetries: holds True"),
        ("memoryMultiplier: '{twice}'", "memoryMultiplier: holds '{twice}'"),
    ],
)
def test_a_request_that_is_no_number_is_refused_by_name(
    tmp_path: Path, written: str, said: str
) -> None:
    (tmp_path / "bps.yaml").write_text(written)
    with pytest.raises(CampaignsError) as caught:
        _load(tmp_path, "current_requests: bps.yaml\n" + GOOD)
    assert f"{tmp_path}/bps.yaml: {said}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_numbers_of_requests_may_be_texts_and_other_keys_hold_what_they_like(
    tmp_path: Path,
) -> None:
    (tmp_path / "bps.yaml").write_text(
        "requestMemory: '2048'\nsite: {x: {profile: much}}\npipetask: {isr: {requestCpus: 1.5}}"
    )
    _load(tmp_path, "current_requests: bps.yaml\n" + GOOD)
