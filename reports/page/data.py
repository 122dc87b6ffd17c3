"""Embed marts in the page as compact JSON in columns, with a limited size for any campaign.

Detail is left out until the page is small enough, and the page says which detail.  First it leaves
out fields except the largest few, and the texts for BPS except those of one campaign.  Then it
leaves out all fields, then bands, and at last the requests and changes without the focus campaign.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pyarrow as pa

from ..requests import ALL, POLICIES, POLICY_NAMES, default_policy, request_memory_yaml
from ..warehouse import Warehouse
from . import charts, look, selection
from .detail import Detail
from .questions import QUESTIONS
from .questions.timeline import MOST_HOSTS

__all__ = ["gather", "script_json"]

WORST_ROWS = 6000
"""Worst quanta of all campaigns and stages together."""

# Characters that are invisible, or that change the direction of a text: each gets a symbol.
_VISIBLE = (
    {code: 0x2400 + code for code in range(0x20)}
    | {0x7F: 0x2421}
    | dict.fromkeys((*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)), 0xFFFD)
)


def visible(text: str | None) -> str | None:
    """Replace control characters of a text from outside by visible symbols.

    Parameters
    ----------
    text : `str` or `None`
        A name or a remark.
    """
    return None if text is None else text.translate(_VISIBLE)


def columns(table: pa.Table) -> dict[str, Any]:
    """Convert a table to columns for JSON, with texts as codes of a dictionary.

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
                "values": [visible(text) for text in coded.dictionary.to_pylist()],
                "codes": coded.indices.to_pylist(),
            }
        elif pa.types.is_list(column.type) and pa.types.is_string(column.type.value_type):
            encoded[name] = [
                None if texts is None else [visible(text) for text in texts]
                for texts in column.to_pylist()
            ]
        else:
            encoded[name] = column.to_pylist()
    return {"count": table.num_rows, "columns": encoded}


def gather(warehouse: Warehouse, detail: Detail) -> dict[str, Any]:
    """Collect everything that the page shows.

    Parameters
    ----------
    warehouse : `~reports.warehouse.Warehouse`
        The warehouse.
    detail : `~reports.page.detail.Detail`
        Level of detail.
    """
    campaigns = selection.campaigns(warehouse)
    stages = QUESTIONS["completeness"].tables(warehouse, detail)["stages"]
    worst_limit = min(detail.worst_limit, max(20, WORST_ROWS // max(1, stages.num_rows)))
    detail = replace(detail, worst_limit=worst_limit)
    tables = {"campaigns": campaigns}
    for question in QUESTIONS.values():
        tables |= question.tables(warehouse, detail)
    lake = selection.lake(warehouse)
    extracted_at = lake.get("extracted_at")
    names = campaigns["campaign"].to_pylist()
    focus = next((row["campaign"] for row in campaigns.to_pylist() if row["is_focus"]), "")
    return {
        "lake": {
            **{name: lake.get(name) for name in ("extractor_version", "run_count", "is_simulated")},
            "extracted_on": f"{extracted_at:%Y-%m-%d}" if extracted_at else None,
        },
        "detail": {
            "field_count": detail.field_count,
            "is_by_band": detail.is_by_band,
            "worst_limit": worst_limit,
            "has_every_answer": detail.has_every_answer,
            "host_limit": MOST_HOSTS,
        },
        "thresholds_gib": selection.thresholds(warehouse),
        "tables": {name: columns(table) for name, table in tables.items()},
        "default_policy": default_policy(warehouse, focus) or next(iter(POLICIES)),
        "policies": [
            {"policy": name, "short": short, "said": said}
            for name, (short, said) in POLICIES.items()
        ],
        "policy_names": POLICY_NAMES,
        "pooled_bps": _bps(warehouse, ALL),
        "bps": [
            {"campaign": row["campaign"], "texts": _bps(warehouse, row["campaign"])}
            for row in campaigns.to_pylist()
            if detail.has_every_bps or row["is_focus"]
        ],
        "specs": charts.specifications(),
        "configs": look.light_and_dark(),
        "colours": look.colours(campaign_count=len(names)),
    }


def _bps(warehouse: Warehouse, campaign: str) -> list[str]:
    """Write the text for BPS of each policy."""
    return [request_memory_yaml(warehouse, campaign=campaign, policy=name) for name in POLICIES]


def _escapes() -> Iterator[tuple[str, str]]:
    """List characters that could end a script element or a line, with their escapes in JSON."""
    for character in "<>&\u2028\u2029":
        yield character, f"\\u{ord(character):04x}"


def script_json(value: object) -> str:
    """Write JSON that is safe inside a script element, for any texts.

    Parameters
    ----------
    value : `object`
        Value of JSON; texts may come from outside.

    Returns
    -------
    text : `str`
        JSON without ``<``, ``>``, ``&``, U+2028 and U+2029, which occur only in texts.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character, escape in _escapes():
        text = text.replace(character, escape)
    return text
