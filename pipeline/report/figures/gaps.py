"""How far declared and enacted values go together, with both kinds of interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from pipeline.instruments import load
from pipeline.report.charts import forest
from pipeline.report.figure import Figure, Tables
from pipeline.values import Inventory

if TYPE_CHECKING:
    import matplotlib.figure


def _rows(tables: Tables) -> pl.DataFrame:
    gaps = tables["gaps"].filter(pl.col("r").is_not_null())
    found = gaps["instrument"].unique().to_list()
    titles = {name: load(name).title if len(found) > 1 else "" for name in found}
    resampled = gaps.select(
        "respondent",
        "instrument",
        "kind",
        "low",
        "high",
        estimate="r",
        interval=pl.lit("scenarios resampled"),
    )
    fisher = gaps.select(
        "respondent",
        "instrument",
        "kind",
        low="fisher_low",
        high="fisher_high",
        estimate="r",
        interval=pl.lit("values as a sample"),
    )
    return pl.concat([resampled, fisher]).with_columns(
        panel=pl.col("instrument").replace_strict(titles, return_dtype=pl.String),
        line=pl.when(pl.col("kind") == "human").then(pl.lit("person ")).otherwise(pl.lit(""))
        + pl.col("respondent"),
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


ENTRY = Figure(
    section="gap",
    place=20,
    title="The knowledge-action gap",
    caption="Correlation of declared with enacted values over the values. Narrow intervals: these values, "
    "scenarios and administrations resampled. Wide ones: the values as a sample of values (Fisher's z).",
    source=("gaps",),
    rows=_rows,
    draw=_draw,
)
