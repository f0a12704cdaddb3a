"""How alike the declared profiles of any two respondents are."""

from __future__ import annotations

from pipeline.report.figures import _likeness

ENTRY = _likeness.figure("declared", place=12, of_instruments="each")
