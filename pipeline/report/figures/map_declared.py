"""Respondents by what they declare, in two dimensions."""

from __future__ import annotations

import polars as pl

from pipeline.report.charts import maps
from pipeline.report.figure import Figure

ENTRY = Figure(
    section="correlations",
    place=30,
    title="Map of declared profiles",
    caption="First two principal components of the declared profiles; arrows are the values.",
    source=("maps",),
    rows=lambda tables: tables["maps"].filter(pl.col("map") == "pca_declared"),
    draw=lambda shown, inventory: maps.draw(
        shown, inventory, series="name", axes=("first component", "second component")
    ),
    of_instruments="each",
)
