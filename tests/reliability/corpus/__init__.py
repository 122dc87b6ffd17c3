"""Bytes that a decoder once failed at, in a folder of its name."""

from __future__ import annotations

from pathlib import Path

CORPUS = Path(__file__).parent
