"""How alike the enacted profiles of any two respondents are."""

from __future__ import annotations

import polars as pl

from pipeline.report import live, order, rows
from pipeline.report.charts import heatmap
from pipeline.report.figure import Figure, Tables
from pipeline.values import Inventory


def _rows(tables: Tables) -> pl.DataFrame:
    between = rows.without_many_people(tables["cross_correlations"], tables).filter(kind="enacted")
    return between.select("a", "b", "r", "low", "high")


def _live(tables: Tables, inventory: Inventory) -> live.Spec | None:
    shown = _rows(tables)
    return live.pairs(shown, order.alike(shown))


ENTRY = Figure(
    section="correlations",
    place=10,
    title="Likeness of enacted profiles",
    caption="Pearson's r of the enacted profiles of any two respondents over the values; neighbours are alike. "
    "Shades are finest near 1, where most pairs are.",
    source=("cross_correlations",),
    rows=_rows,
    draw=lambda shown, _: heatmap.draw(shown, order.alike(shown)),
    live=_live,
)
