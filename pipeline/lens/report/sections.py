"""The sections of the report: sentences, tables and figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from pipeline.lens.report.figures import Tables
from pipeline.measures.gaps import MEASURES
from pipeline.report.document import (
    Cell,
    Picture,
    Section,
    Table,
    count,
    counted,
    interval,
    number,
    percent,
    probability,
)
from pipeline.tables.measures import OVERALL

# What stands beside the rate, and why it is there.
BESIDE = (
    "rate",
    "rate_best",
    "rate_independent",
    "agreement",
    "kappa",
    "phi",
    "phi_best",
    "auc",
    "distance",
    "r_values",
)
PROMPTS = {
    "order": "the action that expresses the value is shown first, or second",
    "named": "the prompt names the value, or not",
    "explained": "an explanation is asked for first, or not",
    "acted": "choices of one pair are alike (mode share)",
    "stated_side": "ratings of one value are on one side (mode share)",
    "stated_rating": "ratings of one value are the same (mode share)",
}


def sections(tables: Tables, pictures: Sequence[tuple[str, Picture]]) -> Iterator[Section]:
    yield _asked(tables)
    yield _gap(tables)
    for name in tables["respondents"]["respondent"]:
        own = [picture for respondent, picture in pictures if respondent == name]
        if own:
            yield Section(f"Where {name} is far from what it states", pictures=own)
    yield _mismatches(tables)
    yield _factors(tables)
    yield _prompts(tables)


def _asked(tables: Tables) -> Section:
    actions, pairs = tables["actions"], tables["pairs"]
    statuses = dict(actions["status"].value_counts(sort=True).iter_rows())
    marks = ("spans_verbatim", "value_not_named", "own_to_country")
    shown = actions.filter(pl.col("status") == "ok")
    text = [
        f"{counted(actions.height, 'action was', 'actions were')} asked for: "
        + ", ".join(f"{count(n)} {status}" for status, n in statuses.items())
        + f". {counted(pairs.height, 'pair has', 'pairs have')} both actions and "
        f"{counted(tables['lost'].height, 'is', 'are')} not asked. No refusal stands for an action.",
        "Of the actions shown, "
        + ", ".join(f"{count(shown.filter(~pl.col(mark)).height)} fail {mark}" for mark in marks)
        + f"; {count(pairs.filter(~pl.col('same_matter')).height)} pairs share no word of content.",
    ]
    return Section("What was asked", text, [_answers(tables)])


def _answers(tables: Tables) -> Table:
    rows = []
    for name, group, kind in tables["respondents"].select("respondent", "group", "kind").iter_rows():
        line = [name, kind, group]
        for task in ("ratings", "choices"):
            mine = tables[task].filter(pl.col("respondent") == name)
            answered = mine.filter(pl.col("status") == "answered").height
            line += [count(mine.height), percent(answered / mine.height if mine.height else None)]
        rows.append(line)
    header = ["respondent", "kind", "group", "ratings", "answered", "choices", "answered"]
    return Table("Who was asked, and how much was answered", header, rows, "../score/respondents.parquet")


def _gap(tables: Tables) -> Section:
    overall = tables["alignment"].filter(
        pl.col("factor") == OVERALL, pl.col("compared") == "stated_acted", pl.col("values") == "all"
    )
    found: Mapping[tuple[str, str], tuple[float | None, ...]] = {
        (row[0], row[1]): row[2:]
        for row in overall.select("respondent", "measure", "estimate", "low", "high").iter_rows()
    }
    names = [name for name in tables["respondents"]["respondent"] if (name, "rate") in found]
    rows: list[list[str | Cell]] = []
    for measure in BESIDE:
        cells: list[str | Cell] = [measure, MEASURES[measure].meaning]
        for name in names:
            estimate, low, high = found.get((name, measure), (None, None, None))
            cells.append(Cell(number(estimate), interval(low, high)))
        rows.append(cells)
    text = [
        "V is what a respondent states and A how it acts, both from 0 (agrees with the value) to 1 (disagrees). The "
        "rate of the paper is F1 with 'disagree' as the positive class; it depends on how often somebody disagrees at "
        "all, so it does not compare respondents. What their margins allow, and what independence would give, stand "
        "beside it.",
        "Intervals take the scenarios as a sample of more of their kind.",
    ]
    missing = (
        [] if names else ["Nobody both rated values and chose between actions: there is no gap to measure."]
    )
    table = Table("Stated and chosen", ["measure", "meaning", *names], rows, "../analyse/alignment.parquet")
    return Section("The gap", text, [table] if names else [], missing=missing)


def _mismatches(tables: Tables) -> Section:
    columns = (
        "states_agrees_acts_against",
        "states_against_acts_for",
        "both_disagree",
        "both_agree",
        "at_middle",
    )
    rows = [
        [name, *map(count, numbers)]
        for name, *numbers in tables["mismatches"]
        .filter(pl.col("factor") == OVERALL)
        .select("respondent", *columns)
        .iter_rows()
    ]
    header = ["respondent", *(column.replace("_", " ") for column in columns)]
    table = Table("Cells by what is stated and done", header, rows, "../analyse/mismatches.parquet")
    return Section("Mismatches", tables=[table] if rows else [])


def _factors(tables: Tables) -> Section:
    rows = [
        [
            row["respondent"],
            row["factor"],
            count(row["levels"]),
            number(row["lowest"]),
            number(row["highest"]),
            probability(row["p"]),
        ]
        for row in tables["factor_effects"].iter_rows(named=True)
    ]
    header = ["respondent", "factor", "levels", "lowest rate", "highest rate", "p"]
    text = [
        "p is of a permutation of countries within topics, or of topics within countries: chance alone moves rates."
    ]
    table = Table("Countries and topics", header, rows, "../analyse/factor_effects.parquet")
    return Section("Do countries and topics differ?", text if rows else [], [table] if rows else [])


def _prompts(tables: Tables) -> Section:
    rows: list[list[str | Cell]] = [
        [
            row["respondent"],
            PROMPTS.get(row["part"], row["part"]),
            row["side"].replace("_", " "),
            Cell(number(row["estimate"]), interval(row["low"], row["high"])),
            count(row["n"]),
        ]
        for row in tables["prompt_effects"].iter_rows(named=True)
    ]
    table = Table(
        "What the prompt does",
        ["respondent", "part", "side", "estimate", "n"],
        rows,
        "../analyse/prompt_effects.parquet",
    )
    text = ["Estimates are shares of choices that express the value, unless a mode share is named."]
    return Section("What the prompt does", text if rows else [], [table] if rows else [])
