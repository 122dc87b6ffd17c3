"""Plan a campaign: the quanta of each RUN, where and when they run, and their outcomes.

The plan depends only on (seed, scale), so writers of files and of graphs get the same plan in
any process.  Nothing is written here.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import heapq
import math
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from .model import Release, cpu_fraction, own_rss_gib, wall_time_s
from .sky import Facts, Sky, required_names, uniform
from .tasks import STAGES, Task, parent_label, stage_tasks

__all__ = [
    "CAMPAIGNS",
    "Attempt",
    "Campaign",
    "Execution",
    "Instant",
    "Quantum",
    "RunPlan",
    "StagePlan",
    "plan_stage",
    "process_key",
]

GIB = 1024**3
COLLECTIONS = "LSSTCam/runs/DRP/DP2"
_SLOTS_PER_NODE = 24
_NODES = tuple(f"simnode{n:02d}" for n in range(1, 9))
_SLOW_NODE = _NODES[-2]
"""This node takes 1.4 times as long as the others, like a slow node of a real farm."""

_VISITS_PER_PROCESS = 9
"""Visits that one process of the cluster by detector processes."""

_MULTI_VISIT_CLUSTER = "step1detector"
_NO_WORK_IN_ADJUST = 15
"""NO_WORK, ADJUST_QUANTUM_RAISED, ANY_ and ALL_OUTPUTS_MISSING."""
_NO_WORK = 7
"""NO_WORK, ANY_ and ALL_OUTPUTS_MISSING, raised while running."""

_KILLED = {
    "stage1": {"calibrateImage": 1, "analyzeSingleVisitStarAssociation": 2},
    "stage2": {"gaussianProcessesTurbulenceFit": 2, "gbdesHealpix3AstrometricFit": 1},
    "stage3": {"makeHealSparsePropertyMaps": 2, "deblendCoaddFootprints": 1},
    "stage4": {"associateAnalysisSource": 1, "skyCorr": 1},
}
"""Quanta killed in the first RUN: those that need most memory. They succeed in the second."""

_FAILED = {
    "stage1": {"analyzeSingleVisitStarAssociation": ("builtins.RuntimeError", 1)},
    "stage2": {"analyzeRecalibratedStarAssociation": ("builtins.ValueError", 1)},
    "stage3": {
        "metadetectionShear": ("lsst.pipe.base.RepeatableQuantumError", 1),
        "plotPropertyMapTract": ("builtins.ValueError", 1),
    },
    "stage4": {
        "forcedPhotDiaObjectDetector": ("lsst.pipe.base.RepeatableQuantumError", 2),
        "analyzeDiaSourceTableTract": ("builtins.ValueError", 1),
    },
}
"""Quanta that raise in every RUN, and so block the quanta that wait for them.

In plain files, a failed quantum without a log looks like a killed one.  So no quantum fails in
RUNs without logs; otherwise the campaign would have gaps.
"""

_RETRIED = {
    "calibrateImage": ("builtins.OSError", 0.004),
    "makeDirectWarp": ("builtins.OSError", 0.01),
    "gaussianProcessesTurbulenceFit": ("numpy.linalg.LinAlgError", 0.05),
    "subtractImages": ("builtins.MemoryError", 0.004),
}
"""Exceptions of first attempts whose retry in the same RUN succeeded, and their share."""

_NO_WORK_FRACTIONS = {"makePsfMatchedWarp": 0.03, "makePrettyPsfMatchedWarp": 0.03}
"""Shares of quanta whose adjustQuantum finds no work."""

_NO_TEMPLATE_FRACTION = 0.012
_AFTER_TEMPLATE = (
    "subtractImages", "detectAndMeasureDiaSource", "filterDiaSource", "computeReliability",
    "filterDiaSourcePostReliability", "standardizeDiaSource",
)  # fmt: skip
"""Tasks without work if buildTemplate finds no template and raises NoWorkFound while running."""

_REDONE = {"stage2": ("updateVisitSummary", 2), "stage3": ("mergeObjectDetection", 2)}
"""Successful quanta that the second RUN repeats: the newer result supersedes the older one."""

_FAILED_REDO = {"stage3": "mergeObjectMeasurement"}
"""A successful quantum whose repetition fails: the failure must not replace the success."""

_LOST_WHOLLY = (
    "forcedPhotObjectDetector", "standardizeObjectForcedSource", "splitPrimaryObjectForcedSource",
    "associateAnalysisSource", "analyzeSourceAssociation", "consolidateSsTables",
)  # fmt: skip
_LOST_IN_PART = {
    "subtractImages": 0.25, "detectAndMeasureDiaSource": 0.4, "computeReliability": 0.4,
    "standardizeDiaSource": 0.4, "skyCorr": 0.3, "forcedPhotDiaObjectDetector": 0.6,
}  # fmt: skip
_LOG_ALONE_FRACTION = 0.04
"""Share of the partly lost quanta that kept their log."""


@dataclasses.dataclass(frozen=True)
class Campaign:
    """One of the three campaigns.

    ``visits`` counts visits by field and ``detectors`` the detectors of each, at scale 1.
    ``keeps_logs`` is false for stages whose RUNs write no logs.
    """

    name: str
    release: Release
    visits: Mapping[str, int]
    detectors: int
    submitted: dt.datetime
    is_graph: bool = False
    loses_stage4: bool = False
    stages_without_logs: tuple[str, ...] = ()

    def sky(self, scale: float) -> Sky:
        """Choose the observations: visits and detectors each grow with the root of the scale."""
        side = math.sqrt(scale)
        visits = {field: max(2, round(side * count)) for field, count in self.visits.items()}
        return Sky.observe(visits, min(189, max(2, round(side * self.detectors))), side)

    def chain(self, stage: str) -> str:
        """Name the CHAINED collection of a stage."""
        return f"{COLLECTIONS}/{self.release.path}/{self.name}/{stage}"


CAMPAIGNS = {
    campaign.name: campaign
    for campaign in (
        Campaign(
            name="DM-53368",
            release=Release("w_2025_48", "w_2025_48", "29.2025.4800"),
            visits={"WIDE": 60, "DDF": 30, "COSMOS": 20, "M49": 8},
            detectors=3,
            submitted=dt.datetime(2025, 12, 2, 14, 21, 7, tzinfo=dt.UTC),
            loses_stage4=True,
        ),
        Campaign(
            name="DM-53719",
            release=Release("v30.0.0.rc2", "v30_0_0_rc2", "30.0.0rc2"),
            visits={"COSMOS": 14, "EDFS": 12},
            detectors=9,
            submitted=dt.datetime(2026, 1, 8, 9, 3, 44, tzinfo=dt.UTC),
            stages_without_logs=("stage2",),
        ),
        Campaign(
            name="DM-53877",
            release=Release("v30.0.0.rc3", "v30_0_0", "30.0.0rc3"),
            visits={"COSMOS": 15, "EDFS": 12},
            detectors=22,
            submitted=dt.datetime(2026, 1, 20, 16, 40, 12, tzinfo=dt.UTC),
            is_graph=True,
        ),
    )
}
"""The campaigns; visits are a fortieth of the published 4,721, 1,061 and 1,067."""


@dataclasses.dataclass(slots=True)
class Quantum:
    """A node of a stage's graph; one or more RUNs execute it.

    ``facts`` holds every value known of the data ID; ``parents`` are quanta of the stage; ``u`` is
    the quantum's place, 0 to 1, among the peaks of its task.
    """

    task: Task
    facts: Facts
    key: str
    parents: tuple[Quantum, ...] = ()
    u: float = 0.5
    mates_before: tuple[Task, ...] = ()


@dataclasses.dataclass(slots=True)
class Instant:
    """What a process records at one of the four instants.

    ``at`` is UTC in seconds since 1970, CPU times are seconds, ``max_rss`` bytes; ``faults``,
    ``blocks`` and ``switches`` are (minor, major), (in, out) and (voluntary, involuntary) counts.
    """

    at: float
    user_time: float
    system_time: float
    max_rss: int
    faults: tuple[int, int]
    blocks: tuple[int, int]
    switches: tuple[int, int]


@dataclasses.dataclass(slots=True)
class Attempt:
    """One try of a quantum; ``instants`` are prep, init, start and end, as many as it reached."""

    instants: list[Instant]
    node: str
    process: str
    previous: tuple[uuid.UUID, ...]
    job_size: int
    caveats: int = 0
    exception: str | None = None


@dataclasses.dataclass(slots=True)
class Execution:
    """A quantum in one RUN.

    ``state`` is successful, failed, killed (neither log nor metadata), blocked, or, for files that
    are gone, lost, lost_metadata (the log is left), unreadable (damaged) or vanished (registered,
    the file gone).
    """

    quantum: Quantum
    run: str
    seed: int
    state: str = "successful"
    attempts: list[Attempt] = dataclasses.field(default_factory=list)

    def id(self, kind: str) -> uuid.UUID:
        """Give the UUID of the quantum, or of its output of that kind; the same in every build."""
        return make_id(self.seed, self.run, self.quantum.task.label, self.quantum.key, kind)


@dataclasses.dataclass
class RunPlan:
    """A RUN collection: its name, its executions in running order, and whether it keeps logs."""

    name: str
    seed: int
    campaign: Campaign
    stage: str
    submitted: dt.datetime
    executions: list[Execution]
    inputs: Mapping[int, Execution]
    keeps_logs: bool

    @property
    def timestamp(self) -> str:
        """The last part of the name: the time of submission."""
        return self.name.rpartition("/")[2]


@dataclasses.dataclass
class StagePlan:
    """The RUNs of one stage of one campaign, oldest first."""

    campaign: Campaign
    stage: str
    sky: Sky
    runs: list[RunPlan]


def make_id(seed: int, run: str, *key: str) -> uuid.UUID:
    """Make a UUID in the form of version 7; the same arguments give the same UUID.

    The timestamp in the RUN's name gives the leading bits.
    """
    text = "\0".join((str(seed), run, *key))
    digest = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), "big")
    low = digest & ((2**76 - 1) ^ (3 << 62))
    return uuid.UUID(int=(_milliseconds(run) << 80) | (7 << 76) | (2 << 62) | low)


@cache
def _milliseconds(run: str) -> int:
    """Give the time of submission in a RUN's name, in milliseconds since 1970."""
    when = dt.datetime.strptime(run.rpartition("/")[2], "%Y%m%dT%H%M%S%z")
    return int(when.timestamp() * 1000)


@cache
def plan_stage(name: str, stage: str, seed: int, scale: float) -> StagePlan:
    """Plan one stage of one campaign.

    Parameters
    ----------
    name : `str`
        Key of `CAMPAIGNS`.
    stage : `str`
        One of `STAGES`.
    seed : `int`
        Seed of all random numbers.
    scale : `float`
        1 for the size of the default demo; quanta by detector grow in proportion.

    Returns
    -------
    plan : `StagePlan`
        The plan; the same arguments give the same plan in every process.
    """
    campaign = CAMPAIGNS[name]
    sky = campaign.sky(scale)
    quanta = _make_quanta(campaign, stage, sky, seed)
    fates = _choose_fates(campaign, stage, quanta, seed)
    first = _Simulation(campaign, stage, seed)
    first.run(quanta, fates)
    again, fates = _choose_again(first, quanta, fates)
    second = _Simulation(campaign, stage, seed, earlier=first.by_quantum)
    second.run(again, fates)
    if campaign.loses_stage4 and stage == "stage4":
        _lose(first.plan.executions, seed)
    return StagePlan(campaign, stage, sky, [first.plan, second.plan])


def _make_quanta(campaign: Campaign, stage: str, sky: Sky, seed: int) -> list[Quantum]:
    """Make the stage's quanta in running order, with parents and places among the peaks."""
    tasks = stage_tasks(campaign.release.label, stage)
    by_label: dict[str, list[Quantum]] = {}
    for position, task in enumerate(tasks):
        own = []
        for facts in sky.data_ids(task.dimensions):
            key = ",".join(f"{n}={facts[n]}" for n in required_names(task.dimensions))
            own.append(Quantum(task, facts, key))
        parent = parent_label(tasks, position)
        if parent is not None:
            _link(own, by_label[parent])
        mates = [t for t in tasks[:position] if task.cluster and t.cluster == task.cluster]
        for quantum in own:
            quantum.mates_before = tuple(mates)
        _place(own, seed)
        by_label[task.label] = own
    return [quantum for own in by_label.values() for quantum in own]


def _link(children: Sequence[Quantum], parents: Sequence[Quantum]) -> None:
    """Give each child the parents that have the same values in all dimensions that both have."""
    if not children or not parents:
        return
    shared = sorted(set(children[0].facts) & set(parents[0].facts) - {"group"})
    index: dict[tuple[object, ...], list[Quantum]] = defaultdict(list)
    for parent in parents:
        index[tuple(parent.facts[n] for n in shared)].append(parent)
    for child in children:
        child.parents = tuple(index.get(tuple(child.facts[n] for n in shared), ()))


def process_key(quantum: Quantum) -> str:
    """Name the job that runs a quantum: the job of its cluster, or its own job.

    Parameters
    ----------
    quantum : `Quantum`
        The quantum.

    Returns
    -------
    key : `str`
        Equal for quanta of the same job, different for others.
    """
    task = quantum.task
    if not task.cluster:
        return f"{task.label}|{quantum.key}"
    values = [f"{n}={quantum.facts[n]}" for n in task.cluster_dimensions]
    if task.cluster == _MULTI_VISIT_CLUSTER:
        seq_num = int(quantum.facts["exposure"]) % 100000
        night = quantum.facts["day_obs"]
        values.append(f"{night}.{(seq_num - 100) // 7 // _VISITS_PER_PROCESS}")
    return f"{task.cluster}|{','.join(values)}"


def _place(quanta: Sequence[Quantum], seed: int) -> None:
    """Spread the quanta of a task evenly over its published distribution.

    The order comes from a hash of the data ID (or of the process, for clusters), so a data ID has
    about the same place in every campaign.  With even spacing, a few quanta show both ends, too.
    """
    draws = {q.key: uniform(seed, q.task.cluster or q.task.label, process_key(q)) for q in quanta}
    levels = sorted(set(draws.values()))
    rank = {
        draw: n / (len(levels) - 1) if len(levels) > 1 else 0.5 for n, draw in enumerate(levels)
    }
    for quantum in quanta:
        quantum.u = rank[draws[quantum.key]]


def _choose_fates(
    campaign: Campaign, stage: str, quanta: Sequence[Quantum], seed: int
) -> dict[int, str]:
    """Choose by ``id`` which quanta are killed (the largest) and which raise (any others)."""
    by_label: dict[str, list[Quantum]] = defaultdict(list)
    for quantum in quanta:
        by_label[quantum.task.label].append(quantum)
    fates: dict[int, str] = {}
    for label, count in _KILLED[stage].items():
        # The last of its process: after a kill, later quanta of the process would leave no trace.
        largest = sorted(by_label[label], key=lambda q: (q.u, q.key), reverse=True)
        # At least one quantum stays, so that every task has one even in the smallest demo.
        fates |= {id(q): "killed" for q in largest[: min(count, len(largest) - 1)]}
    for label, (_, count) in _FAILED[stage].items():
        others = [q for q in by_label[label] if id(q) not in fates]
        if not campaign.is_graph and stage in campaign.stages_without_logs:
            continue
        # All in one tract, so that the tasks that they block still run in other tracts.
        others.sort(key=lambda q: (uniform(seed, "failed", label, q.facts["tract"]), q.key))
        fates |= {id(q): "failed" for q in others[: min(count, len(others) - 1)]}
    return fates


def _choose_again(
    first: _Simulation, quanta: Sequence[Quantum], fates: Mapping[int, str]
) -> tuple[list[Quantum], dict[int, str]]:
    """Choose what the second RUN executes: all quanta that are not done, and some that are.

    Quanta that raised raise again.  Killed quanta get more memory and succeed.
    """
    done = {id(q) for q in quanta if first.by_quantum[id(q)].state == "successful"}
    again = {id(q) for q in quanta} - done
    fates = {key: fate for key, fate in fates.items() if fate == "failed"}
    label, count = _REDONE.get(first.stage, ("", 0))
    again |= {id(q) for q in [q for q in quanta if q.task.label == label][:count]}
    repeat = _FAILED_REDO.get(first.stage)
    for quantum in [q for q in quanta if q.task.label == repeat and id(q) in done][:1]:
        again.add(id(quantum))
        fates[id(quantum)] = "failed"
    return [q for q in quanta if id(q) in again], fates


def _lose(executions: Iterable[Execution], seed: int) -> None:
    """Lose a part of stage 4, as if hardware failed."""
    damaged = 0
    for execution in executions:
        label = execution.quantum.task.label
        if execution.state != "successful":
            continue
        draw = uniform(seed, "lost", label, execution.quantum.key)
        fraction = 1.0 if label in _LOST_WHOLLY else _LOST_IN_PART.get(label, 0.0)
        if draw < fraction:
            keeps_log = fraction < 1.0 and draw < _LOG_ALONE_FRACTION * fraction
            execution.state = "lost_metadata" if keeps_log else "lost"
        elif label == "buildTemplate" and draw > 0.5 and damaged < 3:
            execution.state = "vanished" if damaged == 0 else "unreadable"
            damaged += 1


class _Simulation:
    """One submission: assigns quanta to processes, processes to nodes, and outcomes to quanta."""

    def __init__(
        self,
        campaign: Campaign,
        stage: str,
        seed: int,
        earlier: Mapping[int, Execution] | None = None,
    ) -> None:
        self.campaign, self.stage, self.seed = campaign, stage, seed
        number = 0 if earlier is None else 1
        submitted = campaign.submitted + dt.timedelta(
            days=3 * STAGES.index(stage) + number, minutes=37 * number
        )
        name = f"{campaign.chain(stage)}/{submitted:%Y%m%dT%H%M%SZ}"
        self.by_quantum: dict[int, Execution] = {}
        self.earlier = earlier or {}
        self.plan = RunPlan(
            name,
            seed,
            campaign, stage, submitted, [], self.earlier,
            keeps_logs=stage not in campaign.stages_without_logs,
        )  # fmt: skip

    def run(self, quanta: Sequence[Quantum], fates: Mapping[int, str]) -> None:
        """Execute the quanta, of which some fail, and fill the plan."""
        for quantum in quanta:
            fate = fates.get(id(quantum), "successful")
            execution = Execution(quantum, self.plan.name, self.seed, fate)
            self.by_quantum[id(quantum)] = execution
            self.plan.executions.append(execution)
        start = self.plan.submitted.timestamp() + 600.0
        slots = [
            (start + 11.0 * n, n // len(_NODES), _NODES[n % len(_NODES)])
            for n in range(_SLOTS_PER_NODE * len(_NODES))
        ]
        heapq.heapify(slots)
        for key, members in self._processes(quanta).items():
            free, slot, node = heapq.heappop(slots)
            ready = max((self._end(p) for m in members for p in m.parents), default=0.0)
            end = self._run_process(key, members, node, max(free, ready + 20.0))
            heapq.heappush(slots, (end + 15.0, slot, node))

    def _draw(self, quantum: Quantum, what: str) -> float:
        """Draw a uniform number for a quantum; it is the same in all campaigns."""
        return uniform(self.seed, what, quantum.task.label, quantum.key)

    def _processes(self, quanta: Sequence[Quantum]) -> dict[str, list[Quantum]]:
        """Group quanta by process, in the order in which the processes can start."""
        groups: dict[str, list[Quantum]] = defaultdict(list)
        for quantum in quanta:
            groups[process_key(quantum)].append(quantum)
        for key, members in groups.items():
            if key.startswith(_MULTI_VISIT_CLUSTER):
                # isr, calibrateImage, standardize of one visit, then of the next.
                members.sort(key=lambda q: int(q.facts["exposure"]))
        return groups

    def _end(self, quantum: Quantum) -> float:
        """Get the time when a quantum ended; 0 if it ran in an earlier RUN or not at all."""
        execution = self.by_quantum.get(id(quantum))
        if execution is None or not execution.attempts:
            return 0.0
        return execution.attempts[-1].instants[-1].at

    def _is_blocked(self, quantum: Quantum) -> bool:
        """Say whether a quantum waits for one that did not succeed."""
        for parent in quantum.parents:
            execution = self.by_quantum.get(id(parent)) or self.earlier[id(parent)]
            if execution.state != "successful":
                return True
        return False

    def _run_process(self, key: str, members: list[Quantum], node: str, start: float) -> float:
        """Run a process to its end, and return the time of its end."""
        process = _Process(self, key, node, start, len(members))
        for quantum in members:
            execution = self.by_quantum[id(quantum)]
            if self._is_blocked(quantum):
                execution.state = "blocked"
            elif process.is_dead or execution.state == "killed":
                execution.state = "killed"
                process.is_dead = True
            else:
                process.execute(execution)
        return process.now


class _Process:
    """A process on a node, with its clock, its CPU time and its high-water mark."""

    def __init__(
        self, simulation: _Simulation, key: str, node: str, start: float, job_size: int
    ) -> None:
        self.simulation, self.key, self.node, self.job_size = simulation, key, node, job_size
        self.now = start
        self.is_dead = False
        self.user_time = 9.0 + 5.0 * uniform(key, "user")
        self.system_time = 1.5 + uniform(key, "system")
        self.max_rss = int((0.40 + 0.05 * uniform(key, "base")) * GIB)
        self.previous: list[uuid.UUID] = []

    def execute(self, execution: Execution) -> None:
        """Run one quantum; a failed first attempt ran before, in its own process."""
        quantum, simulation = execution.quantum, self.simulation
        exception, share = _RETRIED.get(quantum.task.label, ("", 0.0))
        if execution.state == "successful" and simulation._draw(quantum, "retried") < share:
            before = _Process(simulation, f"{self.key}|0", _NODES[0], self.now - 5.0, 1)
            attempt = before._attempt(quantum)
            attempt.exception = exception
            execution.attempts.append(attempt)
            self.now = max(self.now, before.now + 30.0)
        attempt = self._attempt(quantum)
        if execution.state == "failed":
            failures = _FAILED[simulation.stage]
            attempt.exception = failures.get(quantum.task.label, ("builtins.RuntimeError", 0))[0]
        execution.attempts.append(attempt)
        self.previous.append(execution.id("quantum"))

    def _caveats(self, quantum: Quantum) -> int:
        """Get the caveats of the quantum's success."""
        label, simulation = quantum.task.label, self.simulation
        if simulation._draw(quantum, "no work") < _NO_WORK_FRACTIONS.get(label, 0.0):
            return _NO_WORK_IN_ADJUST
        if label == "buildTemplate" or label in _AFTER_TEMPLATE:
            missing = uniform(simulation.seed, "no template", quantum.key) < _NO_TEMPLATE_FRACTION
            if missing:
                return _NO_WORK if label == "buildTemplate" else _NO_WORK_IN_ADJUST
        return 0

    def _attempt(self, quantum: Quantum) -> Attempt:
        """Run a quantum and record the four instants."""
        task, release = quantum.task, self.simulation.campaign.release
        caveats = self._caveats(quantum)
        luck = uniform(self.simulation.seed, release.label, task.label, quantum.key, "luck")
        wall = wall_time_s(task, release, quantum.u, luck)
        if caveats:
            wall *= 0.05
        if self.node == _SLOW_NODE:
            wall *= 1.4
        jitter = self.simulation._draw(quantum, "jitter")
        need = int(own_rss_gib(task, release, quantum.u, quantum.mates_before, jitter) * GIB)
        if not self.previous:
            # Some tasks need less memory than the usual start-up.
            self.max_rss = min(self.max_rss, need)
        instants = [self._note()]
        if caveats == _NO_WORK_IN_ADJUST:
            self._advance(0.02, 0.7)
        else:
            cpu = cpu_fraction(task, luck)
            for share in (0.004, 0.001):  # prep to init, init to start
                self._advance(share * wall, cpu)
                instants.append(self._note())
            self._advance(0.995 * wall, cpu)
            self.max_rss = max(self.max_rss, need)
        instants.append(self._note())
        self.now += 0.05
        return Attempt(instants, self.node, self.key, tuple(self.previous), self.job_size, caveats)

    def _advance(self, wall: float, cpu: float) -> None:
        """Advance the clock of the process."""
        self.now += wall
        self.user_time += 0.96 * cpu * wall
        self.system_time += 0.04 * cpu * wall

    def _note(self) -> Instant:
        """Record what the process has used so far."""
        used = self.user_time + self.system_time
        return Instant(
            at=self.now,
            user_time=round(self.user_time, 6),
            system_time=round(self.system_time, 6),
            max_rss=self.max_rss // 4096 * 4096,
            faults=(int(self.max_rss / 4096 * 1.2 + 3000 * used), 305),
            blocks=(int(8000 * used), int(3500 * used)),
            switches=(int(160 * used), int(4 * used)),
        )
