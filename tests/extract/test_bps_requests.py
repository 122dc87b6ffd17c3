"""Requests of a BPS configuration, against the real `lsst.ctrl.bps` and HTCondor's expressions."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.bps_requests import DEFAULTS, SECTIONS, default_requests, resolve_requests
from tests.extract import bps

SITE = {"computeSite": "here"}

CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "the root": {"requestMemory": 3000, "requestCpus": 2, "numberOfRetries": 1},
    "a task": {"pipetask": {"isr": {"requestMemory": 4000, "requestCpus": 3}}},
    "a task's own retries": {
        "memoryLimit": 6000,
        "pipetask": {"isr": {"memoryMultiplier": 1.5, "numberOfRetries": 1}},
    },
    "a cap of a task": {"pipetask": {"isr": {"requestMemory": 1000, "requestMemoryMax": 3000}}},
    "a cap below the request": {"requestMemory": 4000, "requestMemoryMax": 3000},
    "no scaling": {"memoryMultiplier": 1, "pipetask": {"isr": {"memoryMultiplier": 1.01}}},
    "no multiplier": {"memoryMultiplier": None, "pipetask": {"isr": {"memoryMultiplier": 0}}},
    "no retries": {"numberOfRetries": 0, "pipetask": {"isr": {"numberOfRetries": None}}},
    "a cluster's own": {
        "cluster": {"visits": {"pipetasks": "isr, skyCorr", "requestMemory": 900}},
        "pipetask": {"skyCorr": {"requestMemory": 9000}},
    },
    "a cluster's multiplier": {
        "cluster": {"visits": {"pipetasks": "isr, skyCorr", "memoryMultiplier": 3}},
        "pipetask": {"isr": {"requestMemory": 10, "numberOfRetries": 2}},
    },
    "the larger task decides": {
        "cluster": {"visits": {"pipetasks": "isr, skyCorr"}},
        "pipetask": {
            "isr": {"requestMemory": 1000, "memoryMultiplier": 3, "numberOfRetries": 4},
            "skyCorr": {"requestMemory": 2000, "memoryMultiplier": 1.5, "numberOfRetries": 1},
        },
    },
    "the larger task does not grow": {
        "cluster": {"visits": {"pipetasks": "isr, skyCorr"}},
        "pipetask": {"skyCorr": {"requestMemory": 5000, "memoryMultiplier": 1}},
    },
    "a site": {
        **SITE,
        "site": {"here": {"requestMemory": 1500, "memoryLimit": 8000}, "requestCpus": 7},
    },
    "a task before its site": {
        **SITE,
        "site": {"here": {"requestMemory": 1500}},
        "pipetask": {"isr": {"requestMemory": 1600}},
    },
    "a site before its cloud": {
        **SITE,
        "computeCloud": "there",
        "cloud": {"there": {"requestMemory": 1700, "memoryMultiplier": 4}},
        "site": {"here": {"requestMemory": 1500}},
    },
    "a cluster's site": {
        "cluster": {"visits": {"pipetasks": "isr, skyCorr", "computeSite": "here"}},
        "site": {"here": {"requestMemory": 1500, "memoryLimit": 2000}},
    },
    "a section without the name": {"pipetask": {"requestMemory": 1800, "skyCorr": {}}},
    "the payload first": {"payload": {"requestMemory": 100}, "pipetask": {"isr": {"x": 1}}},
}


def both(content: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Ask BPS and ourselves for the same jobs."""
    ours = resolve_requests(content)
    jobs = {
        **{label: [label] for label in (*ours["pipetask"], "unnamed")},
        # A task may bear the name of a cluster: it is the cluster then.
        **{label: said["pipetasks"].split(", ") for label, said in ours["cluster"].items()},
    }
    found = {"unnamed": ours["rest"], **ours["pipetask"], **ours["cluster"]}
    # BPS's default of one CPU is left to the list of the release.
    found = {label: {**job, "requestCpus": job["requestCpus"] or 1} for label, job in found.items()}
    return bps.jobs_of_bps(content, jobs), found


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_requests_are_those_of_bps(name: str) -> None:
    theirs, ours = both(CONFIGURATIONS[name])
    assert {
        label: {key: value for key, value in job.items() if key != "commands"}
        for label, job in theirs.items()
    } == {
        label: {key: value for key, value in job.items() if key != "pipetasks"}
        for label, job in ours.items()
    }


def test_a_task_has_its_own_multiplier_retries_and_cap() -> None:
    found = resolve_requests(
        {
            "pipetask": {
                "isr": {"memoryMultiplier": 1.5, "numberOfRetries": 1, "requestMemoryMax": 9}
            }
        }
    )
    assert found["pipetask"]["isr"] == {
        "requestMemory": 2048,
        "memoryMultiplier": 1.5,
        "numberOfRetries": 1,
        "memoryLimit": 9,
        "requestCpus": None,
    }


def values(*keys: str) -> st.SearchStrategy[dict[str, Any]]:
    """Some of the keys, each with a value that BPS can read."""
    numbers: dict[str, st.SearchStrategy[Any]] = {
        "requestMemory": st.sampled_from([500, 1000, 3000]),
        "requestMemoryMax": st.sampled_from([800, 2000, None]),
        "memoryMultiplier": st.sampled_from([0, 1, 1.25, 3, None]),
        "numberOfRetries": st.sampled_from([0, 1, 7, None]),
        "requestCpus": st.sampled_from([1, 4]),
        "memoryLimit": st.sampled_from([1500, 100000]),
    }
    return st.fixed_dictionaries({}, optional={key: numbers[key] for key in keys or numbers})


@st.composite
def configurations(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a configuration of every section, with what BPS would refuse left out."""
    own = draw(values())
    content: dict[str, Any] = dict(own)
    tasks = ["isr", "skyCorr", "coadd"]
    content["pipetask"] = {task: draw(values()) for task in tasks if draw(st.booleans())} | draw(
        values("requestCpus")
    )
    if draw(st.booleans()):
        members = draw(st.permutations(tasks))[: draw(st.integers(1, 3))]
        content["cluster"] = {"visits": {"pipetasks": ", ".join(members), **draw(values())}}
    for section, key in (("site", "computeSite"), ("cloud", "computeCloud")):
        if draw(st.booleans()):
            content[section] = {"here": draw(values())} | draw(values("requestMemory"))
        if draw(st.booleans()):
            content[key] = "here"
    if draw(st.booleans()):
        content["payload"] = draw(values("requestMemory", "memoryMultiplier"))
    return content


@given(configurations())
@settings(max_examples=150, deadline=None, derandomize=True)
def test_requests_are_those_of_bps_whatever_the_sections_say(content: dict[str, Any]) -> None:
    theirs, ours = both(content)
    for label, job in ours.items():
        assert {key: theirs[label][key] for key in job if key != "pipetasks"} == {
            key: value for key, value in job.items() if key != "pipetasks"
        }, label


def test_defaults_and_order_are_those_of_bps() -> None:
    assert {key: bps.BPS_DEFAULTS[key] for key in DEFAULTS} == DEFAULTS
    assert list(SECTIONS) == bps.BPS_SEARCH_ORDER
    assert default_requests("panda")["rest"] == resolve_requests({})["rest"]


@pytest.mark.parametrize(
    ("service", "wms"),
    [
        ("lsst.ctrl.bps.htcondor.HTCondorService", "htcondor"),
        ("lsst.ctrl.bps.panda.PanDAService", "panda"),
        ("lsst.ctrl.bps.parsl.ParslService", "parsl"),
    ],
)
def test_the_class_that_submits_tells_what_runs_the_jobs(service: str, wms: str) -> None:
    assert resolve_requests({"wmsServiceClass": service})["wms"] == wms
    assert resolve_requests({"wmsServiceClass": service}, "slurm")["wms"] == "slurm"


def test_what_runs_the_jobs_has_to_be_known() -> None:
    assert resolve_requests({})["wms"] == "htcondor"
    with pytest.raises(ValueError, match=r"'our\.Service' is not known: add 'wms'"):
        resolve_requests({"wmsServiceClass": "our.Service"})
