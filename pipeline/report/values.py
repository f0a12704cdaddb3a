"""Sections on values: who answered, what they enact, what they declare, and the gap between the two."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from pipeline.instruments import Instrument, load
from pipeline.report.document import (
    NOTHING,
    Section,
    Table,
    between,
    count,
    listed,
    notes_on,
    number,
    probability,
)
from pipeline.report.figure import Tables
from pipeline.values import Inventory

KIND_NAMES = {
    "model": "models",
    "simulated": "simulated respondents",
    "human": "people",
    "published": "published results of models",
}


def respondents(tables: Tables, inventory: Inventory) -> Section:
    """Who answered; first of all whether anybody did."""
    who = tables["respondents"].sort("kind", "respondent")
    kinds = who.group_by("kind", maintain_order=True).len()
    parts = [f"{count(n)} {KIND_NAMES[kind]}" for kind, n in kinds.iter_rows()]
    text = [f"{listed(parts)} answered." if parts else "Nobody has answered yet."]
    if "simulated" in set(who["kind"]):
        text.append(
            "**Simulated respondents are programs with known values, made to check the method. Their numbers say "
            "nothing about any language model or person.**"
        )
    people = who.filter(pl.col("kind") == "human")
    others = who.filter(pl.col("kind") != "human")
    rows = [
        [
            row["respondent"],
            KIND_NAMES[row["kind"]].rstrip("s") if row["kind"] != "published" else "published",
            row["model"] or NOTHING,
            row["served_model"] or NOTHING,
            number(row["temperature"], 1),
            row["source"],
        ]
        for row in others.iter_rows(named=True)
    ]
    for group, n in people.group_by("group", maintain_order=True).len().iter_rows():
        rows.append([f"{n} people", "people", NOTHING, NOTHING, NOTHING, group])
    header = ["respondent", "kind", "model asked for", "model that answered", "temperature", "source"]
    return Section(
        "Who answered", text, [Table("Respondents", header, rows, "data/score/respondents.parquet")]
    )


def enacted(tables: Tables, inventory: Inventory) -> Section:
    profiles = tables["profiles"]
    pooled = profiles.filter(
        (pl.col("mode") == "default")
        & (pl.col("category") == "all")
        & (pl.col("language") == "all")
        & (pl.col("wording") == 0)
    )
    names = _others(pooled, tables)
    rows = _by_value(pooled, names, inventory, "share_of_choices", 3)
    text = [
        "An enacted value is the share of choices that went to actions of the value, over all questions answered in "
        "default mode. The interval resamples scenarios, since the questions of one scenario are no "
        "independent cases."
    ]
    text += [
        f"{row['respondent']}: {count(row['choices'])} choices in {count(row['scenarios'])} scenarios."
        for row in pooled.unique("respondent", maintain_order=True).iter_rows(named=True)
        if row["respondent"] in names
    ]
    shown = (
        [Table("Share of choices", ["value", *names], rows, "data/analyse/profiles.parquet")] if names else []
    )
    return Section("Enacted values", text, shown, missing=notes_on(tables["notes"], "profiles"))


def declared(tables: Tables, inventory: Inventory) -> Section:
    basic = tables["declared"].filter(pl.col("level") == "basic")
    text = [
        "A declared value is the mean answer to its items in an instrument, over all administrations that count. "
        "High is "
        '"like me", however an instrument codes its answers. Centring an administration on its own mean moves all '
        "values alike, so it changes no correlation within a respondent."
    ]
    shown = []
    for instrument, of in _by_instrument(basic):
        text.append(
            f"{instrument.title}: {count(len(instrument.items))} items for {instrument.inventory.title}, answered from "
            f"{instrument.low} to {instrument.high}."
        )
        if names := _others(of, tables):
            rows = _by_value(of, names, instrument.inventory, "mean", 2)
            title = f"Means of the {instrument.title}"
            shown.append(Table(title, ["value", *names], rows, "data/analyse/declared.parquet"))
    return Section("Declared values", text, shown, missing=notes_on(tables["notes"], "declared"))


def gap(tables: Tables, inventory: Inventory) -> Section:
    gaps = tables["gaps"].filter(pl.col("r").is_not_null())
    alone = gaps.filter(pl.col("kind") != "human")
    rows = [
        [
            row["respondent"],
            load(row["instrument"]).title,
            number(row["r"]),
            between(row["low"], row["high"]),
            between(row["fisher_low"], row["fisher_high"], 2),
            probability(row["permutation_p"]),
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
        "scenarios resampled",
        "values as a sample",
        "p (permutation)",
        "Spearman",
        "disattenuated r",
        "reliability, enacted",
        "reliability, declared",
    ]
    text = [
        f"The published gap is the correlation of the declared with the enacted profile over {inventory.title}. Two "
        "questions hide in its interval. How well is it measured, for these values? Resampling scenarios and "
        "administrations answers that. Would it hold for values in general? Then they are a sample of "
        f"{inventory.in_words('en')}, and Fisher's interval says so."
    ]
    apart = gaps.filter((pl.col("fisher_low") > 0) | (pl.col("fisher_high") < 0)).height
    if gaps.height:
        text.append(
            f"With the values as a sample, {count(apart)} of {count(gaps.height)} correlations are told from zero."
        )
    for row in _summary(tables, "declared_enacted_r"):
        if row["n"] == 1:
            continue
        text.append(
            f"Mean r of {count(row['n'])} {KIND_NAMES[row['kind']]} ({load(row['instrument']).title}): "
            f"{number(row['mean'])} "
            f"{between(row['low'], row['high'])}, from {number(row['min'])} to {number(row['max'])}."
        )
    shown = [Table("Declared against enacted", header, rows, "data/analyse/gaps.parquet")] if rows else []
    return Section(
        "The knowledge-action gap", text, shown, missing=notes_on(tables["notes"], "gaps", "reliability")
    )


def pooled_gap(tables: Tables, inventory: Inventory) -> Section:
    logit = tables["conditional_logit"]
    rows = [
        [
            row["name"]
            if row["scope"] == "respondent"
            else f"all {KIND_NAMES.get(row['name'], row['name'])}",
            load(row["instrument"]).title,
            "with a constant for each value"
            if row["model"] == "declared_and_values"
            else "declared score only",
            number(row["odds_ratio"], 2),
            number(row["coefficient"]),
            between(row["low"], row["high"]),
            probability(row["p"]),
            between(row["scenario_low"], row["scenario_high"]),
            count(row["choices"]),
        ]
        for row in logit.iter_rows(named=True)
    ]
    header = [
        "of whom",
        "instrument",
        "model",
        "odds ratio",
        "coefficient",
        "interval, values as a sample",
        "p",
        "interval, these values",
        "choices",
    ]
    text = [
        "A conditional logit uses every choice instead of one sum a value: how much more likely is an action to be "
        "chosen "
        "when the respondent has declared its value one point higher? An odds ratio of 1 says that what is declared "
        "does not matter for what is chosen."
    ]
    shown = (
        [Table("Conditional logit", header, rows, "data/analyse/conditional_logit.parquet")] if rows else []
    )
    return Section(
        "Choice by choice",
        text if rows else [],
        shown,
        missing=notes_on(tables["notes"], "conditional_logit"),
    )


def _by_value(
    rows: pl.DataFrame, names: list[str], inventory: Inventory, column: str, decimals: int
) -> list[list[str]]:
    """A row for each value, a cell for each respondent: the number with its interval."""
    cells = {(row["value"], row["respondent"]): row for row in rows.iter_rows(named=True)}
    return [
        [
            value.name,
            *(
                f"{number(of[column], decimals)} {between(of['low'], of['high'], decimals)}"
                if (of := cells.get((value.slug, name)))
                else NOTHING
                for name in names
            ),
        ]
        for value in inventory.values
    ]


def _by_instrument(rows: pl.DataFrame) -> Iterator[tuple[Instrument, pl.DataFrame]]:
    for (name,), part in sorted(rows.partition_by("instrument", as_dict=True, maintain_order=True).items()):
        yield load(str(name)), part


def _summary(tables: Tables, *statistics: str) -> list[dict[str, Any]]:
    return tables["summaries"].filter(pl.col("statistic").is_in(statistics)).to_dicts()


def _others(rows: pl.DataFrame, tables: Tables) -> list[str]:
    """Respondents in the rows that are no people, who have no column of their own."""
    people = tables["respondents"].filter(pl.col("kind") == "human")["respondent"]
    return (
        rows.filter(~pl.col("respondent").is_in(people.implode()))["respondent"]
        .unique(maintain_order=True)
        .to_list()
    )
