"""How alike the profiles of any two respondents are."""

from __future__ import annotations

import polars as pl

from pipeline.report import rows
from pipeline.report.charts import heatmap
from pipeline.report.figure import Figure, Tables


def _rows(tables: Tables) -> pl.DataFrame:
    between = rows.without_many_people(tables["cross_correlations"], tables)
    return between.select("kind", "a", "b", "r", "low", "high")


ENTRY = Figure(
    section="correlations",
    place=10,
    title="Correlations between respondents",
    caption="Pearson's r of two profiles over the values: enacted below the diagonal, declared above it. People "
    "are left out where there are many.",
    source=("cross_correlations",),
    rows=_rows,
    draw=lambda shown, _: heatmap.draw(shown, sorted({*shown["a"], *shown["b"]})),
    of_instruments="each",
)
