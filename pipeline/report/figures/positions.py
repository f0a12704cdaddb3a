"""How often each letter was chosen."""

from __future__ import annotations

import polars as pl

from pipeline.report import rows
from pipeline.report.charts import forest
from pipeline.report.figure import Figure, Tables


def _rows(tables: Tables) -> pl.DataFrame:
    found = tables["positions"].select("respondent", "mode", "letter", "low", "high", estimate="share")
    return rows.in_order(rows.people_as_one(found, tables, "mode", "letter"))


ENTRY = Figure(
    section="positions",
    place=10,
    title="Position bias",
    caption="Share of each letter as shown. Dashed: equal shares, what a respondent without a preference for a "
    "place gives.",
    source=("positions",),
    rows=_rows,
    draw=lambda shown, _: forest.draw(
        shown,
        panel="respondent",
        line="letter",
        series="mode",
        labels={letter: letter for letter in sorted(shown["letter"].unique())},
        axis="share of choices",
        reference=1 / max(shown["letter"].n_unique(), 1),
    ),
)
