"""How alike the profiles of one kind are, of any two respondents: what two figures have in common."""

from __future__ import annotations

from typing import Literal

import polars as pl

from pipeline.report import live, order, rows, vega
from pipeline.report.charts import heatmap
from pipeline.report.figure import Figure, Tables
from pipeline.values import Inventory


def figure(
    kind: Literal["declared", "enacted"],
    place: int,
    of_instruments: Literal["each", "comparable"] | None = None,
) -> Figure:
    def rows_of(tables: Tables) -> pl.DataFrame:
        between = rows.without_many_people(tables["cross_correlations"], tables).filter(kind=kind)
        return between.select("a", "b", "r", "low", "high")

    def live_of(tables: Tables, inventory: Inventory) -> vega.Spec | None:
        shown = rows_of(tables)
        return live.pairs(shown, order.alike(shown))

    return Figure(
        section="correlations",
        place=place,
        title=f"Likeness of {kind} profiles",
        caption=f"Pearson's r of the {kind} profiles of any two respondents over the values; neighbours are alike. "
        "Shades are finest near 1, where most pairs are.",
        source=("cross_correlations",),
        rows=rows_of,
        draw=lambda shown, _: heatmap.draw(shown, order.alike(shown)),
        of_instruments=of_instruments,
        live=live_of,
    )
