"""Recorded answers only: nobody is asked."""

from __future__ import annotations

from pipeline.engine.wire.entry import ProviderEntry

ENTRY = ProviderEntry(says="recorded answers")
