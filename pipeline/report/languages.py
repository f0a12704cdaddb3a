"""What the language of the questions does to each agent."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

import polars as pl

from pipeline.instruments import load
from pipeline.report.answer import LANGUAGES
from pipeline.report.document import Cell, Section, Table, count, interval, number, probability
from pipeline.report.figure import Tables
from pipeline.values import Inventory

TITLE = "What language does"
HEADER = [
    "value",
    "questions",
    "first language",
    "other language",
    "difference",
    "p (Holm)",
    "log odds against the other values",
]
SOURCE = "data/analyse/language_effects.parquet"
DECLARED = [
    "value",
    "items",
    "first language",
    "other language",
    "difference",
    "against the other values",
    "p (Holm)",
]
OF_DECLARED = "data/analyse/declared_language_effects.parquet"


def section(tables: Tables, inventory: Inventory) -> Section:
    """Nothing where no agent was asked in two languages."""
    shown = [*_tables(tables["language_effects"], inventory)]
    declared = [*_declared(tables["declared_language_effects"])]
    text = [
        "The same agent answers the same questions in two languages: prompts, scenarios and actions are translated, "
        "ids are not. The share is that of the questions that offer the value in which it is chosen; the difference is "
        "paired by question, with scenarios as the sample, and its p is corrected over the values of a table. A value "
        "that is chosen more often takes choices from those beside it: log odds say how much its strength gains "
        "against the mean of the others. What is found holds for these translations; whether they say the same is "
        "told by data/translate/checks.parquet."
    ]
    also = [
        "What the same agent declares in a questionnaire of either language is paired by item, with items as the "
        "sample. A language may move all answers along the scale: p tests what a value moves beyond the others."
    ]
    return Section(TITLE, (text if shown else []) + (also if declared else []), shown + declared)


def _tables(found: pl.DataFrame, inventory: Inventory) -> Iterator[Table]:
    of_pairs = found.partition_by("a", "b", as_dict=True, maintain_order=True)
    for (a, b), of in sorted(of_pairs.items()):
        by_value = {row["value"]: row for row in of.iter_rows(named=True)}
        one = of.row(0, named=True)
        spoken = [LANGUAGES.get(one[name], one[name]) for name in ("language_a", "language_b")]
        rows: list[list[str | Cell]] = [
            [
                inventory.by_slug[slug].name,
                count(row["questions"]),
                Cell(number(row["share_a"]), "", _chose(a, slug)),
                Cell(number(row["share_b"]), "", _chose(b, slug)),
                Cell(number(row["difference"]), interval(row["low"], row["high"])),
                probability(row["holm_p"]),
                Cell(number(row["log_odds"]), interval(row["log_odds_low"], row["log_odds_high"])),
            ]
            for slug in inventory.slugs
            if (row := by_value.get(slug))
        ]
        caption = f"{one['agent']}: {spoken[0]} ({a}) and {spoken[1]} ({b})"
        yield Table(caption, HEADER, rows, SOURCE, [[a, b]] * len(rows), wide=True)


def _declared(found: pl.DataFrame) -> Iterator[Table]:
    of_pairs = found.partition_by("a", "b", "instrument", as_dict=True, maintain_order=True)
    for (a, b, name), of in sorted(of_pairs.items()):
        by_value = {row["value"]: row for row in of.iter_rows(named=True)}
        one, instrument = of.row(0, named=True), load(str(name))
        spoken = [LANGUAGES.get(one[which], one[which]) for which in ("language_a", "language_b")]
        rows: list[list[str | Cell]] = [
            [
                value.name,
                count(row["items"]),
                number(row["mean_a"]),
                number(row["mean_b"]),
                Cell(number(row["difference"]), interval(row["low"], row["high"])),
                Cell(number(row["relative"]), interval(row["relative_low"], row["relative_high"])),
                probability(row["holm_p"]),
            ]
            for value in instrument.inventory.values
            if (row := by_value.get(value.slug))
        ]
        caption = f"{one['agent']}, {instrument.title}: {spoken[0]} ({a}) and {spoken[1]} ({b})"
        yield Table(caption, DECLARED, rows, OF_DECLARED, [[a, b]] * len(rows), wide=True)


def _chose(respondent: str, slug: str) -> str:
    return urlencode({"respondent": respondent, "mode": "default", "chose": slug})
