"""How often each letter was chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from pipeline.report import live, order, rows, vega
from pipeline.report.charts import forest, matrix
from pipeline.report.figure import Figure, Tables
from pipeline.values import Inventory

if TYPE_CHECKING:
    import matplotlib.figure


def _rows(tables: Tables) -> pl.DataFrame:
    found = tables["positions"].select("respondent", "mode", "letter", "low", "high", estimate="share")
    return rows.in_order(rows.people_as_one(found, tables, "mode", "letter"))


def _draw(shown: pl.DataFrame, _: Inventory) -> matplotlib.figure.Figure:
    letters = {letter: letter for letter in sorted(shown["letter"].unique())}
    even = 1 / max(len(letters), 1)
    if shown["respondent"].n_unique() >= matrix.MANY:
        names = order.alike_in(shown, "respondent", "letter", "estimate")
        return matrix.draw(shown, names, letters, column="letter", panel="mode", middle=even)
    return forest.draw(
        shown,
        panel="respondent",
        line="letter",
        series="mode",
        labels=letters,
        axis="share of choices",
        reference=even,
    )


def _live(tables: Tables, inventory: Inventory) -> vega.Spec | None:
    shown = _rows(tables)
    even = 1 / max(shown["letter"].n_unique(), 1)
    return live.dots(shown, "share of choices", series="letter", choose="mode", reference=even)


ENTRY = Figure(
    section="positions",
    place=10,
    title="Position bias",
    caption="Share of each letter as it was shown. The reference (dashed line, or white) is an equal share: a "
    "respondent who does not mind the place.",
    source=("positions",),
    rows=_rows,
    draw=_draw,
    live=_live,
)
