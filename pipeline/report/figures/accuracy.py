"""Accuracy of selection and adoption for each value."""

from __future__ import annotations

import polars as pl

from pipeline.report import rows
from pipeline.report.charts import forest
from pipeline.report.figure import Figure, Tables


def _rows(tables: Tables) -> pl.DataFrame:
    found = tables["accuracy"].filter(
        (pl.col("language") == "all") & (pl.col("wording") == 0) & pl.col("accuracy").is_not_null()
    )
    found = found.select("respondent", "mode", "value", "low", "high", estimate="accuracy")
    return rows.in_order(rows.people_as_one(found, tables, "mode", "value"))


ENTRY = Figure(
    section="selection_adoption",
    place=10,
    title="Selection and adoption",
    caption="How often the action of the named value was chosen, when asked which expresses it (selection) and when "
    "asked to act as one who holds it (adoption). Dashed: 1/4.",
    source=("accuracy",),
    rows=_rows,
    draw=lambda shown, inventory: forest.draw(
        shown,
        panel="respondent",
        line="value",
        series="mode",
        labels=rows.labels(inventory),
        axis="accuracy",
        reference=0.25,
    ),
)
