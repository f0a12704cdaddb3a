"""The section on questions without an answer."""

from __future__ import annotations

from urllib.parse import urlencode

import polars as pl

from pipeline.report.document import Cell, Section, Table, count
from pipeline.report.figure import Tables
from pipeline.report.notes import notes_on
from pipeline.tables.evaluation import MODES
from pipeline.values import Inventory


def section(tables: Tables, inventory: Inventory) -> Section:
    of = tables["missing"].filter((pl.col("language") == "all") & (pl.col("wording") == 0))
    kinds_of = tables["respondents"].select("respondent", "kind", "group")
    counted = (
        of.join(kinds_of, on="respondent", how="left")
        .with_columns(
            who=pl.when(pl.col("kind") == "human")
            .then(pl.format("people ({})", "group"))
            .otherwise(pl.col("respondent"))
        )
        .group_by("who", "instrument", "status", maintain_order=True)
        .agg(pl.col("count").sum(), pl.col("asked").sum())
    )
    statuses = ["answered", "abstained", "invalid", "refused", "blocked", "failed"]
    rows: list[list[str | Cell]] = []
    for (who, instrument), part in counted.group_by("who", "instrument", maintain_order=True):
        by = dict(part.select("status", "count").iter_rows())
        linked = {"respondent": str(who), "mode": str(instrument)}
        cells = [
            Cell(
                count(by.get(s, 0)),
                query=urlencode(linked | {"status": s}) if _shown(who, instrument, by, s) else "",
            )
            for s in statuses
        ]
        rows.append([str(who), str(instrument), count(part["asked"].sort().item(-1)), *cells])
    text = [
        "Every question that was asked has one row, answered or not. Shares and accuracies are over answered questions."
    ]
    header = ["who", "instrument", "asked", *statuses]
    of_rows = [[str(row[0])] for row in rows]
    source = "data/analyse/missing.parquet"
    shown = [Table("What became of the questions", header, rows, source, of_rows)] if rows else []
    return Section(
        "What was not answered", text if rows else [], shown, missing=notes_on(tables["notes"], "missing")
    )


def _shown(who: object, instrument: object, by: dict[str, int], status: str) -> bool:
    """Whether there are questions to lead to."""
    return bool(by.get(status)) and instrument in MODES and not str(who).startswith("people (")
