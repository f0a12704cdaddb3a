"""The rank of each value in the questionnaire beside its rank in the choices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from pipeline.report import live, order, rows, vega
from pipeline.report.charts import matrix, slope
from pipeline.report.figure import Figure, Tables
from pipeline.values import Inventory

if TYPE_CHECKING:
    import matplotlib.figure


def _rows(tables: Tables) -> pl.DataFrame:
    declared = rows.declared(tables).select("respondent", "value", declared="estimate")
    enacted = rows.enacted(tables).select("respondent", "value", enacted="estimate")
    return declared.join(enacted, on=["respondent", "value"], how="inner", validate="1:1")


def _climbs(shown: pl.DataFrame, inventory: Inventory) -> pl.DataFrame:
    """By how many places each value stands higher in the choices than in the questionnaire, as ``estimate``."""
    found = []
    for (name,), part in shown.group_by("respondent", maintain_order=True):
        said, done = (
            slope.ranks(dict(part.select("value", column).iter_rows()), inventory)
            for column in ("declared", "enacted")
        )
        found += [
            {"respondent": name, "value": slug, "estimate": float(said[slug] - done[slug])} for slug in said
        ]
    return pl.DataFrame(found, schema={"respondent": pl.String, "value": pl.String, "estimate": pl.Float64})


def _draw(shown: pl.DataFrame, inventory: Inventory) -> matplotlib.figure.Figure:
    if shown["respondent"].n_unique() < matrix.MANY:
        return slope.draw(shown, inventory)
    climbs = _climbs(shown, inventory)
    names = order.alike_in(climbs, "respondent", "value", "estimate")
    return matrix.draw(climbs, names, rows.labels(inventory), column="value", middle=0, digits=0)


def _live(tables: Tables, inventory: Inventory) -> vega.Spec | None:
    climbs = _climbs(_rows(tables), inventory)
    if climbs.is_empty():
        return None
    names = order.alike_in(climbs, "respondent", "value", "estimate")
    return live.cells(climbs, rows.labels(inventory), "places higher in the choices", names)


ENTRY = Figure(
    section="gap",
    place=10,
    title="Declared against enacted",
    caption="Rank of each value in the questionnaire and in the choices. With few respondents both are drawn, and "
    "heavy lines differ by four places or more; else a cell says how many places a value stands "
    "higher (red) or lower (blue) in the choices.",
    source=("profiles", "declared"),
    rows=_rows,
    draw=_draw,
    of_instruments="comparable",
    live=_live,
)
