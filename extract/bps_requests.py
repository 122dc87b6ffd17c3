"""Find what BPS requests and how often it retries, for every job of a configuration.

BPS looks for each key in the sections of a configuration in a fixed order, and then combines
the requests of the tasks of a cluster.  This module does the same with plain mappings, so that BPS
is not needed to extract.  The rules are those of ``BpsConfig.search`` and
``lsst.ctrl.bps.transform`` (lsst-ctrl-bps 30.2026.300); tests compare both on many configurations.
`extract.bps_configurations` reads and checks the file.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

__all__ = ["DEFAULTS", "SECTIONS", "WMS", "Job", "default_requests", "resolve_requests"]

DEFAULTS: dict[str, Any] = {
    "requestMemory": 2048,
    "numberOfRetries": 5,
    "memoryMultiplier": 2,
    "memoryLimit": 491520,
    "wmsServiceClass": "lsst.ctrl.bps.htcondor.HTCondorService",
}
"""BPS's own values (``bps_defaults.yaml``), which every configuration overrides.

Its ``requestCpus`` of 1 is left out: if a configuration has no value, the list of the release may
have one.
"""

SECTIONS = ("bps_cmdline", "payload", "cluster", "pipetask", "site", "cloud", "bps_defined")
"""Where a key is looked for, in this order, before the root (``BPS_SEARCH_ORDER``)."""

WMS = ("htcondor", "panda", "parsl", "slurm")
"""Systems that run jobs.  Only HTCondor retries a job that was killed for memory with more."""

_RETRIES_WITH_MEMORY = 5
"""Retries of a job that may ask for more memory and has no number (``DEFAULT_MEM_RETRIES``)."""

_Number = int | float

_ABSENT = object()
"""The result of a search that finds nothing; `None` is a value that was found (NULL)."""


@dataclass(frozen=True, slots=True)
class Job:
    """Requests of one job, or of one task."""

    request_memory_mib: _Number | None = None
    request_memory_max_mib: _Number | None = None
    memory_multiplier: _Number | None = None
    number_of_retries: _Number | None = None
    request_cpus: _Number | None = None
    site: str | None = None


_KEYS = {
    "request_memory_mib": "requestMemory",
    "request_memory_max_mib": "requestMemoryMax",
    "memory_multiplier": "memoryMultiplier",
    "number_of_retries": "numberOfRetries",
    "request_cpus": "requestCpus",
}


def resolve_requests(content: Mapping[str, Any], wms: str | None = None) -> dict[str, Any]:
    """Resolve what a configuration says into requests of tasks and clusters.

    Parameters
    ----------
    content : `~collections.abc.Mapping`
        The whole configuration, checked, includes resolved.
    wms : `str`, optional
        What runs the jobs; if `None`, the configuration says it.

    Returns
    -------
    requests : `dict`
        ``is_configured``; ``wms``; ``memoryBands`` (MiB); ``rest``, the requests of a task that
        the configuration does not name; ``pipetask``, those of each task that it names; and
        ``cluster``, those of each cluster, with its ``pipetasks``.  Requests are mappings with
        BPS's own keys; ``memoryLimit`` is the most that a retry requests, with
        ``requestMemoryMax`` applied.

    Raises
    ------
    ValueError
        Raised when it is not known what runs the jobs.

    Notes
    -----
    The job of a cluster is that of a cluster in which every task of ``pipetasks`` runs, in the
    order written there.
    """
    known = {**DEFAULTS, **content}
    clusters = {
        label: _labels(entry.get("pipetasks"))
        for label, entry in _entries(known, "cluster").items()
        if isinstance(entry, Mapping)
    }
    named = [
        label for label, entry in _entries(known, "pipetask").items() if isinstance(entry, Mapping)
    ]
    tasks = [*named, *(task for own in clusters.values() for task in own)]
    return {
        "is_configured": True,
        "wms": wms or _told_wms(known),
        "memoryBands": content.get("memoryBands"),
        "rest": _written(known, _job(known, "", [""])),
        "pipetask": {
            label: _written(known, _job(known, label, [label])) for label in dict.fromkeys(tasks)
        },
        "cluster": {
            label: {"pipetasks": ", ".join(own), **_written(known, _job(known, label, own or [""]))}
            for label, own in clusters.items()
        },
    }


def default_requests(wms: str) -> dict[str, Any]:
    """Give the requests of BPS itself, for files that name no configuration.

    Parameters
    ----------
    wms : `str`
        What runs the jobs.

    Returns
    -------
    requests : `dict`
        As `resolve_requests` gives them.
    """
    return {**resolve_requests({}, wms), "is_configured": False}


def _told_wms(config: Mapping[str, Any]) -> str:
    """Find what runs the jobs from the class that submits them."""
    service = str(_search(config, "wmsServiceClass", {}))
    for wms in WMS:
        if wms in service.lower():
            return wms
    raise ValueError(
        f"wmsServiceClass: {service!r} is not known: add 'wms' to the campaigns file "
        f"({', '.join(WMS)})"
    )


def _job(config: Mapping[str, Any], label: str, tasks: Iterable[str]) -> Job:
    """Combine the requests of a cluster's job; a task alone is a cluster with its own name."""
    here = _place(config, {"cluster": label})
    own = _entries(config, "cluster").get(label)
    # The cluster's entry has precedence over its tasks.
    first = _job_values(own, {}) if isinstance(own, Mapping) else Job()
    unset = {name for name in (*_KEYS, "site") if not getattr(first, name)}
    job = first
    for task in tasks:
        job = _joined(job, _job_values(config, {**here, "pipetask": task}), unset)
    return job


def _place(config: Mapping[str, Any], place: dict[str, str]) -> dict[str, str]:
    """Add the site and the cloud of a job."""
    for section, key in (("site", "computeSite"), ("cloud", "computeCloud")):
        value = _search(config, key, place)
        if value is not _ABSENT:
            place = {**place, section: str(value)}
    return place


def _job_values(config: Mapping[str, Any], place: Mapping[str, str]) -> Job:
    """Look up the values of one task (``_get_job_values``)."""
    found = {name: _search(config, key, place) for name, key in _KEYS.items()}
    site = _search(config, "computeSite", place)
    job = Job(
        **{name: _number(value) for name, value in found.items() if value is not _ABSENT},
        site=None if site is _ABSENT or site is None else str(site),
    )
    if job.memory_multiplier is None:
        return job
    if math.ceil(job.memory_multiplier) <= 1:
        return replace(job, memory_multiplier=None)
    if job.number_of_retries is None:
        return replace(job, number_of_retries=_RETRIES_WITH_MEMORY)
    return job


def _joined(job: Job, task: Job, unset: set[str]) -> Job:
    """Add a task to a job: the largest of each value (``_handle_job_values``)."""
    grew = "request_memory_mib" in unset and _is_less(
        job.request_memory_mib, task.request_memory_mib
    )
    changed: dict[str, Any] = {
        name: getattr(task, name)
        for name in _KEYS
        if name in unset and _is_less(getattr(job, name), getattr(task, name))
    }
    if grew:
        # The task with the largest request decides how the memory grows.
        changed["memory_multiplier"] = task.memory_multiplier
        if task.memory_multiplier is not None:
            changed["number_of_retries"] = task.number_of_retries
    if "site" in unset and not job.site:
        changed["site"] = task.site
    return replace(job, **changed)


def _is_less(value: _Number | None, other: _Number | None) -> bool:
    return other is not None and (value is None or value < other)


def _written(config: Mapping[str, Any], job: Job) -> dict[str, Any]:
    """Give the requests of a job by BPS's keys."""
    # HTCondor's plugin looks for the limit by site only.
    limit = _number(_found(config, "memoryLimit", {"site": job.site} if job.site else {}))
    most = job.request_memory_max_mib
    return {
        "requestMemory": job.request_memory_mib,
        "memoryMultiplier": job.memory_multiplier,
        "numberOfRetries": job.number_of_retries,
        "memoryLimit": min(limit, most) if limit and most else limit,
        "requestCpus": job.request_cpus,
    }


def _search(config: Mapping[str, Any], key: str, place: Mapping[str, str]) -> object:
    """Look for a key as ``BpsConfig.search`` does.

    A section without an entry of the job's name is searched itself.
    """
    for name in SECTIONS:
        section: Any = _entries(config, name)
        if place.get(name) in section:
            section = section[place[name]]
        if isinstance(section, Mapping) and key in section:
            return section[key]
    return config.get(key, _ABSENT)


def _found(config: Mapping[str, Any], key: str, place: Mapping[str, str]) -> object:
    value = _search(config, key, place)
    return None if value is _ABSENT else value


def _entries(config: Mapping[str, Any], section: str) -> Mapping[str, Any]:
    """Get the entries of a section; an empty section has none."""
    found = config.get(section)
    return found if isinstance(found, Mapping) else {}


def _labels(text: object) -> list[str]:
    """Split the tasks of a cluster."""
    return [label.strip() for label in str(text).split(",") if label.strip()] if text else []


def _number(value: object) -> _Number | None:
    """Read a number that may be written as text; integers stay integers."""
    if value is None:
        return None
    number = float(str(value))
    return int(number) if number.is_integer() else number
