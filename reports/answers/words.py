"""What is said of sizing, requests, changes and concurrency, each value through `reports.facts`."""

from __future__ import annotations

from reports.captions import Words
from reports.facts import Facts
from reports.figures import stage_title
from reports.marts import Marts

__all__ = [
    "change_sentence",
    "changes",
    "concurrency",
    "dependence",
    "dependence_sentences",
    "no_dependence",
    "request_sentences",
    "requests",
    "running_sentences",
    "sizing",
    "sizing_sentences",
]

_TASK = ("campaign", "stage", "task_label")
"""Columns that choose one row of a mart of tasks."""


def sizing_sentences(facts: Facts, campaign: str) -> list[str]:
    """Say what nodes with the memory of the threshold charge, and which choice is cheapest.

    Parameters
    ----------
    facts : `~reports.facts.Facts`
        Where values come from.
    campaign : `str`
        Which one.

    Returns
    -------
    sentences : `list` [`str`]
        Empty where nothing was measured, or where the threshold is no choice of the mart.
    """
    line = facts.value("dim_campaigns", "threshold_gib", campaign=campaign)
    mart = "fct_campaign_sizing"
    key = {"campaign": campaign, "memory_per_core_gib": line}
    said = []
    if facts.rows(mart, key):
        said.append(
            f"With {facts.say(mart, 'memory_per_core_gib', **key)} per core, the work of all "
            f"stages of {campaign} occupies {facts.say(mart, 'charged_core_h', **key)} "
            f"where unlimited memory would occupy {facts.say(mart, 'needed_core_h', **key)}: "
            f"{facts.say(mart, 'overhead_fraction', **key)} more, while cores idle because their "
            "memory is taken."
        )
    best = {"campaign": campaign, "is_cheapest": True}
    if facts.rows(mart, best):
        near = sorted(
            row["memory_per_core_gib"]
            for row in facts.rows(mart, {"campaign": campaign, "is_nearly_cheapest": True})
        )
        ends = [
            facts.say(mart, "memory_per_core_gib", campaign=campaign, memory_per_core_gib=end)
            for end in (near[0], near[-1])
        ]
        said.append(
            "At the prices of the campaigns file the cheapest memory per core is "
            f"{facts.say(mart, 'memory_per_core_gib', **best)}; what costs nearly as little "
            f"reaches from {ends[0]} to {ends[1]}."
        )
    return said


def request_sentences(facts: Facts, campaign: str) -> list[str]:
    """Say how requests from the campaign before would have served, beside today's.

    Parameters
    ----------
    facts : `~reports.facts.Facts`
        Where values come from.
    campaign : `str`
        The campaign that they are applied to.

    Returns
    -------
    sentences : `list` [`str`]
        Empty where there is no campaign before or no current request.
    """
    mart = "fct_request_backtest_totals"
    say = facts.writer(mart, ("evidence_campaign", "campaign", "policy"))
    said = []
    for now in facts.rows(mart, {"campaign": campaign, "policy": "current"}):
        ours = now | {"policy": "p95_retry"}
        said.append(
            "Over the jobs that have a request of every policy and one today, those that follow "
            f"from {now['evidence_campaign']} by the policy p95_retry would have killed "
            f"{say('killed_fraction', ours)} of the first attempts of {campaign} and left "
            f"{say('wasted_gib_h', ours)} unused; today's requests "
            f"{say('killed_fraction', now)} and {say('wasted_gib_h', now)}."
        )
    return said


def running_sentences(facts: Facts, campaign: str) -> list[str]:
    """Say how many nodes are slow, and which task spends most of its time in the Butler.

    Parameters
    ----------
    facts : `~reports.facts.Facts`
        Where values come from.
    campaign : `str`
        Which one.

    Returns
    -------
    sentences : `list` [`str`]
        Empty where no node and no Butler time is known.
    """
    nodes, tasks = "fct_node_usage", "fct_task_efficiency"
    said = []
    if facts.rows(nodes, {"campaign": campaign}):
        said.append(
            f"Of {facts.count(nodes, campaign=campaign)} nodes, counted in each stage of "
            f"{campaign} anew, {facts.count(nodes, campaign=campaign, is_slow=True)} took longer "
            "than the others for the same tasks."
        )
    timed = [
        row for row in facts.rows(tasks, {"campaign": campaign}) if row["butler_get_wall_time_h"]
    ]
    if timed:
        say = facts.writer(tasks, _TASK)
        most = max(timed, key=lambda row: (row["butler_get_wall_time_h"], row["task_label"]))
        said.append(
            f"Most time for reading through the Butler is spent by {most['task_label']} "
            f"({stage_title(most['stage'])}): {say('butler_get_wall_time_h', most)}, "
            f"{say('butler_get_fraction', most)} of its wall time; its CPU time is "
            f"{say('cpu_time_fraction', most)} of it."
        )
    return said


def sizing(facts: Facts, campaign: str) -> Words:
    """Describe the curves of overhead and cost."""
    said = " ".join(sizing_sentences(facts, campaign))
    return Words(
        f"Core-hours that the work of {campaign} occupies beyond those of unlimited memory, by "
        "memory per core: a process holds as many cores as its peak takes. Dotted, where the "
        f"campaigns file has prices: the cost of the same work beyond that of the cheapest. {said}",
        f"Falling curves of overhead by memory per core, one per stage of {campaign}. {said}",
    )


def requests(campaign: str) -> Words:
    """Describe the requests of the jobs that use most."""
    return Words(
        f"Requests of memory that follow from {campaign} for the jobs that used most memory for "
        "longest, one point per policy, beside the current one where it is known. A grey tick is "
        "the largest peak seen.",
        f"One row per job of {campaign}, one mark per policy on a logarithmic axis of memory; the "
        "values are in the table of requests.",
    )


def changes(before: str, after: str) -> Words:
    """Describe the dumbbells of matched tasks."""
    return Words(
        f"The 95th percentile of max RSS in {before} (hollow) and {after} (full), over the quanta "
        "that have the same task and data ID in both, largest changes first. The verdict "
        "follows from intervals of memory, by own peaks alone, and of wall time.",
        f"One dumbbell per task from {before} to {after} on a logarithmic axis of memory, coloured "
        "by verdict; the values are in the table of changes.",
    )


def concurrency(campaign: str, title: str) -> Words:
    """Describe the memory of running quanta over time."""
    return Words(
        f"Memory of the running quanta of {title} of {campaign} over time, stacked by task: each "
        "counts with its max RSS from its begin to its end, so this is an upper bound.",
        f"Stacked areas of memory over time in {title} of {campaign}, one layer per task.",
    )


def change_sentence(marts: Marts, facts: Facts, campaign: str) -> list[str]:
    """Say how many tasks became worse or better than in the campaign before.

    Parameters
    ----------
    marts : `~reports.marts.Marts`
        The warehouse.
    facts : `~reports.facts.Facts`
        Where values come from.
    campaign : `str`
        The later campaign.

    Returns
    -------
    sentences : `list` [`str`]
        Empty where no campaign stands before.
    """
    names = [row["campaign"] for row in marts.campaigns().to_pylist()]
    place = names.index(campaign)
    if not place:
        return []
    before = names[place - 1]
    mart, key = "fct_release_changes", {"before_campaign": before, "after_campaign": campaign}
    if not facts.rows(mart, key | {"is_matched": True}):
        return [
            f"No quantum of {campaign} has the task and data ID of one of {before}: no verdict can "
            "be given."
        ]
    matched = facts.count(mart, **key, is_matched=True)

    def judged(column: str) -> str:
        worse, better, same, unknown = (
            facts.count(mart, **key, **{column: verdict})
            for verdict in ("worse", "better", "same", "cannot_tell")
        )
        return (
            f"of {worse} became worse, of {better} better, of {same} stayed the same, and of "
            f"{unknown} cannot be told"
        )

    return [
        f"Of {matched} tasks with matched data IDs in {before} and {campaign}, the memory "
        f"{judged('max_rss_verdict')}; the wall time {judged('wall_time_verdict')}."
    ]


def no_dependence(campaign: str) -> str:
    """Say why no task's memory can be set against depth."""
    return (
        f"No task of {campaign} without visits of its own has enough peaks of its own over places "
        "with different numbers of visits: what memory depends on cannot be told."
    )


def dependence_sentences(facts: Facts, campaign: str) -> list[str]:
    """Say how many tasks need more memory where more visits overlap, and the most foretold.

    Parameters
    ----------
    facts : `~reports.facts.Facts`
        Where values come from.
    campaign : `str`
        Which one.

    Returns
    -------
    sentences : `list` [`str`]
        One where nothing grows for sure, or nothing is known; else two.
    """
    mart, key = "fct_memory_dependence", {"campaign": campaign}
    if not facts.rows(mart, key):
        return [no_dependence(campaign)]
    grows, shrinks, unknown = (
        facts.count(mart, **key, dependence_verdict=verdict)
        for verdict in ("grows", "shrinks", "cannot_tell")
    )
    said = [
        f"Of {facts.count(mart, **key)} tasks of {campaign} whose peaks can be set against the "
        f"visits over their tract or patch, the memory of {grows} grows with them, of {shrinks} "
        f"shrinks, and of {unknown} cannot be told."
    ]
    growing = facts.rows(mart, key | {"is_growing": True})
    if growing:
        say = facts.writer(mart, _TASK)
        most = max(growing, key=lambda row: (row["twice_as_deep_gib"], row["task_label"]))
        said.append(
            f"Most is foretold for {most['task_label']} ({stage_title(most['stage'])}): with "
            f"{say('max_visit_count', most)} visits {say('deepest_gib', most)}, with twice as many "
            f"{say('twice_as_deep_gib', most)} (from {say('low_twice_as_deep_gib', most)} to "
            f"{say('high_twice_as_deep_gib', most)})."
        )
    return said


def dependence(facts: Facts, campaign: str) -> Words:
    """Describe the lines of memory against visits."""
    said = " ".join(dependence_sentences(facts, campaign))
    return Words(
        f"Memory of tasks of {campaign} against the number of visits over their tract or patch, on "
        "the line by least squares through their own peaks: at the fewest visits seen (hollow) and "
        "at the most (full); where it grows for sure also at twice the most (triangle, with the "
        f"interval of the line), an extrapolation. {said}",
        "One row per task on a logarithmic axis of memory, from the fewest to the most visits, "
        f"coloured by whether memory grows. {said}",
    )
