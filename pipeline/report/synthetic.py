"""Posts beside scenarios that were written for the study."""

from __future__ import annotations

from pipeline.report.contamination import WORDS
from pipeline.report.document import Cell, Section, Table, count, interval, number, probability
from pipeline.report.figure import Tables
from pipeline.report.notes import notes_on
from pipeline.values import Inventory

TEXT = (
    "Scenarios that were written for the study are in no training data, but are also written otherwise than posts. "
    "Each statistic stands for both. Where models that share no training data differ alike, the writing is the "
    "likelier reason; where one model differs from the others, its training is. Their ids begin with sy in every table."
)


def section(tables: Tables, inventory: Inventory) -> Section:
    found = tables["synthetic"]
    rows: list[list[str | Cell]] = [
        [
            row["respondent"],
            WORDS[row["statistic"]],
            f"{number(row['of_posts'])} ({count(row['posts'])})",
            f"{number(row['of_authored'])} ({count(row['authored'])})",
            Cell(number(row["difference"]), interval(row["low"], row["high"])),
            probability(row["holm_p"]),
        ]
        for row in found.iter_rows(named=True)
    ]
    header = ["respondent", "statistic", "posts (scenarios)", "synthetic", "difference", "p (Holm)"]
    of = [[name] for name in found["respondent"]]
    source = "data/analyse/synthetic.parquet"
    return Section(
        "Posts and synthetic scenarios",
        [TEXT] if rows else [],
        [Table("The same statistics on both", header, rows, source, of)] if rows else [],
        missing=notes_on(tables["notes"], "synthetic"),
    )
