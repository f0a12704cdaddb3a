"""Respondents by what they declare, in two dimensions."""

from __future__ import annotations

import polars as pl

from pipeline.report import live, rows, vega
from pipeline.report.charts import maps
from pipeline.report.figure import Figure, Tables
from pipeline.values import Inventory

AXES = ("first component", "second component")


def _rows(tables: Tables) -> pl.DataFrame:
    return rows.map_of("pca_declared", tables)


def _live(tables: Tables, inventory: Inventory) -> vega.Spec | None:
    return live.points(_rows(tables), rows.labels(inventory), AXES, rows.many_people(tables))


ENTRY = Figure(
    section="correlations",
    place=30,
    title="Map of declared profiles",
    caption="First two principal components of the declared profiles. Arrows point to where a value is strong; points "
    "that are close have similar profiles.",
    source=("maps",),
    rows=_rows,
    draw=lambda shown, inventory: maps.draw(shown, inventory, axes=AXES),
    of_instruments="each",
    live=_live,
)
