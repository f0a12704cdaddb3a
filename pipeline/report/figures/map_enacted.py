"""Respondents by what they enact, in two dimensions."""

from __future__ import annotations

import polars as pl

from pipeline.report.charts import maps
from pipeline.report.figure import Figure

ENTRY = Figure(
    section="correlations",
    place=20,
    title="Map of enacted profiles",
    caption="First two principal components of the enacted profiles of every respondent in every category; arrows are "
    "the values.",
    source=("maps",),
    rows=lambda tables: tables["maps"].filter(pl.col("map") == "pca_categories"),
    draw=lambda shown, inventory: maps.draw(
        shown, inventory, series="category", axes=("first component", "second component")
    ),
)
