"""Sections on who is like whom: profiles of respondents among each other, answers question by question."""

from __future__ import annotations

import polars as pl

from pipeline.instruments import load
from pipeline.report import kinds, people
from pipeline.report.document import Cell, Section, Table, between, count, interval, number
from pipeline.report.figure import Tables
from pipeline.report.notes import notes_on
from pipeline.values import Inventory

# Pairs shown in full; beyond that a summary has to do, and the table's file has them all.
MANY_PAIRS = 60
LIKENESS = {
    "r": "r",
    "value_only_r": "r of value-only choosers",
    "half_r": "r on other scenarios",
    "distinctive_r": "r without the common profile",
    "agreement": "same action",
    "value_only_agreement": "the same of value-only choosers",
}


def correlations(tables: Tables, inventory: Inventory) -> Section:
    rows: list[list[str | Cell]] = [
        [
            "enacted" if row["statistic"] == "enacted_r" else f"declared, {load(row['instrument']).title}",
            kinds.many(row["kind"]),
            count(row["n"]),
            number(row["min"]),
            Cell(number(row["mean"]), people.own_interval(row)),
            between(row["value_low"], row["value_high"]),
            between(*people.sample_interval(row)),
            number(row["max"]),
        ]
        for row in tables["summaries"].iter_rows(named=True)
        if row["statistic"] in ("enacted_r", "declared_r")
    ]
    header = [
        "profiles",
        "of whom",
        "pairs",
        "smallest r",
        "mean r, these respondents and values",
        "for other values",
        "for others of their kind and other scenarios",
        "largest r",
    ]
    shown = (
        [Table("Correlations of profiles", header, rows, "data/analyse/summaries.parquet")] if rows else []
    )
    shown += _likeness(tables)
    text = [
        "A correlation over a few sums is high as soon as both prefer the same few values. "
        "Value-only choosers show how "
        "high: they look at nothing but the values of the options, which they choose by Luce's rule "
        "with the respondents' "
        "average weights. What respondents have in common beyond them is in the questions, not in "
        "the profiles. What is left of r without the common profile is about −1/(n − 1) on "
        "average for n respondents who have nothing else in common.",
        *(
            ["People are a sample: the interval of their mean is that for others of their kind."]
            if people.KIND in set(tables["summaries"]["kind"])
            else []
        ),
    ]
    return Section(
        "Respondents among each other",
        text if rows else [],
        shown,
        missing=notes_on(tables["notes"], "cross_correlations", "summaries", "likeness"),
    )


def _likeness(tables: Tables) -> list[Table]:
    """Means over pairs of a kind, beside what a high number is worth."""
    of = (
        tables["likeness"]
        .filter(pl.col("a") != pl.col("b"))
        .group_by("kind", maintain_order=True)
        .agg(pl.len().alias("pairs"), pl.col(*LIKENESS).mean())
    )
    rows: list[list[str | Cell]] = [
        [kinds.many(row["kind"]), count(row["pairs"]), *(number(row[name]) for name in LIKENESS)]
        for row in of.iter_rows(named=True)
    ]
    header = ["of whom", "pairs", *LIKENESS.values()]
    source = "data/analyse/likeness.parquet"
    return (
        [Table("Likeness beside its baselines, means over pairs", header, rows, source, wide=True)]
        if rows
        else []
    )


def agreement(tables: Tables, inventory: Inventory) -> Section:
    people = tables["respondents"].filter(kind="human")["respondent"].implode()
    pairs = (
        tables["agreement"]
        .filter(~pl.col("a").is_in(people), ~pl.col("b").is_in(people))
        .sort("mode", "level", "a", "b", descending=[False, True, False, False])
    )
    header = ["mode", "one", "other", "questions", "same action", "kappa", "AC1", "self-agreement"]
    rows = [
        [
            row["mode"],
            row["a"],
            "itself" if row["level"] == "within" else row["b"],
            count(row["questions"]),
            Cell(number(row["share"]), interval(row["low"], row["high"])),
            number(row["kappa"]),
            number(row["ac1"]),
            number(row["self_agreement"]),
        ]
        for row in pairs.head(MANY_PAIRS).iter_rows(named=True)
    ]
    text = [
        "How often do two answers to the same question choose the same action? 'Itself' compares a "
        "respondent's answers "
        "under different wordings (or repeats of one), and so are two respondents compared. Self-agreement is what two "
        "would reach that differ no more than each from itself: the geometric mean of the two."
    ]
    if pairs.height > MANY_PAIRS:
        text.append(f"The first {MANY_PAIRS} of {count(pairs.height)} rows are shown; the file has them all.")
    of = [[row["a"], row["b"]] for row in pairs.head(MANY_PAIRS).iter_rows(named=True)]
    source = "data/analyse/agreement.parquet"
    shown = [Table("Agreement question by question", header, rows, source, of)] if rows else []
    return Section(
        "Agreement question by question",
        text if rows else [],
        shown,
        missing=notes_on(tables["notes"], "agreement"),
    )
