"""The kinds of respondents, one file each, found by name."""

from __future__ import annotations

from pipeline.administer.kind import Kind
from pipeline.core.entries import Entries

KINDS: Entries[Kind] = Entries("kind of respondent", __name__, Kind)
