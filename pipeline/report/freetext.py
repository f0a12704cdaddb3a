"""What respondents would do in their own words, beside what they choose."""

from __future__ import annotations

import polars as pl

from pipeline.report.document import Cell, Section, Table, count, interval, number
from pipeline.report.figure import Tables
from pipeline.tables import NO_VALUE
from pipeline.values import Inventory

TITLE = "In their own words"
TEXT = (
    "Models were asked what they would do, without options, and a panel of models said of each answer which value it "
    "expresses, without knowing whose it is. A code is what more than half of the coders see. Shares of answers are "
    "among those with a code; those of choices are in default and in abstain mode in the same scenarios. Choices offer "
    "every value as often, words do not: r over the values says whether both rank them alike. Alpha is the agreement "
    "of the coders, and the last table how often they see what raters agreed on in actions that they coded as a check."
)
OF = "data/freetext"


def section(found: Tables, inventory: Inventory) -> Section:
    """``found``: tables values, summaries and checks of valact freetext; empty where nobody was asked."""
    if not found or found["summaries"].is_empty():
        return Section(TITLE)
    tables = [summaries(found["summaries"]), _values(found["values"], inventory), checks(found["checks"])]
    return Section(TITLE, [TEXT], [table for table in tables if table.rows])


def summaries(found: pl.DataFrame) -> Table:
    header = [
        "respondent",
        "answered",
        "coded",
        "no value",
        "alpha of coders",
        "r with choices",
        "r with abstain",
    ]
    rows: list[list[str | Cell]] = [
        [
            row["respondent"],
            f"{count(row['answered'])} of {count(row['asked'])}",
            count(row["coded"]),
            count(row["without_value"]),
            *(_cell(row, name) for name in ("alpha", "r_default", "r_abstain")),
        ]
        for row in found.iter_rows(named=True)
    ]
    of = [[name] for name in found["respondent"]]
    return Table("Answers, codes and choices", header, rows, f"{OF}/summaries.parquet", of)


def _values(found: pl.DataFrame, inventory: Inventory) -> Table:
    header = ["respondent", "value", "share of answers", "of choices", "of choices in abstain mode"]
    rows: list[list[str | Cell]] = [
        [
            row["respondent"],
            "none" if row["value"] == NO_VALUE else inventory.by_slug[row["value"]].name,
            Cell(number(row["share"]), interval(row["low"], row["high"])),
            number(row["default"]),
            number(row["abstain"]),
        ]
        for row in found.iter_rows(named=True)
    ]
    of = [[name] for name in found["respondent"]]
    return Table("Values in answers and in choices", header, rows, f"{OF}/values.parquet", of)


def checks(found: pl.DataFrame) -> Table:
    rows: list[list[str | Cell]] = [
        [
            row["coder"],
            row["raters"],
            count(row["actions"]),
            Cell(number(row["share"]), interval(row["low"], row["high"])),
            number(row["chance"]),
        ]
        for row in found.iter_rows(named=True)
    ]
    header = ["coder", "round", "actions", "as raters", "by chance"]
    return Table("Coders against raters", header, rows, f"{OF}/checks.parquet")


def _cell(row: dict[str, float | None], name: str) -> Cell:
    return Cell(number(row[name]), interval(row[f"{name}_low"], row[f"{name}_high"]))
