"""The figures of the report, one file each, found by name."""

from __future__ import annotations

from pipeline.core.entries import Entries
from pipeline.report.figure import Figure

FIGURES = dict(
    sorted(Entries("figure", __name__, Figure).all().items(), key=lambda named: (named[1].place, named[0]))
)
