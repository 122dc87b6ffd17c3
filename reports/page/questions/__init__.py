"""Read the data of the page for each of the seven questions.

`QUESTIONS` is their order on the page. A question has a module here with its queries, a template in
``templates/`` with its sections and a script in ``js/``. If it has charts, it has a module in
``charts/``.
"""

from __future__ import annotations

from typing import Protocol

import pyarrow as pa

from ...warehouse import Warehouse
from ..detail import Detail
from . import changes, completeness, depth, memory, requests, sizing, timeline

__all__ = ["QUESTIONS", "Question"]


class Question(Protocol):
    """A module of this folder.

    Its ``SECTIONS`` are the IDs of the sections in its template, with their names in the menu.
    """

    SECTIONS: dict[str, str]

    def tables(self, warehouse: Warehouse, detail: Detail) -> dict[str, pa.Table]:
        """Read what the page embeds for the question, by the name of each table."""


QUESTIONS: dict[str, Question] = {
    "memory": memory,
    "completeness": completeness,
    "changes": changes,
    "sizing": sizing,
    "requests": requests,
    "timeline": timeline,
    "depth": depth,
}
"""Every question in the order of the page."""
