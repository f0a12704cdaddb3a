"""The kinds of personal data that can be masked, one file each, found by name."""

from __future__ import annotations

from pipeline.core.entries import Entries
from pipeline.masking.kind import Kind

KINDS = {name.upper(): kind for name, kind in Entries("kind of personal data", __name__, Kind).all().items()}
