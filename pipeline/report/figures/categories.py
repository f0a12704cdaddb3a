"""Enacted values in each category of scenarios."""

from __future__ import annotations

from pipeline.report import rows
from pipeline.report.charts import forest
from pipeline.report.figure import Figure

ENTRY = Figure(
    section="enacted",
    place=20,
    title="Enacted values by category",
    caption="Share of choices in default mode, by category of the scenarios. Dashed: one over the number of values.",
    source=("profiles",),
    rows=rows.enacted_by_category,
    draw=lambda shown, inventory: forest.draw(
        shown,
        panel="respondent",
        line="value",
        series="category",
        labels=rows.labels(inventory),
        axis="share of choices",
        reference=1 / len(inventory),
    ),
)
