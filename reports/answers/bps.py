"""Old name of `reports.requests`; goes when the page imports it no more."""

from __future__ import annotations

from ..requests import ALL, POLICIES, request_memory_yaml

__all__ = ["ALL", "POLICIES", "request_memory_yaml"]
