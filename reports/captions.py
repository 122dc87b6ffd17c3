"""What is said under each figure, and instead of it for who cannot see it.

Plain text: whoever puts it into markup escapes it.  Every value comes through `reports.facts`.
"""

from __future__ import annotations

from dataclasses import dataclass

from reports.facts import Facts

__all__ = [
    "Usage",
    "Words",
    "box",
    "common_boxes",
    "common_inputs",
    "completeness",
    "cumulative",
    "histogram",
    "over",
    "over_threshold",
    "over_wall_time",
    "peaks",
    "wall_time",
]


@dataclass(frozen=True)
class Words:
    """Caption and alternative text of a figure."""

    caption: str
    alt_text: str


@dataclass(frozen=True)
class Usage:
    """Values of one (campaign, stage), written and recorded."""

    facts: Facts
    campaign: str
    stage: str

    def __getitem__(self, column: str) -> str:
        return self.facts.say("fct_stage_usage", column, campaign=self.campaign, stage=self.stage)


def completeness() -> Words:
    """Describe the verdicts of all stages and campaigns."""
    return Words(
        "Whether every quantum that was expected is accounted for, by stage and campaign. "
        "Complete: all are. Declared: some left no usable result, and the campaigns file says why. "
        "Incomplete: some left none, and nobody said why. Unverified: nothing independent says "
        "what was expected.",
        "A table of verdicts, one row per stage and one column per campaign; the numbers are in "
        "the table of completeness.",
    )


def _over_in_focus(usage: Usage) -> str:
    """Say how many quanta of the focus campaign are over, if it has measured any in the stage."""
    rows = usage.facts.rows("fct_stage_usage", {"campaign": usage.campaign, "stage": usage.stage})
    if not rows or not rows[0]["quanta_count"]:
        return ""
    return f" In {usage.campaign}, {over(usage)}."


def over(usage: Usage) -> str:
    """Say how many quanta are over the threshold."""
    return (
        f"{usage['over_threshold_count']} of {usage['quanta_count']} quanta "
        f"({usage['over_threshold_fraction']}) exceed {usage['threshold_gib']}"
    )


def over_wall_time(usage: Usage) -> str:
    """Say how much wall time quanta over the threshold took."""
    return (
        f"{usage['over_threshold_wall_time_h']} of {usage['total_wall_time_h']} "
        f"of wall time ({usage['over_threshold_wall_time_fraction']})"
    )


def _spent_over(usage: Usage) -> str:
    """Say how much wall time was spent over the threshold, as a sentence."""
    return f"{over_wall_time(usage)} were spent by quanta over {usage['threshold_gib']}"


def box(facts: Facts, campaign: str, stage: str, title: str) -> Words:
    """Describe the box plots of all releases.

    Parameters
    ----------
    facts : `~reports.facts.Facts`
        Where values come from.
    campaign, stage : `str`
        The focus campaign, and the stage of the file.
    title : `str`
        The stage in a sentence.
    """
    usage = Usage(facts, campaign, stage)
    line = facts.say("dim_campaigns", "threshold_gib", campaign=campaign)
    return Words(
        f"Max RSS per task in {title}, the releases side by side, on a logarithmic axis. Boxes "
        "span the quartiles with a bar at the median, whiskers reach the last value within one "
        "and a half box lengths, circles are a sample of the values beyond, the extreme ones "
        "among them; a task with one quantum is a tick. The dashed red line marks "
        f"{line} per core.{_over_in_focus(usage)}",
        f"Horizontal box plots of max RSS for each task of {title} and each release, with a "
        f"dashed red line at {line}.{_over_in_focus(usage)}",
    )


def common_boxes(facts: Facts, campaign: str, stage: str, title: str) -> Words:
    """Describe the box plots of all releases on what they have in common, as `box` does for all."""
    line = facts.say("dim_campaigns", "threshold_gib", campaign=campaign)
    both = common_inputs(facts, stage, title)
    return Words(
        f"Max RSS per task in {title} on common input alone, the releases side by side. {both} "
        "Behind the name of a task stands on how many visits (or exposures) it is compared, with "
        "all detectors that a campaign ran of them. A task whose data IDs have no visit is "
        "compared on the same places of the sky, over which one campaign may have had more visits "
        "than another. Boxes and whiskers are as in the figure "
        "of all quanta; circles are the extremes that whiskers do not reach. The dashed red line "
        f"marks {line} per core.",
        f"Horizontal box plots of max RSS for each task of {title} and each release, over visits "
        f"and places that all releases processed, with a dashed red line at {line}. {both}",
    )


def common_inputs(facts: Facts, stage: str, title: str) -> str:
    """Say how much the campaigns of a stage have in common, in sentences."""

    def said(column: str) -> str:
        return facts.say("fct_stage_common_visits", column, stage=stage)

    left_out = facts.value("fct_stage_common_visits", "incomparable_task_count", stage=stage)
    return (
        f"Of {said('visit_count')} visits in {title}, {said('common_visit_count')} were measured "
        f"by each of the {said('campaign_count')} campaigns; of {said('task_count')} tasks that "
        f"several campaigns have, {said('common_task_count')} have common input"
        + (
            f", and {said('incomparable_task_count')} can have none, since one quantum of theirs "
            "takes in the whole campaign."
            if left_out
            else "."
        )
    )


def peaks(facts: Facts, campaign: str, stage: str, title: str, name: str) -> Words:
    """Describe one statistic of each task and release.

    Parameters
    ----------
    facts, campaign, stage, title
        As for `box`.
    name : `str`
        Name of the statistic.
    """
    usage = Usage(facts, campaign, stage)
    line = facts.say("dim_campaigns", "threshold_gib", campaign=campaign)
    return Words(
        f"{name} of each task in {title}: one point per release, joined by a grey line, on a "
        f"logarithmic axis. The dashed red line marks {line} per core.{_over_in_focus(usage)}",
        f"One row per task of {title}, one point per release at its {name[0].lower()}{name[1:]}, "
        f"with a dashed red line at {line}.",
    )


def histogram(facts: Facts, campaign: str, stage: str, title: str, *, is_log: bool) -> Words:
    """Describe the number of quanta per range of RSS."""
    usage = Usage(facts, campaign, stage)
    axis = (
        " The axis is logarithmic: the top of a bar is its number of quanta, and the heights of "
        "the segments inside are not in proportion."
        if is_log
        else ""
    )
    return Words(
        f"Quanta of {title} of {campaign} per range of one GiB of max RSS, stacked by task.{axis} "
        f"The dashed red line marks {usage['threshold_gib']} per core, the dashed green line the "
        f"95th percentile at {usage['p95_max_rss_bytes']}. {over(usage)}.",
        f"Stacked bars of the number of quanta per GiB of max RSS in {title} of {campaign}"
        f"{', on a logarithmic axis' if is_log else ''}. Half of the quanta stay below "
        f"{usage['p50_max_rss_bytes']}; the largest peak is {usage['max_max_rss_bytes']}.",
    )


def wall_time(facts: Facts, campaign: str, stage: str, title: str, *, is_upper: bool) -> Words:
    """Describe the integrated wall time per range of RSS."""
    usage = Usage(facts, campaign, stage)
    part = f", from {usage['threshold_gib']} on" if is_upper else ""
    return Words(
        f"Integrated wall time of {title} of {campaign} per range of one GiB of max RSS{part}, "
        "stacked by task: the top of a bar is the total. The dashed red line marks "
        f"{usage['threshold_gib']} per core. {_spent_over(usage)}.",
        f"Stacked bars of wall time per GiB of max RSS in {title} of {campaign}{part}. "
        f"{_spent_over(usage)}.",
    )


def cumulative(facts: Facts, campaign: str, stage: str, title: str, *, of_wall_time: bool) -> Words:
    """Describe the cumulative distribution."""
    usage = Usage(facts, campaign, stage)
    what = "wall time" if of_wall_time else "quanta"
    share = _spent_over(usage) if of_wall_time else over(usage)
    return Words(
        f"Cumulative fraction of the {what} of {title} of {campaign} by max RSS, on a logarithmic "
        f"axis of memory. The dashed green line marks 95 % of the {what}, the dashed red line "
        f"{usage['threshold_gib']} per core. {share}.",
        f"Rising curve of the cumulative fraction of {what} by max RSS in {title} of {campaign}. "
        f"{share}.",
    )


def over_threshold(facts: Facts, campaign: str, stage: str, title: str) -> Words:
    """Describe the quanta over the threshold, one by one."""
    usage = Usage(facts, campaign, stage)
    line = usage["threshold_gib"]
    key = {"campaign": campaign, "stage": stage, "is_over_threshold": True}
    shown = facts.count("fct_worst_quanta", **key)
    total = usage["over_threshold_count"]
    which = f"The {total}" if shown == total else f"The {shown} largest of the {total}"
    return Words(
        f"{which} quanta over {line} in {title} of {campaign}. The area of a mark is the wall time "
        "of the quantum; a diamond's peak was inherited from an earlier quantum of its process. "
        "The height within a row has no meaning.",
        f"One mark per quantum over {line} in {title} of {campaign}, by task and max RSS; larger "
        f"marks took longer. The task with most of them is {usage['worst_task_label']}.",
    )
