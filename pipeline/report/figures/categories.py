"""Enacted values in each category of scenarios."""

from __future__ import annotations

from pipeline.report import rows
from pipeline.report.charts import forest
from pipeline.report.figure import Figure

ENTRY = Figure(
    section="enacted",
    place=20,
    title="Enacted values by category",
    caption="Share of choices in default mode, by category of the scenarios. Dashed: 1/10.",
    source=("profiles",),
    rows=rows.enacted_by_category,
    draw=lambda shown: forest.draw(
        shown,
        panel="respondent",
        line="value",
        series="category",
        labels=rows.LABELS,
        axis="share of choices",
        reference=0.1,
    ),
)
