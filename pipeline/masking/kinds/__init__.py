"""The kinds of personal data that can be masked, one file each, found by name."""

from __future__ import annotations

from pipeline.core import entries
from pipeline.masking.kind import Kind

KINDS = {name.upper(): kind for name, kind in entries.found(__name__, __path__, Kind).items()}
