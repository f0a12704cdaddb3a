"""Sections on values: who answered, what they enact, what they declare, and whether the two go together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import polars as pl

from pipeline.instruments import Instrument, load
from pipeline.report import kinds, people
from pipeline.report.document import (
    NOTHING,
    Cell,
    Section,
    Table,
    between,
    count,
    interval,
    number,
    probability,
)
from pipeline.report.figure import Tables
from pipeline.report.notes import notes_on
from pipeline.values import Inventory


def respondents(tables: Tables, inventory: Inventory) -> Section:
    """Who answered."""
    who = tables["respondents"].sort("kind", "agent", "respondent")
    text = [] if who.height else ["Nobody has answered yet."]
    if "simulated" in set(who["kind"]):
        text.append(
            "**Simulated respondents are programs with known values, made to check the method. Their numbers say "
            "nothing about any language model or person.**"
        )
    others = who.filter(pl.col("kind") != "human")
    rows: list[list[str | Cell]] = [
        [
            Cell(row["respondent"], query=urlencode({"respondent": row["respondent"]})),
            kinds.one(row["kind"]),
            row["agent"],
            row["condition"],
            row["served_model"] or NOTHING,
            number(row["temperature"], 1),
            row["source"],
        ]
        for row in others.iter_rows(named=True)
    ]
    groups = who.filter(kind=people.KIND).group_by("group", maintain_order=True).len()
    rows += [
        [f"{count(n)} people", "people", NOTHING, NOTHING, NOTHING, NOTHING, group]
        for group, n in groups.iter_rows()
    ]
    header = ["respondent", "kind", "agent", "condition", "model that answered", "temperature", "source"]
    of = [[name] for name in others["respondent"]] + [[] for _ in range(groups.height)]
    table = Table("Respondents", header, rows, "data/score/respondents.parquet", of)
    return Section("Who answered", text, [table] if rows else [])


def enacted(tables: Tables, inventory: Inventory) -> Section:
    pooled = tables["profiles"].filter(
        (pl.col("mode") == "default")
        & (pl.col("category") == "all")
        & (pl.col("language") == "all")
        & (pl.col("wording") == 0)
    )
    names = _others(pooled, tables)
    table = _by_value(
        "Share of choices",
        pooled,
        names,
        inventory,
        "share_of_choices",
        3,
        "data/analyse/profiles.parquet",
        tables,
    )
    text = [
        "An enacted value is the share of choices that went to its actions, over all questions "
        "answered in default mode. "
        "Intervals resample scenarios, because the questions of one scenario are not independent. A number leads to "
        "the questions behind it.",
        *people.explained(tables),
    ]
    return Section(
        "Enacted values", text if pooled.height else [], table, missing=notes_on(tables["notes"], "profiles")
    )


def declared(tables: Tables, inventory: Inventory) -> Section:
    basic = tables["declared"].filter(pl.col("level") == "basic")
    text = [
        "A declared value is the mean answer to its items, over all administrations that count; high is “like me”. "
        "Subtracting a respondent's own mean moves all values alike, so it changes no correlation within a respondent.",
        *people.explained(tables),
    ]
    shown: list[Table] = []
    for instrument, of in _by_instrument(basic):
        text.append(
            f"{instrument.title}: {count(len(instrument.items))} items for {instrument.inventory.title}, answered from "
            f"{instrument.low} to {instrument.high}."
        )
        shown += _by_value(
            f"Means of the {instrument.title}",
            of,
            _others(of, tables),
            instrument.inventory,
            "mean",
            2,
            "data/analyse/declared.parquet",
            tables,
        )
    return Section(
        "Declared values", text if basic.height else [], shown, missing=notes_on(tables["notes"], "declared")
    )


def gap(tables: Tables, inventory: Inventory) -> Section:
    gaps = tables["gaps"].filter(pl.col("r").is_not_null())
    alone = gaps.filter(pl.col("kind") != "human").sort("instrument", "r", descending=[False, True])
    rows = [
        [
            row["respondent"],
            load(row["instrument"]).title,
            Cell(number(row["r"]), interval(row["low"], row["high"])),
            between(row["fisher_low"], row["fisher_high"], 2),
            probability(row["permutation_holm_p"]),
            number(row["spearman"]),
            number(row["disattenuated"]),
            number(row["enacted_reliability"]),
            number(row["declared_reliability"]),
        ]
        for row in alone.iter_rows(named=True)
    ]
    header = [
        "respondent",
        "instrument",
        "r",
        "for values in general",
        "p (permutation, Holm)",
        "Spearman",
        "r without noise",
        "reliability, enacted",
        "reliability, declared",
    ]
    text = [
        f"The correlation of what a respondent declares with what it enacts, over {inventory.title}. "
        "The interval beside "
        "r says how well it is measured for these values: scenarios and administrations are resampled. The next column "
        "asks more: would it hold for other values? They are then a sample of "
        f"{inventory.in_words('en')}, and Fisher's "
        "interval is wide."
    ]
    for row in _summary(tables, "declared_enacted_r"):
        if row["n"] > 1:
            text.append(_mean_gap(row, gaps))
    of = [[name] for name in alone["respondent"]]
    shown = (
        [Table("Declared against enacted", header, rows, "data/analyse/gaps.parquet", of, wide=True)]
        if rows
        else []
    )
    return Section(
        "Declared against enacted values",
        text if gaps.height else [],
        shown,
        missing=notes_on(tables["notes"], "gaps", "reliability"),
    )


def _mean_gap(row: dict[str, Any], gaps: pl.DataFrame) -> str:
    """The sentence on a row of Summaries; ``gaps`` has a row for each of its respondents."""
    of = f"Mean r of {count(row['n'])} {kinds.many(row['kind'])} ({load(row['instrument']).title})"
    values = f"{between(row['value_low'], row['value_high'])} for other values"
    others = f"{between(*people.sample_interval(row))} for others of their kind and other scenarios"
    ends = f"from {number(row['min'])} to {number(row['max'])}"
    if row["kind"] == people.KIND:
        each = gaps.filter(kind=people.KIND, instrument=row["instrument"])["r"]
        return (
            f"{of}: {number(row['mean'])} {others}, {values}; {ends}, the middle 80 % {people.middle(each)}."
        )
    these = f"{between(row['low'], row['high'])} for these respondents and values"
    return f"{of}: {number(row['mean'])} {these}, {values}, {others}; {ends}."


def pooled_gap(tables: Tables, inventory: Inventory) -> Section:
    persons = set(tables["respondents"].filter(kind=people.KIND)["respondent"])
    logit = tables["conditional_logit"].filter(~pl.col("name").is_in(persons))
    rows = [
        [
            row["name"] if row["scope"] == "respondent" else f"all {kinds.many(row['name'])}",
            load(row["instrument"]).title,
            "yes" if row["model"] == "declared_and_values" else "no",
            number(row["odds_ratio"], 2),
            Cell(number(row["coefficient"]), interval(row["low"], row["high"])),
            probability(row["holm_p"]),
            between(row["scenario_low"], row["scenario_high"]),
            count(row["choices"]),
        ]
        for row in logit.iter_rows(named=True)
    ]
    header = [
        "of whom",
        "instrument",
        "beside a constant for each value",
        "odds ratio",
        "coefficient, for values in general",
        "p (Holm)",
        "interval for these values",
        "choices",
    ]
    text = [
        "How much more likely is an action to be chosen when the respondent has declared its value one point higher? "
        "The conditional logit uses every choice, where a profile uses one sum a value. An odds "
        "ratio of 1 says that what "
        "is declared does not matter for what is chosen. Beside constants, it says whether those who "
        "declare a value more "
        "than others choose it more."
    ]
    of = [[row["name"]] if row["scope"] == "respondent" else [] for row in logit.iter_rows(named=True)]
    source = "data/analyse/conditional_logit.parquet"
    shown = [Table("Conditional logit", header, rows, source, of, wide=True)] if rows else []
    shown += _other_terms(tables)
    return Section(
        "Choice by choice",
        text if shown else [],
        shown,
        missing=notes_on(tables["notes"], "conditional_logit", "mixed_logit"),
    )


def _other_terms(tables: Tables) -> list[Table]:
    """What else draws choices, of the one model of choice; weights of values and wordings are in its file."""
    shown = tables["mixed_logit"].filter(~pl.col("term").is_in(["value", "wording"]))
    rows: list[list[str | Cell]] = [
        [
            kinds.many(row["kind"]) if row["respondent"] == "all" else row["respondent"],
            row["term"],
            row["level"],
            Cell(number(row["estimate"]), interval(row["low"], row["high"])),
        ]
        for row in shown.iter_rows(named=True)
    ]
    caption = "What draws choices beside the values (log odds)"
    header = ["of whom", "term", "level", "estimate, for these respondents and scenarios like these"]
    return [Table(caption, header, rows, "data/analyse/mixed_logit.parquet")] if rows else []


def conditions(tables: Tables, inventory: Inventory) -> Section:
    """What language, temperature and date do to one agent."""
    rows = [
        [
            row["agent"],
            f"{row['condition_a']} and {row['condition_b']}",
            "enacted" if row["kind"] == "enacted" else load(row["instrument"]).title,
            count(row["n"]),
            Cell(number(row["r"]), interval(row["low"], row["high"])),
            Cell(number(row["same_answer"]), interval(row["same_low"], row["same_high"])),
            f"{_name(row['shift_value'], inventory)} {number(row['shift'])}",
        ]
        for row in tables["conditions"].iter_rows(named=True)
    ]
    header = [
        "agent",
        "conditions",
        "profile",
        "questions or administrations",
        "r",
        "same action",
        "largest shift",
    ]
    text = [
        "The same model in another language, at another temperature or at another date: how much of its profile stays? "
        "Enacted profiles are compared on the questions that both answered."
    ]
    source = "data/analyse/conditions.parquet"
    of = [[row["a"], row["b"]] for row in tables["conditions"].iter_rows(named=True)]
    shown = [Table("One agent under two conditions", header, rows, source, of, wide=True)] if rows else []
    return Section("What conditions do", text if rows else [], shown)


def _name(slug: str, inventory: Inventory) -> str:
    return inventory.by_slug[slug].name if slug in inventory.by_slug else slug


def _by_value(
    caption: str,
    rows: pl.DataFrame,
    names: list[str],
    inventory: Inventory,
    column: str,
    digits: int,
    source: str,
    tables: Tables,
) -> list[Table]:
    """A row for each respondent, a cell for each value: the number with its interval. People are two rows together."""
    cells = {(row["respondent"], row["value"]): row for row in rows.iter_rows(named=True)}
    enacted = column == "share_of_choices"

    def cell(name: str, slug: str) -> str | Cell:
        if (of := cells.get((name, slug))) is None:
            return NOTHING
        query = urlencode({"respondent": name, "mode": "default", "chose": slug}) if enacted else ""
        return Cell(number(of[column], digits), interval(of["low"], of["high"], digits), query)

    found = [[name, *(cell(name, slug) for slug in inventory.slugs)] for name in names]
    together = people.lines(
        rows.select("respondent", "value", estimate=column), tables, inventory.slugs, digits
    )
    header = ["respondent", *(value.name for value in inventory.values)]
    of = [*([name] for name in names), *([] for _ in together)]
    return [Table(caption, header, found + together, source, of, wide=True)] if of else []


def _by_instrument(rows: pl.DataFrame) -> Iterator[tuple[Instrument, pl.DataFrame]]:
    for (name,), part in sorted(rows.partition_by("instrument", as_dict=True, maintain_order=True).items()):
        yield load(str(name)), part


def _summary(tables: Tables, *statistics: str) -> list[dict[str, Any]]:
    return tables["summaries"].filter(pl.col("statistic").is_in(statistics)).to_dicts()


def _others(rows: pl.DataFrame, tables: Tables) -> list[str]:
    """Respondents in the rows that are no people, who have no line of their own."""
    persons = tables["respondents"].filter(kind=people.KIND)["respondent"]
    return (
        rows.filter(~pl.col("respondent").is_in(persons.implode()))["respondent"]
        .unique(maintain_order=True)
        .to_list()
    )
