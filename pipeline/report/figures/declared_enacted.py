"""The rank of each value in the questionnaire beside its rank in the choices."""

from __future__ import annotations

import polars as pl

from pipeline.report import rows
from pipeline.report.charts import slope
from pipeline.report.figure import Figure, Tables


def _rows(tables: Tables) -> pl.DataFrame:
    declared = rows.declared(tables).select("respondent", "value", declared="estimate")
    enacted = rows.enacted(tables).select("respondent", "value", enacted="estimate")
    return declared.join(enacted, on=["respondent", "value"], how="inner", validate="1:1")


ENTRY = Figure(
    section="gap",
    place=10,
    title="Declared against enacted",
    caption="Rank of each value in the questionnaire (left) and in the choices (right), 1 first. Heavy lines differ by "
    "four places or more; dashed ones fall.",
    source=("profiles", "declared"),
    rows=_rows,
    draw=slope.draw,
    of_instruments="comparable",
)
