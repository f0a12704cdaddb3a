"""What makes answers differ: the variance components of the generalizability study."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline.instruments import load
from pipeline.report import kinds
from pipeline.report.document import NOTHING, Cell, Section, Table, percent
from pipeline.report.figure import Tables
from pipeline.report.notes import notes_on
from pipeline.tables import QUESTIONS
from pipeline.values import Inventory

TOGETHER = "all"
SOURCE = "data/analyse/components.parquet"
# In the order of the columns; the last combination of a design also holds what is left to chance.
OF_KINDS = (
    "respondent",
    "scenario",
    "wording",
    "respondent x scenario",
    "respondent x wording",
    "scenario x wording",
    "respondent x scenario x wording",
)
OF_QUESTIONS = ("scenario", "wording", "scenario x wording", "order")
OF_INSTRUMENTS = ("administration", "item", "administration x item")


def section(tables: Tables, inventory: Inventory) -> Section:
    """Components of the choices of each kind together, of each respondent's choices, and of its questionnaires."""
    found = tables["components"].filter((pl.col("kind") != "human") | (pl.col("respondent") == TOGETHER))
    together = found.filter(respondent=TOGETHER)
    alone = found.filter(pl.col("respondent") != TOGETHER)
    parts = (
        ("Choices of all respondents of a kind", "kind", OF_KINDS, together),
        ("Choices of one respondent", "respondent", OF_QUESTIONS, alone.filter(instrument=QUESTIONS)),
        (
            "Answers of one respondent to questionnaires",
            "respondent, questionnaire",
            OF_INSTRUMENTS,
            alone.filter(pl.col("instrument") != QUESTIONS),
        ),
    )
    shown = [_table(*part) for part in parts if part[-1].height]
    text = (
        "How much each facet adds to the variance of an answer (generalizability study, Brennan 2001), as a share of "
        "the sum. Of questions, whether a value is chosen: the mean over the values. The last combination of a table "
        "also holds what is left to chance; order, of the options, is a part of the others. Where much stands under a "
        "facet, more of it narrows the intervals: `valact plan` says how many scenarios, wordings, respondents or "
        "raters an interval of a wanted width takes."
    )
    return Section(
        "What makes answers differ",
        [text] if shown else [],
        shown,
        missing=notes_on(tables["notes"], "components"),
    )


def _table(title: str, who: str, facets: Sequence[str], found: pl.DataFrame) -> Table:
    rows: list[list[str | Cell]] = []
    for (kind, respondent, instrument), of in found.group_by(
        "kind", "respondent", "instrument", maintain_order=True
    ):
        share = dict(of.select("facet", "share").iter_rows())
        name = kinds.many(str(kind)) if respondent == TOGETHER else str(respondent)
        if instrument != QUESTIONS:
            name = f"{name}, {load(str(instrument)).title}"
        rows.append([name, *(percent(share[one]) if one in share else NOTHING for one in facets)])
    header = [who, *(facet.replace(" x ", " × ") for facet in facets)]
    return Table(title, header, rows, SOURCE, wide=len(facets) > len(OF_QUESTIONS))
