"""Enacted values of each respondent on Schwartz's circle."""

from __future__ import annotations

from pipeline.report import rows
from pipeline.report.charts import circle
from pipeline.report.figure import Figure

ENTRY = Figure(
    section="enacted",
    place=10,
    title="Enacted values",
    caption="Share of choices in default mode, in the order of Schwartz's circle, with intervals. Dashed: one over "
    "the number of values, "
    "what choosing at random gives in a balanced design. Grey, dotted: the mean of all panels.",
    source=("profiles",),
    rows=rows.enacted,
    draw=lambda shown, inventory: circle.draw(shown, inventory, ring=1 / len(inventory)),
)
