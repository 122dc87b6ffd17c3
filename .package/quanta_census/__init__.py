"""Quanta Census: what every quantum of a campaign used, what is missing, and what to buy.

The parent of the three programs ``extract``, ``dbt_project`` and ``reports``.  This file imports
none of them, so that each works without the packages that only the others need.
"""

from __future__ import annotations

from pathlib import Path

__all__: list[str] = []

_ROOT = Path(__file__).resolve().parents[2]
if (_ROOT / "pyproject.toml").is_file() and (_ROOT / "dbt_project").is_dir():
    # A checkout has the three programs at its top level, a wheel has them in this folder.
    __path__.append(str(_ROOT))
