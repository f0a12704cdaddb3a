"""The values by how respondents relate them, in two dimensions."""

from __future__ import annotations

import polars as pl

from pipeline.report.charts import maps
from pipeline.report.figure import Figure

ENTRY = Figure(
    section="correlations",
    place=40,
    title="The values as respondents relate them",
    caption="Values that the same respondents hold are close. Nonmetric scaling of the correlations between declared "
    "values, turned to fit Schwartz's circle.",
    source=("maps",),
    rows=lambda tables: tables["maps"].filter(pl.col("map") == "mds_declared"),
    draw=lambda shown, inventory: maps.draw(shown, inventory, axes=("first dimension", "second dimension")),
    of_instruments="each",
)
