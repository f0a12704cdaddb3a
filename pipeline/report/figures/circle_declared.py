"""Declared values of each respondent on Schwartz's circle."""

from __future__ import annotations

from pipeline.report import rows
from pipeline.report.charts import circle
from pipeline.report.figure import Figure

ENTRY = Figure(
    section="declared",
    place=10,
    title="Declared values",
    caption="Mean answer to the items of each value, from 1 (centre) to 6, with intervals. Dashed: the middle of the "
    "scale. Grey, dotted: the mean of all panels.",
    source=("declared",),
    rows=rows.declared,
    draw=lambda shown: circle.draw(shown, centre=1.0, ring=3.5),
)
