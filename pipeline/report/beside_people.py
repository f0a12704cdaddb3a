"""The section on models beside people, at the same length."""

from __future__ import annotations

from pipeline.instruments import load
from pipeline.report.document import Cell, Section, Table, count, interval, number
from pipeline.report.figure import Tables
from pipeline.report.notes import notes_on
from pipeline.values import Inventory


def section(tables: Tables, inventory: Inventory) -> Section:
    who = {"people": "people", "models": "models on people's forms", "models_full": "models on everything"}
    header = ["who", "measure", "respondents", "questions", "draws", "estimate"]
    rows = [
        [
            who[row["population"]],
            row["measure"].replace("_", " ")
            + (f", {load(row['instrument']).title}" if row["measure"].startswith("gap") else ""),
            count(row["respondents"]),
            number(row["questions"], 0),
            count(row["draws"]),
            Cell(number(row["estimate"]), interval(row["low"], row["high"])),
        ]
        for row in tables["equal_length"].iter_rows(named=True)
    ]
    text = [
        "People answer some eighty questions, models thousands. Short profiles scatter more, whoever "
        "answers. Here models "
        "answer what people's forms asked, so that the two spreads can be compared. Intervals hold "
        "the middle of the draws: "
        "a spread, not an error."
    ]
    shown = [Table("Equal length", header, rows, "data/analyse/equal_length.parquet")] if rows else []
    return Section(
        "Models beside people", text if rows else [], shown, missing=notes_on(tables["notes"], "equal_length")
    )
