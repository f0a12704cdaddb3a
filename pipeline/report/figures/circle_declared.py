"""Declared values of each respondent on Schwartz's circle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from pipeline.instruments import load
from pipeline.plots import circle
from pipeline.report import live, order, rows, vega
from pipeline.report.charts import matrix
from pipeline.report.figure import Figure, Tables
from pipeline.values import Inventory

if TYPE_CHECKING:
    import matplotlib.figure


def _draw(shown: pl.DataFrame, inventory: Inventory) -> matplotlib.figure.Figure:
    instrument = load(shown["instrument"][0])
    middle = (instrument.low + instrument.high) / 2
    if shown["respondent"].n_unique() >= matrix.MANY:
        names = order.alike_in(shown, "respondent", "value", "estimate")
        return matrix.draw(shown, names, rows.labels(inventory), column="value", middle=middle)
    return circle.draw(shown, inventory, centre=instrument.low, ring=middle)


def _live(tables: Tables, inventory: Inventory) -> vega.Spec | None:
    shown = rows.declared(tables).drop("instrument")
    return live.lines(shown, rows.labels(inventory), "mean answer")


ENTRY = Figure(
    section="declared",
    place=10,
    title="Declared values",
    caption="Mean answer to the items of each value; high is “like me”. The reference (dashed ring, or white) is the "
    "middle of the scale.",
    source=("declared",),
    rows=rows.declared,
    draw=_draw,
    of_instruments="each",
    live=_live,
)
