"""The figures of the report, one file each, found by name."""

from __future__ import annotations

from pipeline.core import entries
from pipeline.report.figure import Figure

FIGURES = dict(
    sorted(entries.found(__name__, __path__, Figure).items(), key=lambda named: (named[1].place, named[0]))
)
