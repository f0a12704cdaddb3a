"""The sources of posts, one file each, found by name."""

from __future__ import annotations

from pipeline.core.entries import Entries
from pipeline.scrape.source import Source

SOURCES = Entries("source", __name__, Source)
