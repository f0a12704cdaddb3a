"""Enacted values of each respondent on Schwartz's circle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from pipeline.plots import circle
from pipeline.report import live, order, rows, vega
from pipeline.report.charts import matrix
from pipeline.report.figure import Figure, Tables
from pipeline.values import Inventory

if TYPE_CHECKING:
    import matplotlib.figure


def _draw(shown: pl.DataFrame, inventory: Inventory) -> matplotlib.figure.Figure:
    even = 1 / len(inventory)
    if shown["respondent"].n_unique() >= matrix.MANY:
        names = order.alike_in(shown, "respondent", "value", "estimate")
        return matrix.draw(shown, names, rows.labels(inventory), column="value", middle=even)
    return circle.draw(shown, inventory, ring=even)


def _live(tables: Tables, inventory: Inventory) -> vega.Spec | None:
    pooled = rows.enacted(tables).with_columns(category=pl.lit("all categories"))
    by_category = rows.enacted_by_category(tables)
    shown = pl.concat([pooled, by_category.select(pooled.columns)], how="vertical_relaxed")
    return live.lines(shown, rows.labels(inventory), "share of choices", choose="category")


ENTRY = Figure(
    section="enacted",
    place=10,
    title="Enacted values",
    caption="Share of choices in default mode, values in the order of Schwartz's circle. The reference (dashed ring, "
    "or white) is one over the number of values, what choosing at random gives in a balanced design.",
    source=("profiles",),
    rows=rows.enacted,
    draw=_draw,
    live=_live,
)
