"""What the page embeds: marts as compact JSON in columns, small enough whatever a campaign's size.

The size is bounded by leaving detail out, and the page says which: first fields beyond the largest
few and the texts for BPS of all campaigns but one, then all fields, then bands, and at last the
requests and changes that do not touch the focus campaign.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from reports import theme
from reports.answers.bps import ALL, POLICIES, request_memory_yaml
from reports.charts.release_changes import VERDICTS
from reports.page import charts
from reports.page.answer_charts import answer_specifications
from reports.page.answer_marts import MOST_HOSTS
from reports.page.marts import PageMarts

__all__ = ["DETAILS", "Detail", "gather", "script_json"]

WORST_ROWS = 6000
"""Worst quanta of all campaigns and stages together."""


@dataclass(frozen=True)
class Detail:
    """How finely the page tells quanta apart.

    Parameters
    ----------
    field_count : `int`
        Fields of a campaign that keep their name.
    is_by_band : `bool`
        Whether bands are told apart.
    worst_limit : `int`
        Worst quanta of one (campaign, stage), at most.
    has_every_bps : `bool`
        Whether each campaign has its texts for BPS; else the focus campaign alone.
    has_every_answer : `bool`
        Whether each campaign has its requests and changes; else what has to do with the focus.
    """

    field_count: int
    is_by_band: bool
    worst_limit: int
    has_every_bps: bool
    has_every_answer: bool


DETAILS = (
    Detail(8, True, 500, has_every_bps=True, has_every_answer=True),
    Detail(4, True, 200, has_every_bps=False, has_every_answer=True),
    Detail(0, True, 100, has_every_bps=False, has_every_answer=True),
    Detail(0, False, 50, has_every_bps=False, has_every_answer=True),
    Detail(0, False, 20, has_every_bps=False, has_every_answer=False),
)
"""From fine to coarse: the first that fits is taken."""


def columns(table: pa.Table) -> dict[str, Any]:
    """Turn a table into columns for JSON, texts as codes of a dictionary.

    Parameters
    ----------
    table : `pyarrow.Table`
        Any table of texts, numbers, booleans and lists.

    Returns
    -------
    encoded : `dict`
        ``count`` and ``columns``: a list for each, or ``{"values": [...], "codes": [...]}``.
    """
    encoded: dict[str, Any] = {}
    for name in table.column_names:
        column = table[name]
        if pa.types.is_string(column.type):
            coded = column.combine_chunks().dictionary_encode()
            encoded[name] = {
                "values": coded.dictionary.to_pylist(),
                "codes": coded.indices.to_pylist(),
            }
        else:
            encoded[name] = column.to_pylist()
    return {"count": table.num_rows, "columns": encoded}


def gather(marts: PageMarts, detail: Detail) -> dict[str, Any]:
    """Collect everything that the page shows.

    Parameters
    ----------
    marts : `~reports.page.marts.PageMarts`
        The warehouse.
    detail : `Detail`
        How finely.
    """
    campaigns, stages = marts.page_campaigns(), marts.page_stages()
    field_count, is_by_band = detail.field_count, detail.is_by_band
    is_focus_only = not detail.has_every_answer
    worst_limit = min(detail.worst_limit, max(20, WORST_ROWS // max(1, stages.num_rows)))
    lake = marts.lake()
    return {
        "lake": {
            **{name: lake.get(name) for name in ("extractor_version", "run_count", "is_simulated")},
            "extracted_on": f"{lake['extracted_at']:%Y-%m-%d}"
            if lake.get("extracted_at")
            else None,
        },
        "detail": {
            "field_count": field_count,
            "is_by_band": is_by_band,
            "worst_limit": worst_limit,
            "has_every_answer": detail.has_every_answer,
            "host_limit": MOST_HOSTS,
        },
        "thresholds_gib": marts.page_thresholds(),
        "campaigns": columns(campaigns),
        "stages": columns(stages),
        "tasks": columns(marts.page_tasks()),
        "series": columns(marts.page_steps(field_count=field_count, is_by_band=is_by_band)),
        "worst": columns(
            marts.page_worst(field_count=field_count, is_by_band=is_by_band, limit=worst_limit)
        ),
        "sizing": columns(marts.page_sizing()),
        "nodes": columns(marts.page_nodes()),
        "packings": columns(marts.page_packings()),
        "policies": [
            {"policy": name, "short": short, "said": said}
            for name, (short, said) in POLICIES.items()
        ],
        "requests": columns(marts.page_requests(is_focus_only=is_focus_only)),
        "pooled_requests": columns(marts.page_pooled_requests()),
        "backtests": columns(marts.page_backtests(is_focus_only=is_focus_only)),
        "backtest_totals": columns(marts.page_backtest_totals()),
        "changes": columns(marts.page_changes(is_focus_only=is_focus_only)),
        "concurrency": columns(marts.page_concurrency()),
        "hosts": columns(marts.page_hosts()),
        "efficiency": columns(marts.page_efficiency()),
        "dependence": columns(marts.page_dependence()),
        "pooled_bps": [
            request_memory_yaml(marts, campaign=ALL, policy=policy) for policy in POLICIES
        ],
        "bps": {
            row["campaign"]: [
                request_memory_yaml(marts, campaign=row["campaign"], policy=policy)
                for policy in POLICIES
            ]
            for row in campaigns.to_pylist()
            if detail.has_every_bps or row["is_focus"]
        },
        "specs": charts.specifications() | answer_specifications(),
        "configs": charts.light_and_dark(),
        "colours": {
            "tasks": theme.TASK_COLOURS,
            "other": theme.OTHER_TASKS_COLOUR,
            "campaigns": theme.RELEASE_COLOURS,
            "verdicts": VERDICTS,
        },
    }


def _escapes() -> Iterator[tuple[str, str]]:
    """List what could end a script element or a line of JavaScript, with JSON's own escapes."""
    for character in "<>&\u2028\u2029":
        yield character, f"\\u{ord(character):04x}"


def script_json(value: object) -> str:
    """Write JSON that may stand inside a script element, whatever its texts hold.

    Parameters
    ----------
    value : `object`
        What JSON can hold; texts may come from outside.

    Returns
    -------
    text : `str`
        JSON without ``<``, ``>``, ``&``, U+2028 and U+2029, which stand only in texts.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character, escape in _escapes():
        text = text.replace(character, escape)
    return text
