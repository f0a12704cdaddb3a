"""The gap by category of scenarios and by group of respondents."""

from __future__ import annotations

import polars as pl

from pipeline.instruments import load
from pipeline.report import kinds, people
from pipeline.report.document import Cell, Section, Table, between, count, number
from pipeline.report.figure import Tables
from pipeline.report.notes import notes_on
from pipeline.values import Inventory

SOURCE = "data/analyse/gap_parts.parquet"
SCOPES = ("group", "difference", "respondent")


def section(tables: Tables, inventory: Inventory) -> Section:
    persons = tables["respondents"].filter(kind=people.KIND)["respondent"].implode()
    found = (
        tables["gap_parts"]
        .filter((pl.col("scope") != "respondent") | ~pl.col("name").is_in(persons))
        .sort(
            pl.col("scope").cast(pl.Enum(SCOPES)),
            "name",
            pl.col("category") != "all",
            "category",
            maintain_order=True,
        )
    )
    rows: list[list[str | Cell]] = [
        [
            row["name"] if row["scope"] == "respondent" else f"{row['name']} ({kinds.many(row['kind'])})",
            load(row["instrument"]).title,
            row["category"],
            count(row["n"]),
            Cell(number(row["r"]), people.own_interval(row)),
            between(row["value_low"], row["value_high"], 2),
            between(row["respondent_low"], row["respondent_high"], 2),
        ]
        for row in found.iter_rows(named=True)
    ]
    header = [
        "of whom",
        "instrument",
        "category",
        "n",
        "r",
        "for values in general",
        "for respondents in general",
    ]
    text = [
        "The correlation of what is declared with what is enacted in each category of scenarios, and its mean in each "
        "group of respondents, with the difference of groups. A category has fewer scenarios than all together, and "
        "noise pulls its r towards zero: compare categories with each other."
    ]
    of = [[row["name"]] if row["scope"] == "respondent" else [] for row in found.iter_rows(named=True)]
    table = [Table("Declared against enacted, in parts", header, rows, SOURCE, of, wide=True)] if rows else []
    return Section(
        "The gap by category and group",
        text if rows else [],
        table,
        missing=notes_on(tables["notes"], "gap_parts"),
    )
