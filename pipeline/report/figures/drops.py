"""What is lost from selection to adoption, for each value."""

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
    found = tables["drops"].select("respondent", "value", "low", "high", estimate="drop")
    return rows.people_as_one(found, tables, "value").with_columns(series=pl.lit("selection less adoption"))


def _draw(shown: pl.DataFrame, inventory: Inventory) -> matplotlib.figure.Figure:
    labels = rows.labels(inventory)
    if shown["respondent"].n_unique() >= matrix.MANY:
        names = order.alike_in(shown, "respondent", "value", "estimate")
        return matrix.draw(shown, names, labels, column="value", middle=0)
    return forest.draw(
        shown,
        panel="respondent",
        line="value",
        series="series",
        labels=labels,
        axis="drop in accuracy",
        reference=0.0,
    )


ENTRY = Figure(
    section="selection_adoption",
    place=20,
    title="From selection to adoption",
    caption="Accuracy of selection less that of adoption on the same questions: above zero, acting on a value costs "
    "accuracy.",
    source=("drops",),
    rows=_rows,
    draw=_draw,
    live=lambda tables, inventory: live.dots(
        _rows(tables).drop("series").with_columns(series=pl.lit("drop")),
        "selection less adoption",
        series="series",
        labels=rows.labels(inventory),
        choose="value",
        reference=0.0,
    ),
)
