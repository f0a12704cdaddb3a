"""How far declared and enacted values go together, with both kinds of interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from pipeline.instruments import load
from pipeline.report import live, rows, vega
from pipeline.report.charts import forest
from pipeline.report.figure import Figure, Tables
from pipeline.values import Inventory

if TYPE_CHECKING:
    import matplotlib.figure

MEASURED, IN_GENERAL = "these values", "values in general"


def _rows(tables: Tables) -> pl.DataFrame:
    gaps = tables["gaps"].filter(pl.col("r").is_not_null()).sort("instrument", "r", descending=[False, True])
    found = gaps["instrument"].unique().to_list()
    titles = {name: load(name).title if len(found) > 1 else "" for name in found}
    parts = [
        rows.people_as_one(
            gaps.select("respondent", "instrument", low=low, high=high, estimate="r"), tables, "instrument"
        ).with_columns(interval=pl.lit(interval))
        for interval, low, high in ((MEASURED, "low", "high"), (IN_GENERAL, "fisher_low", "fisher_high"))
    ]
    return pl.concat(parts).with_columns(
        panel=pl.col("instrument").replace_strict(titles, return_dtype=pl.String), line="respondent"
    )


def _draw(shown: pl.DataFrame, inventory: Inventory) -> matplotlib.figure.Figure:
    return forest.draw(
        shown,
        panel="panel",
        line="line",
        series="interval",
        labels={name: name for name in shown["line"].unique(maintain_order=True)},
        axis="r (declared, enacted)",
        reference=0.0,
        columns=1,
    )


def _live(tables: Tables, inventory: Inventory) -> vega.Spec | None:
    shown = _rows(tables)
    choose = "panel" if shown["panel"].n_unique() > 1 else ""
    return live.dots(shown, "r (declared, enacted)", series="interval", choose=choose, reference=0.0)


ENTRY = Figure(
    section="gap",
    place=20,
    title="Correlation of declared with enacted values",
    caption="Correlation of declared with enacted values. Narrow intervals: how well it is measured for these values. "
    "Wide ones: what it says of values in general (Fisher's z). Many people are one line, whose interval holds the "
    "middle 80 % of them.",
    source=("gaps",),
    rows=_rows,
    draw=_draw,
    live=_live,
)
