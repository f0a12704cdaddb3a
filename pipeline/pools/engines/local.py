"""Processes of this machine, as many as there are cores and memory for."""

from __future__ import annotations

from pipeline.pools.kind import Engine

ENTRY = Engine(meaning="processes of this machine", open=None)
