"""Enacted values in each category of scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from pipeline.report import order, rows
from pipeline.report.charts import forest, matrix
from pipeline.report.figure import Figure
from pipeline.values import Inventory

if TYPE_CHECKING:
    import matplotlib.figure


def _draw(shown: pl.DataFrame, inventory: Inventory) -> matplotlib.figure.Figure:
    labels, even = rows.labels(inventory), 1 / len(inventory)
    if shown["respondent"].n_unique() >= matrix.MANY:
        names = order.alike_in(shown, "respondent", "value", "estimate")
        shown = shown.sort("category", maintain_order=True)
        return matrix.draw(shown, names, labels, column="value", panel="category", middle=even)
    return forest.draw(
        shown,
        panel="respondent",
        line="value",
        series="category",
        labels=labels,
        axis="share of choices",
        reference=even,
    )


ENTRY = Figure(
    section="enacted",
    place=20,
    title="Enacted values by category",
    caption="Share of choices in default mode, by category of the scenarios. The reference (dashed line, or white) is "
    "one over the number of values.",
    source=("profiles",),
    rows=rows.enacted_by_category,
    draw=_draw,
)
