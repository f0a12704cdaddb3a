"""Accuracy of selection and adoption for each value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from pipeline.report import live, order, rows
from pipeline.report.charts import forest, matrix
from pipeline.report.figure import Figure, Tables
from pipeline.values import Inventory

if TYPE_CHECKING:
    import matplotlib.figure


def _rows(tables: Tables) -> pl.DataFrame:
    found = tables["accuracy"].filter(
        (pl.col("language") == "all") & (pl.col("wording") == 0) & pl.col("accuracy").is_not_null()
    )
    found = found.select("respondent", "mode", "value", "low", "high", estimate="accuracy")
    return rows.in_order(rows.people_as_one(found, tables, "mode", "value"))


def _draw(shown: pl.DataFrame, inventory: Inventory) -> matplotlib.figure.Figure:
    labels = rows.labels(inventory)
    if shown["respondent"].n_unique() >= matrix.MANY:
        names = order.alike_in(shown, "respondent", "value", "estimate")
        return matrix.draw(shown, names, labels, column="value", panel="mode")
    return forest.draw(
        shown,
        panel="respondent",
        line="value",
        series="mode",
        labels=labels,
        axis="accuracy",
        reference=0.25,
    )


ENTRY = Figure(
    section="selection_adoption",
    place=10,
    title="Selection and adoption",
    caption="How often the action of the named value was chosen: when asked which action expresses it (selection), "
    "and when asked to act as somebody who holds it (adoption). Choosing at random gives 1/4.",
    source=("accuracy",),
    rows=_rows,
    draw=_draw,
    live=lambda tables, inventory: live.dots(
        _rows(tables),
        "accuracy",
        series="mode",
        labels=rows.labels(inventory),
        choose="value",
        reference=0.25,
    ),
)
