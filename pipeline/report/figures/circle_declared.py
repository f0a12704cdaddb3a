"""Declared values of each respondent on Schwartz's circle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from pipeline.instruments import load
from pipeline.report import rows
from pipeline.report.charts import circle
from pipeline.report.figure import Figure
from pipeline.values import Inventory

if TYPE_CHECKING:
    import matplotlib.figure


def _draw(shown: pl.DataFrame, inventory: Inventory) -> matplotlib.figure.Figure:
    instrument = load(shown["instrument"][0])
    middle = (instrument.low + instrument.high) / 2
    return circle.draw(shown, inventory, centre=instrument.low, ring=middle)


ENTRY = Figure(
    section="declared",
    place=10,
    title="Declared values",
    caption="Mean answer to the items of each value, not like me in the centre, with intervals. Dashed: the middle "
    "of the "
    "scale. Grey, dotted: the mean of all panels.",
    source=("declared",),
    rows=rows.declared,
    draw=_draw,
    of_instruments="each",
)
