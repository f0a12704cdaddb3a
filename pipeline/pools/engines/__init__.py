"""The engines, one file each, found by name."""

from __future__ import annotations

from pipeline.core.entries import Entries
from pipeline.pools.kind import Engine

ENGINES = Entries("engine", __name__, Engine)
