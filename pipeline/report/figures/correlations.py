"""How alike the enacted profiles of any two respondents are."""

from __future__ import annotations

from pipeline.report.figures import _likeness

ENTRY = _likeness.figure("enacted", place=10)
