"""What is lost from selection to adoption, for each value."""

from __future__ import annotations

import polars as pl

from pipeline.report import rows
from pipeline.report.charts import forest
from pipeline.report.figure import Figure, Tables


def _rows(tables: Tables) -> pl.DataFrame:
    found = tables["drops"].select("respondent", "value", "low", "high", estimate="drop")
    return rows.people_as_one(found, tables, "value").with_columns(series=pl.lit("selection less adoption"))


ENTRY = Figure(
    section="selection_adoption",
    place=20,
    title="From selection to adoption",
    caption="Selection less adoption accuracy on the same questions, with paired intervals.",
    source=("drops",),
    rows=_rows,
    draw=lambda shown, inventory: forest.draw(
        shown,
        panel="respondent",
        line="value",
        series="series",
        labels=rows.labels(inventory),
        axis="drop in accuracy",
        reference=0.0,
    ),
)
