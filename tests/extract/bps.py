"""The real `lsst.ctrl.bps` and its HTCondor plugin, asked what they make of a configuration."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any
from uuid import UUID

import pytest

classad2 = pytest.importorskip("classad2", reason="HTCondor has no bindings for this machine")
htcondor2 = pytest.importorskip("htcondor2")
# The plugin of 30.2026.300 imports the first bindings by name, which HTCondor 25 no longer ships.
# What is asked of it here are texts of expressions, for which it calls no binding.
htcondor2.__version__ = version("htcondor")
sys.modules.setdefault("htcondor", htcondor2)
sys.modules.setdefault("classad", classad2)

from lsst.ctrl.bps import (  # noqa: E402
    BPS_DEFAULTS,
    BPS_SEARCH_ORDER,
    BpsConfig,
    QuantaCluster,
)
from lsst.ctrl.bps.htcondor import prepare_utils  # noqa: E402
from lsst.ctrl.bps.transform import create_generic_workflow  # noqa: E402

__all__ = ["BPS_DEFAULTS", "BPS_SEARCH_ORDER", "jobs_of_bps", "tries_of_htcondor"]


@dataclass
class Clusters:
    """A clustered graph of one job for each label: as much as BPS looks at."""

    tasks: Mapping[str, list[str]]
    name: str = "run"
    qgraph: None = None
    quanta: dict[UUID, str] = field(default_factory=dict)

    def clusters(self) -> Iterator[QuantaCluster]:
        for label, tasks in self.tasks.items():
            cluster = QuantaCluster(label, label)
            for task in tasks:
                quantum = UUID(int=len(self.quanta))
                self.quanta[quantum] = task
                cluster.add_quantum(quantum, task)
            yield cluster

    def successors(self, cluster: QuantaCluster) -> list[QuantaCluster]:
        return []

    def get_quantum_info(self, quantum: UUID) -> dict[str, str]:
        return {"task_label": self.quanta[quantum]}


def jobs_of_bps(content: Mapping[str, Any], tasks: Mapping[str, list[str]]) -> dict[str, Any]:
    """Let BPS make the jobs of clusters, and its plugin the commands of HTCondor.

    Parameters
    ----------
    content : `~collections.abc.Mapping`
        What the user's file says.
    tasks : `~collections.abc.Mapping` [ `str`, `list` [ `str` ] ]
        Tasks of each cluster in the order in which BPS adds their quanta; a task alone is a
        cluster of its own name.

    Returns
    -------
    jobs : `dict` [ `str`, `dict` ]
        Requests of each with our keys, and the plugin's ``commands``.
    """
    config = BpsConfig(
        {
            **content,
            "runQgraphFile": "run.qg",
            "runInit": False,
            "finalJob": {"whenRun": "NEVER"},
            "operator": "nobody",
            "payloadName": "none",
        },
        defaults=BPS_DEFAULTS,
        wms_service_class_fqn="lsst.ctrl.bps.htcondor.HTCondorService",
    )
    jobs = {}
    for label, members in tasks.items():
        # One workflow each: BPS keeps the values of a task that it met in another cluster.
        workflow = create_generic_workflow(config, Clusters({label: members}), "run", ".")
        job = workflow.get_job(label)
        site = prepare_utils._gather_site_values(config, job.compute_site)
        commands = prepare_utils._translate_job_cmds(site, workflow, job)
        limit, most = site["memoryLimit"], job.request_memory_max
        jobs[label] = {
            "requestMemory": job.request_memory,
            "memoryMultiplier": job.memory_multiplier,
            "numberOfRetries": job.number_of_retries,
            "memoryLimit": min(limit, most) if most else limit,
            "requestCpus": job.request_cpus,
            "commands": commands,
        }
    return jobs


def tries_of_htcondor(commands: Mapping[str, Any], peak_mib: int) -> list[int]:
    """Play a job whose every try is killed below its peak, by HTCondor's own expressions.

    Parameters
    ----------
    commands : `~collections.abc.Mapping`
        Commands of the submit file.
    peak_mib : `int`
        What the job needs, in MiB.

    Returns
    -------
    memory : `list` [ `int` ]
        Memory of each try in MiB; the last one holds the peak, or there is none after it.
    """

    def evaluate(command: str, **attributes: int) -> Any:  # noqa: ANN401  (an expression)
        return classad2.ExprTree(str(commands[command])).eval(classad2.ClassAd(attributes))

    memory = [int(evaluate("request_memory"))]
    while memory[-1] < peak_mib:
        started = {"NumJobStarts": len(memory), "JobMaxRetries": commands.get("max_retries", 0)}
        # HTCondor holds a job that is over its memory, and then looks at both expressions.
        held = {**started, "JobStatus": 5, "HoldReasonCode": 34, "HoldReasonSubCode": 0}
        if "periodic_release" not in commands or not evaluate("periodic_release", **held):
            break
        assert not evaluate("periodic_remove", **held)
        last = {"LastJobStatus": 5, "LastHoldReasonCode": 34, "LastHoldReasonSubCode": 0}
        memory.append(int(evaluate("request_memory", **started, **last)))
    return memory
